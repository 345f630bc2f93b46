"""Evaluation: metrics, chance rows, intervals, tests and tables, all from predictions."""
