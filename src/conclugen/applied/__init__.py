"""What a run has learned, applied to new videos: exported folders, and what is read with them."""
