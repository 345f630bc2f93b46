"""Networks for images, one file each: `build` gives a module from pictures in [0, 1] to vectors, and their width."""
