"""Damaged media: a few small real encodes, mutated with a seed.

`python tests/media/damage.py FOLDER [--seed N]` writes the corpus into a folder to look at.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from encodes import BASES, encode
from strangers import named

COPIES = 3  # of each mutation that draws from the seed

# where headers keep their claims: name, tag, bytes from the tag's end to the field, length of the field
BOXES = (
    ("matrix", b"tkhd", 44, 36),
    ("track_size", b"tkhd", 80, 8),
    ("duration", b"mvhd", 20, 4),
    ("timescale", b"mvhd", 16, 4),
    ("media_scale", b"mdhd", 16, 4),
    ("media_duration", b"mdhd", 20, 4),
    ("picture_size", b"avc1", 28, 4),
    ("picture_size", b"jpeg", 28, 4),
    ("configuration", b"avcC", 4, 12),
    ("sample_rate", b"mp4a", 28, 4),
    ("channels", b"mp4a", 20, 2),
    ("pcm_rate", b"sowt", 28, 4),
    ("pcm_channels", b"sowt", 20, 2),
    ("times", b"stts", 8, 8),
    ("time_count", b"stts", 4, 4),
    ("offsets", b"ctts", 4, 12),
    ("sizes", b"stsz", 4, 12),
    ("places", b"stco", 8, 8),
    ("place_count", b"stco", 4, 4),
    ("chunks", b"stsc", 8, 12),
    ("edits", b"elst", 4, 16),
    ("references", b"dref", 4, 12),
    ("handler", b"hdlr", 8, 4),
)
CHUNKS = (
    ("interval", b"avih", 4, 4),
    ("frames", b"avih", 20, 4),
    ("streams", b"avih", 28, 4),
    ("size", b"avih", 36, 8),
    ("scale", b"strh", 24, 8),
    ("length", b"strh", 36, 4),
    ("sample_size", b"strh", 48, 4),
    ("picture_size", b"strf", 8, 8),
    ("index", b"idx1", 4, 32),
    ("list", b"movi", 0, 8),
)
ELEMENTS = (
    ("width", b"\xb0", 0, 2),
    ("height", b"\xba", 0, 2),
    ("duration", b"\x44\x89", 1, 8),
    ("tick", b"\x2a\xd7\xb1", 1, 3),
    ("interval", b"\x23\xe3\x83", 1, 4),
    ("sample_rate", b"\xb5\x88", 0, 8),
    ("channels", b"\x9f\x81", 0, 1),
    ("cluster", b"\x1f\x43\xb6\x75", 0, 8),
    ("cues", b"\x1c\x53\xbb\x6b", 0, 8),
    ("private", b"\x63\xa2", 0, 16),
    ("codec", b"\x86", 1, 8),
)
PACKS = (
    ("size", b"\x00\x00\x01\xb3", 0, 3),
    ("rate", b"\x00\x00\x01\xb3", 3, 1),
    ("clock", b"\x00\x00\x01\xba", 0, 6),
    ("stamp", b"\x00\x00\x01\xe0", 2, 10),
    ("sound", b"\x00\x00\x01\xc0", 0, 8),
)
FIELDS = {".mp4": BOXES, ".mov": BOXES, ".avi": CHUNKS, ".webm": ELEMENTS, ".mkv": ELEMENTS, ".mpg": PACKS}


@dataclasses.dataclass(frozen=True)
class Case:
    """One file of the corpus: its `name` in the folder and whether it is `whole`."""

    name: str
    whole: bool


def _cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(1, len(data))]


def _flip(begin: float, end: float, count: int) -> Callable[[bytes, random.Random], bytes]:
    """Flip `count` bits between two shares of the file."""

    def mutate(data: bytes, draw: random.Random) -> bytes:
        found = bytearray(data)
        for _ in range(count):
            found[draw.randrange(int(begin * len(data)), int(end * len(data)))] ^= 1 << draw.randrange(8)
        return bytes(found)

    return mutate


def _zeroed(data: bytes, draw: random.Random) -> bytes:
    begin = draw.randrange(len(data))
    length = min(draw.randrange(16, 1024), len(data) - begin)
    return data[:begin] + bytes(length) + data[begin + length :]


def _swapped(data: bytes, draw: random.Random) -> bytes:
    size = draw.randrange(16, 512)
    a, b = sorted(draw.sample(range(0, len(data) - size, size), 2))
    return data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]


def _doubled(data: bytes, draw: random.Random) -> bytes:
    begin, size = draw.randrange(len(data)), draw.randrange(64, 4096)
    return data[:begin] + data[begin : begin + size] * 20 + data[begin:]


def _removed(data: bytes, draw: random.Random) -> bytes:
    begin = draw.randrange(len(data))
    return data[:begin] + data[begin + draw.randrange(1, 2048) :]


def _scrambled(data: bytes, draw: random.Random) -> bytes:
    begin = draw.randrange(len(data))
    noise = draw.randbytes(min(2048, len(data) - begin))
    return data[:begin] + noise + data[begin + len(noise) :]


MUTATIONS = {
    "cut": _cut,
    "flip_head": _flip(0, 0.05, 6),
    "flip_tail": _flip(0.9, 1, 12),
    "flip_few": _flip(0, 1, 3),
    "flip_many": _flip(0, 1, 200),
    "zeroed": _zeroed,
    "swapped": _swapped,
    "doubled": _doubled,
    "removed": _removed,
    "scrambled": _scrambled,
    "junk": lambda data, draw: data + draw.randbytes(5000),
    "junk_before": lambda data, draw: draw.randbytes(draw.randrange(1, 3000)) + data,
    "no_head": lambda data, draw: bytes(draw.randrange(8, 256)) + data[256:],
    "twice": lambda data, draw: data + data[draw.randrange(64) :],
}


def _claims(data: bytes, suffix: str, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield (name, file) with absurd values in fields of the header, in every place that has the tag."""
    for name, tag, offset, length in FIELDS[suffix]:
        if tag not in data:
            continue
        if suffix == ".mpg":
            places = [i for i in range(len(data)) if data.startswith(tag, i)]
        else:
            places = [i for i in range(len(data)) if data.startswith(tag, i)][:4]
        values = {"zero": bytes(length), "most": b"\xff" * length, "large": b"\x7f" + b"\xff" * (length - 1)}
        values |= {"one": bytes(length - 1) + b"\x01", "random": draw.randbytes(length)}
        for kind, value in values.items():
            found = bytearray(data)
            for place in places:
                begin = place + len(tag) + offset
                if begin + length <= len(found):
                    found[begin : begin + length] = value
            yield f"{name}_{tag.hex()}_{kind}", bytes(found)


