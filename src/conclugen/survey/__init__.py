"""What lies in a folder of somebody's own, and the configuration that reads it."""
