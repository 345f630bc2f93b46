"""Networks on disk: `model.safetensors` for the weights and `settings.json` for what they are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from conclugen.models.network import Network, NetworkSettings
from conclugen.store import places
from conclugen.store.atomic import atomic_path, write_text
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import dump, parse

WEIGHTS, SETTINGS = "model.safetensors", "settings.json"
KEYS = {"network", "about", "weights_sha256", "sha256"}


class ModelError(RuntimeError):
    """A saved network that is missing, altered, or not what its settings say."""


def build(settings: NetworkSettings) -> Network:
    """Return a network with fresh weights, drawn from PyTorch's global generator."""
    return Network(settings)


def save(network: Network, directory: str | Path, about: Mapping[str, Any]) -> str:
    """Write weights and settings, each atomically, the weights first, and return the sha256 of the weights.

    `about` holds plain JSON values on where the network comes from (method, streams of each modality, seed, …).
    """
    directory = Path(directory)
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with atomic_path(directory / WEIGHTS) as temporary:
        save_file(state, temporary)
    record = {
        "network": dataclasses.asdict(network.settings),
        "about": dict(about),
        "weights_sha256": file_sha256(directory / WEIGHTS),
    }
    record["sha256"] = _checksum(record)
    write_text(directory / SETTINGS, json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    return record["weights_sha256"]


def load(directory: str | Path) -> Network:
    """Return the network saved in `directory`, on the CPU, in evaluation mode.

    Raises ModelError when a file is missing or altered, or a weight is unknown, missing or of another shape.
    """
    directory = Path(directory)
    record = _read(directory)
    weights = directory / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{weights}: no such file")
    if file_sha256(weights) != record["weights_sha256"]:
        raise ModelError(f"{weights}: not the weights that {SETTINGS} describes; pretrain again")
    try:
        network = build(parse(NetworkSettings, json.dumps(record["network"])))
        network.load_state_dict(load_file(weights), strict=True)
    except (ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{directory}: {error}") from error
    return network.eval()


def load_placed(directory: str | Path) -> Network:
    """Return the network as `load` does, where it lies in the folder of the corpus, preset, method and seed it names.

    Raises ModelError as `load` does, and for a network that belongs elsewhere.
    """
    record, place = about(directory), places.of_model(Path(directory))
    if all(name in record for name in ("corpus", "preset", "method", "seed")):
        expected = (record["corpus"], record["preset"], record["method"], f"seed{record['seed']}")
        if expected != place:
            raise ModelError(f"{directory}: holds the network of {'/'.join(expected)}; delete it and pretrain again")
    return load(directory)


def about(directory: str | Path) -> dict[str, Any]:
    """Return what `save` was told about the network in `directory`. Raises ModelError as `load` does."""
    return _read(Path(directory))["about"]


def weights_sha256(directory: str | Path) -> str:
    """Return the sha256 of the weights that the settings in `directory` describe. Raises ModelError as `load` does."""
    return _read(Path(directory))["weights_sha256"]


def _read(directory: Path) -> dict[str, Any]:
    path = directory / SETTINGS
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error
    if not isinstance(record, dict) or record.keys() != KEYS:
        raise ModelError(f"{path}: expected the keys {sorted(KEYS)}")
    if record["sha256"] != _checksum(record):
        raise ModelError(f"{path}: contents do not match their checksum; delete it and pretrain again")
    return record


def _checksum(record: Mapping[str, Any]) -> str:
    """The sha256 of a record without its own."""
    return hashlib.sha256(dump({key: value for key, value in record.items() if key != "sha256"}).encode()).hexdigest()
