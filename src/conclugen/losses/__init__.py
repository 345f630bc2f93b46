"""Self-supervised losses: pure functions, one file each."""
