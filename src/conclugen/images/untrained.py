"""The network of pretraining before it has learned anything, as a file: the control of a pretrained backbone.

Entry module. Its weights are those that pretraining with this seed starts from, its normalisations fitted to training
images as in the control of the table.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conclugen.images import shard
from conclugen.images.controls import Control, fitted, training
from conclugen.images.network import save
from conclugen.store.devices import device, set_threads
from conclugen.store.provenance import versions
from conclugen.store.settings import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Write model.safetensors and settings.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--manifest", type=Path, required=True, help="of which the splits are read")
    parser.add_argument("--dataset", required=True, help="its name, for the record")
    parser.add_argument("--preset", required=True, help="of which the share of a picture is that it sees")
    parser.add_argument("--settings", required=True, help="JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    args = parser.parse_args(argv)
    settings, images = parse(Control, args.settings), shard.read(args.images)
    set_threads(args.threads)
    network = fitted(images, training(images, args.manifest), settings, args.seed, device())
    about = {"dataset": args.dataset, "preset": args.preset, "method": settings.control, "seed": args.seed}
    about |= {"network": settings.network, "width": settings.width, "channels": network.channels, "dim": network.dim}
    save(network, args.output_dir, about | {"size": settings.size, "share": settings.share, "software": versions()})


if __name__ == "__main__":
    main()
