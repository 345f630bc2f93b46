"""The same network from scratch, from labelled pictures alone: what fine-tuning a pretrained one must beat.

Entry module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conclugen.images import probe, tuning
from conclugen.images.network import ImageNetwork, drawn
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write predictions for every seed."""
    args = probe.arguments(__doc__ or "", argv)
    settings = parse(tuning.Tuning, args.settings)

    def start(seed: int, channels: int) -> tuple[ImageNetwork, dict[str, Any] | None]:
        return drawn(settings.network, channels, settings.width, seed), None

    tuning.run(args, settings, "supervised", start)


if __name__ == "__main__":
    main()
