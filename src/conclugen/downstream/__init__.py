"""Downstream protocols: what a representation is worth for recognising expressions."""
