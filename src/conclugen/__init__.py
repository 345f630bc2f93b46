"""ConCluGen: multi-modal self-supervised pretraining on talking-face video, measured honestly."""

__version__ = "0.1.0"
