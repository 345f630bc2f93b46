"""Representations of all images by a pretrained network, as a feature shard.

Entry module.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from conclugen.images import features, shard
from conclugen.images.augment import plain
from conclugen.images.network import load
from conclugen.store.devices import device, set_threads


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True, help="image shard")
    parser.add_argument("--model", type=Path, required=True, help="model.safetensors")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)
    set_threads(args.threads)
    where, images = device(), shard.read(args.images)
    network, about = load(args.model.parent)
    network.to(where).eval()
    share, size = about["share"], about["size"]
    values = features.of_images(images, lambda batch: network.represent(plain(batch, share, size)), where)
    features.write(args.output, images, values, {"weights_sha256": about["weights_sha256"], "method": about["method"]})


if __name__ == "__main__":
    main()
