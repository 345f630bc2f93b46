"""Decoding of video and sound in processes that can be killed."""
