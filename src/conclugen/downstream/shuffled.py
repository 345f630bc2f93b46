"""Negative control: linear evaluation with the labels of train and of valid permuted. It has to end up at chance.

Entry module. Utterances keep their features; each seed permutes the labels within train and within valid anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream.data import parse_arguments
from conclugen.downstream.linear import evaluate


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    evaluate(parse_arguments(__doc__ or "", argv, needs_model=True), "shuffled", shuffled=True)


if __name__ == "__main__":
    main()
