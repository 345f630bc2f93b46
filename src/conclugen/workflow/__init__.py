"""What Snakemake asks while it plans jobs: lists of files, the code of stages, what to watch. No job imports it."""
