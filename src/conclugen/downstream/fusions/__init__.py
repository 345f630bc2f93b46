"""Supervised fusion of modalities: one file each, with `build` (see `downstream/fused.py`)."""
