"""Self-supervised pretraining on a corpus of features."""
