"""Fine-tuning: the whole pretrained network goes on learning, from labelled pictures.

Entry module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.images import probe, tuning
from conclugen.images.network import ImageNetwork, load
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    args = probe.arguments(__doc__ or "", argv)

    def start(seed: int, channels: int) -> tuple[ImageNetwork, dict[str, Any] | None]:
        folder = tuning.model_of(args.models, seed)
        return load(folder)[0], probe.origin(folder)

    tuning.run(args, parse(tuning.Tuning, args.settings), "finetune", start)


if __name__ == "__main__":
    main()
