"""Image data sets in their official layouts: one file each, whose `read` gives a `Listing`."""