def whole_files(folder: Path) -> list[Path]:
    """Write the undamaged encodes."""
    return [encode(folder / f"whole_{name}", *parts) for name, parts in BASES.items()]


def mutants(whole: list[Path], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the damaged files."""
    for path in whole:
        data, draw = path.read_bytes(), random.Random(f"{seed} {path.name}")
        stem = path.name.removeprefix("whole_").replace(".", "_")
        for name, mutate in MUTATIONS.items():
            for copy in range(COPIES):
                yield f"{stem}.{name}.{copy}{path.suffix}", mutate(data, draw)
        for name, content in _claims(data, path.suffix, draw):
            yield f"{stem}.{name}{path.suffix}", content
        other = draw.choice([p for p in whole if p.suffix != path.suffix])
        yield f"{stem}.called{other.suffix}", data
        yield f"{stem}.foreign_head{path.suffix}", other.read_bytes()[:512] + data[512:]


def write_corpus(folder: Path, seed: int) -> list[Case]:
    """Write the corpus; the whole files lie among the damaged ones, so that what follows damage is seen too."""
    whole = whole_files(folder)
    damaged = []
    for name, content in mutants(whole, seed):
        (folder / name).write_bytes(content)
        damaged.append(name)
    damaged += named(folder, whole[0])
    random.Random(seed).shuffle(damaged)
    cases = [Case(name, False) for name in damaged]
    for i, path in enumerate(whole):
        cases.insert((i + 1) * len(cases) // len(whole), Case(path.name, True))
    return cases


def main() -> None:
    """Write the corpus into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    flags.folder.mkdir(parents=True)
    print(len(write_corpus(flags.folder, flags.seed)), "files")


if __name__ == "__main__":
    main()
