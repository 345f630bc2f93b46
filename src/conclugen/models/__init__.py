"""Heads, the network they make, and networks on disk."""
