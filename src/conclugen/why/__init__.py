"""Why jobs would run: Snakemake's own plan and records, put into sentences. `make why TARGET=…`."""
