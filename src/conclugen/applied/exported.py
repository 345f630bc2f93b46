"""An exported folder: the network, the head, what made their inputs, and a card; it needs nothing of the run.

`model.safetensors` and `settings.json` are the network as `models.io` keeps it (absent for a head on raw features),
`head.safetensors` the linear head with the mean and scale of its inputs, `exported.json` all else: an object with the
fields of `Exported` and its own sha256. `README.md` is for people.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conclugen.applied.errors import ApplyError
from conclugen.store.atomic import write_text
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import dump, parse

RECORD, HEAD, CARD = "exported.json", "head.safetensors", "README.md"
FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Stream:
    """What makes the features of a stream.

    Attributes:
        backbone, weights_sha256: the network, by name and by hash; `imported:…` for arrays of others.
        dim: numbers of a feature.
        licence: of the weights.
        settings: JSON of the settings of its stage; None where no stage of this package makes it.
        beside_sha256: of the files beside the weights that its network is built from, too; empty where there are none.
    """

    backbone: str
    weights_sha256: str
    dim: int
    licence: str
    settings: str | None
    beside_sha256: str = ""


@dataclasses.dataclass(frozen=True)
class Head:
    """A linear head on the modalities side by side, in the order of `Exported.modalities`.

    Attributes:
        task: `single` (one of n), `multi` (any of n) or `regression`.
        classes: C names.
        representation: the network's representations are among its inputs.
        inputs: the features themselves are among them, after the representation of their modality.
        sha256: of the file.
        temperature: by which its logits are divided before they are shown as probabilities.
    """

    task: str
    classes: tuple[str, ...]
    representation: bool
    inputs: bool
    sha256: str
    temperature: float = 1.0


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an exported folder says of itself.

    Attributes:
        format: of this file.
        name: where in the results it lay, and its seed.
        dataset, data: whose labels the head learned (of embeddings alone: the corpus), and what kind of data that is.
        seed: of the head, or of the network where there is none.
        modalities: streams by modality, as `name: stream+stream`, in the order of the head's inputs.
        streams: by name.
        faces: JSON of the settings of the face stage; None where no stream needs faces.
        network_sha256: of the network's weights; None where the folder holds none.
        head: None for embeddings alone.
        software: versions that exported it.
    """

    format: int
    name: str
    dataset: str
    data: str
    seed: int
    modalities: tuple[str, ...]
    streams: dict[str, Stream]
    faces: str | None
    network_sha256: str | None
    head: Head | None
    software: str

    def joined(self) -> dict[str, tuple[str, ...]]:
        """Return the streams of each modality."""
        pairs = (text.split(": ") for text in self.modalities)
        return {name: tuple(streams.split("+")) for name, streams in pairs}


def write_record(folder: Path, exported: Exported) -> None:
    """Write `exported.json`, the last file of a folder."""
    record = dataclasses.asdict(exported)
    text = json.dumps(record | {"sha256": _checksum(record)}, indent=2, ensure_ascii=False)
    write_text(folder / RECORD, text + "\n")


def read_record(folder: Path) -> Exported:
    """Return what an exported folder says of itself.

    Raises ApplyError where it is none, is altered, or was written by a later version.
    """
    path = folder / RECORD
    if not path.is_file():
        raise ApplyError(f"{folder}: no exported model, for it holds no {RECORD}; make one by: conclugen export MODEL")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        checksum = record.pop("sha256")
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise ApplyError(f"{path}: cannot be read ({error}); export the model again") from error
    if checksum != _checksum(record):
        raise ApplyError(f"{path}: contents do not match their checksum; export the model again")
    if record.get("format") != FORMAT:
        raise ApplyError(f"{path}: is of format {record.get('format')}, this version reads {FORMAT}; export it again")
    exported = parse(Exported, json.dumps(record))
    if exported.head is not None and (
        not (folder / HEAD).is_file() or file_sha256(folder / HEAD) != exported.head.sha256
    ):
        raise ApplyError(f"{folder / HEAD}: missing, or not the head that {RECORD} describes; export the model again")
    return exported


def _checksum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(dump(record).encode()).hexdigest()
