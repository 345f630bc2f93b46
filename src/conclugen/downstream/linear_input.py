"""Linear evaluation with the input beside the representation: what pretraining adds to the features it started from.

Entry module. The classifier and the search are those of linear evaluation; a modality is its representation and, beside
it, its own features. A row that equals the raw features has added nothing to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.downstream.data import parse_arguments
from conclugen.downstream.linear import evaluate


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    evaluate(parse_arguments(__doc__ or "", argv, needs_model=True), "linear_input", beside_input=True)


if __name__ == "__main__":
    main()
