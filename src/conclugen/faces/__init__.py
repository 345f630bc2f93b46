"""Faces of an utterance: detection, tracks, crops, and the shards that hold them."""
