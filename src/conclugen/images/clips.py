"""How many clips of a data set TimeAug and HardNeg could draw from: an account of its face shards.

Entry module. Only the times of the kept frames with a face are read.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from conclugen.faces.shard import FaceShard
from conclugen.images.proposals.time_aug import RATE
from conclugen.images.sampler import account
from conclugen.store.seals import write_sealed


def times(paths: Sequence[Path]) -> Iterator[torch.Tensor]:
    """Yield, for each clip with a face, the seconds (T,) of the frames that would be kept, 25/6 a second."""
    for path in paths:
        with FaceShard(path) as shard:
            for row in range(len(shard)):
                if shard.present[row]:
                    frames = int(shard.frames_offset[row]) + shard.choose(row, RATE)
                    yield torch.from_numpy(shard.time_s[frames]).double()


def main(argv: Sequence[str] | None = None) -> None:
    """Write a row: clips, and those that each proposal can draw from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, nargs="+", required=True, help="face shards")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)
    lengths = dataclasses.asdict(account(times(args.faces)))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["proposal", "clips", "of", "too_short"], lineterminator="\n")
    writer.writeheader()
    for name in ("time_aug", "hard_neg"):
        usable, whole = lengths[name], lengths["clips"]
        writer.writerow({"proposal": name, "clips": usable, "of": whole, "too_short": whole - usable})
    write_sealed(args.output, text.getvalue())


if __name__ == "__main__":
    main()
