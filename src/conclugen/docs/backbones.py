"""What is known of every backbone, from the catalogue, the backbones' modules and the list of packaged weights."""

from __future__ import annotations

from pathlib import PurePosixPath

from conclugen.config.stage_one import Streams
from conclugen.docs.markdown import grid
from conclugen.features.catalogue import CATALOGUE, SEEN, Address, Entry
from conclugen.features.said import dim, licence, said
from conclugen.features.staged import origin
from conclugen.store.packaged import PACKAGED, PackagedWeights

HEAD = ("stream", "backbone", "what", "numbers", "looks at", "licence of the weights", "seen labels", "weights")


def backbones() -> str:
    """Return a table of all backbones, a row each; defaults are bold."""
    rows = []
    for stream, entries in CATALOGUE.items():
        for name, entry in entries.items():
            bold = "**" if name == next(iter(entries)) else ""
            what = f"{entry.about}, by `model`" if entry.family else entry.about
            known = (_sampling(stream, name, entry), licence(name), _seen(entry.seen))
            weights = "your own" if entry.own else "in a package" if entry.address is None else "fetched"
            rows.append((stream, f"{bold}{name}{bold}", what, _dim(name), *known, weights))
    return grid(HEAD, rows)


def _dim(name: str) -> str:
    number = dim(name)
    return "the model's" if number is None else str(number)


def packages() -> str:
    """Return a table of the files that packages hold, of backbones, the face detector and speech recognition."""
    rows = []
    for name, files in PACKAGED.items():
        for file in files.values():
            rows.append((name, f"`{file.distribution}`", _inside(file), f"`{file.sha256}`"))
    return grid(("of", "package", "file", "sha256"), rows)


def fetched() -> str:
    """Return a table of the files that the weights rule fetches: from where, as what, and what they are held to."""
    entries = {name: entry for entries in CATALOGUE.values() for name, entry in entries.items() if entry.address}
    rows = [(name, origin(a, "`model`"), _file(a), _hash(a)) for name, entry in entries.items() if (a := entry.address)]
    return grid(("of", "comes from", "file", "held to"), rows)


def models() -> str:
    """Return a table of the models by name whose seen labels are known."""
    rows = []
    for labels in dict.fromkeys(SEEN.values()):
        rows.append((_seen(labels), ", ".join(f"`{name}`" for name, known in SEEN.items() if known == labels)))
    return grid(("seen labels", "models"), rows)


def _sampling(stream: str, name: str, entry: Entry) -> str:
    chosen, size = getattr(Streams(), stream).model_dump(), said(name, "size")
    sampling = entry.sampling.format(**chosen, MAX_TOKENS=said(name, "MAX_TOKENS"))
    return f"{sampling}, {size} × {size} pixels" if size else sampling


def _seen(labels: tuple[str, ...] | None) -> str:
    return "by model" if labels is None else ", ".join(labels) or "none"


def _inside(file: PackagedWeights) -> str:
    beside = ", ".join(f"`{name}`" for name in file.beside)
    return f"`{PurePosixPath(file.package, file.path)}`" + (f", beside it {beside}" if beside else "")


def _file(address: Address) -> str:
    return ", ".join(f"`{name}`" for name in (address.file, *address.beside) if name) or "as it is called there"


def _hash(address: Address) -> str:
    if address.sha256:
        return f"sha256 `{address.sha256}`"
    if address.md5:
        return f"md5 of the archive `{address.md5}`"
    return "the digits in its name" if address.kind == "torchvision" else "the first fetch"
