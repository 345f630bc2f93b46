"""A model to use: `conclugen.load(folder)`, then `predict` and `embed`."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file

from conclugen.applied import extraction, given
from conclugen.applied.clips import Clip, Paths, batches, clips_of, sliding
from conclugen.applied.errors import ApplyError
from conclugen.applied.exported import HEAD, Exported, read_record
from conclugen.applied.extraction import Features
from conclugen.applied.faces_seen import Seen
from conclugen.applied.numbering import Numbering
from conclugen.applied.scores import scores
from conclugen.applied.temperature import tempered
from conclugen.applied.whose_face import CHOSEN, EACH, FACE, check_faces
from conclugen.downstream.representations import represent
from conclugen.faces.settings import DETECTORS
from conclugen.models import io
from conclugen.models.network import Network
from conclugen.store.devices import device
from conclugen.store.resident import Resident

SCORE, HAS = "score_", "has_"  # begin the columns of classes and of modalities


class Asked(TypedDict, total=False):
    """How `Model.predict` and `Model.embed` are asked, beside the files.

    Attributes:
        texts: what is said in each file, None where that is not known; without files, texts alone.
        features: in place of files, by stream: arrays (N, D), a row of NaN where an utterance lacks the stream, or
            paths of feature shards.
        window_s, step_s: seconds of a window, and from one to the next (None: one after the other).
        faces: `chosen`: one, as in training; `each`: every face is a row of its own, with its number as `face`.
        threads: of the stages.
        watched: a list that gets, row by row, what was looked at and where its face was (`faces_seen.Seen`).
    """

    texts: Sequence[str | None] | None
    features: Mapping[str, given.Given] | None
    window_s: float | None
    step_s: float | None
    faces: str
    threads: int
    watched: list[tuple[Clip, Seen]] | None


def load(
    folder: str | PathLike[str],
    weights: Mapping[str, str | PathLike[str]] | None = None,
    detector: str | None = None,
) -> Model:
    """Return the model of an exported folder.

    Args:
        folder: what `conclugen export` wrote.
        weights: by stream, where the weight file of a backbone lies that ships in no package; None: where it lay when
            the model was exported, relative to the current folder.
        detector: `mtcnn`, or `none` for videos that are tight faces; None: as in the data that the model was made of.

    Raises ApplyError or ModelError for a folder that is none, or was altered.
    """
    path = Path(folder)
    exported = _detecting(_placed(read_record(path), weights or {}), detector)
    if exported.network_sha256 is not None and io.weights_sha256(path) != exported.network_sha256:
        raise ApplyError(f"{path}: holds another network than it says; export the model again")
    network = None if exported.network_sha256 is None else io.load(path)
    return Model(exported, network, None if exported.head is None else load_file(path / HEAD))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A network and, where one was exported with it, a linear head, with all that makes their inputs.

    Attributes:
        exported: what its folder says of it.
        network: None for a head on raw features.
        head: weight (D, C), bias (C,), mean and scale (D,); None for embeddings alone.
    """

    exported: Exported
    network: Network | None
    head: Mapping[str, torch.Tensor] | None

    def __repr__(self) -> str:
        what = f"scores {', '.join(self.classes)}" if self.classes else "embeds alone"
        return f"<conclugen model {self.exported.name}: {'; '.join(self.exported.modalities)}; {what}>"

    @property
    def modalities(self) -> dict[str, tuple[str, ...]]:
        """The streams of each modality."""
        return self.exported.joined()

    @property
    def detector(self) -> str | None:
        """`mtcnn`, or `none` where videos are taken for tight faces; None where no stream needs faces."""
        return None if self.exported.faces is None else json.loads(self.exported.faces)["detector"]

    @property
    def classes(self) -> tuple[str, ...]:
        """What is scored; nothing for embeddings alone."""
        return self.exported.head.classes if self.exported.head else ()

    @property
    def streams(self) -> list[str]:
        """All streams that it reads."""
        return list(dict.fromkeys(stream for streams in self.modalities.values() for stream in streams))

    @property
    def longest_s(self) -> float:
        """Seconds that an utterance lasts at most: what is longer is cut."""
        return _longest(self.exported)

    def predict(
        self, files: Paths | Sequence[Clip] | None = None, *, calibrated: bool = True, **options: Unpack[Asked]
    ) -> pd.DataFrame:
        """Score videos, sound, texts or features: a row for each, or for each window of each.

        Args:
            files: paths of videos or sound, or clips.
            calibrated: probabilities are calibrated, as the card tells; else they are those of the table.
            options: what `Asked` tells.

        Returns columns `file`, `start_s`, `end_s`, `face` where each is a row (from 1 in each file; NA: there is none),
        `text` (of features: `id`), a `score_{class}` for each class (a probability, or sentiment from -3 to 3; NaN
        where no modality is there), `label` where it is one of n, `has_{modality}`, and `notes` on what is missing.
        Raises ApplyError for what cannot be scored at all.
        """
        if self.exported.head is None or self.head is None:
            raise ApplyError(f"{self.exported.name} has no head, so it embeds and predicts nothing; export a protocol")
        tables = []
        for batch in self._batches(files, **options):
            values = scores(self._represented(batch.inputs), batch.inputs, self.exported.head, self.head)
            if calibrated:
                values = tempered(values, self.exported.head.task, self.exported.head.temperature)
            columns = pd.DataFrame({f"{SCORE}{name}": values[:, i] for i, name in enumerate(self.classes)})
            if self.exported.head.task == "single":
                best = [self.classes[i] for i in np.nan_to_num(values).argmax(1)]
                columns["label"] = np.where(np.isnan(values).any(1), "", best)
            tables.append(pd.concat([batch.where, columns, batch.columns], axis=1))
        return pd.concat(tables, ignore_index=True)

    def embed(self, files: Paths | Sequence[Clip] | None = None, **options: Unpack[Asked]) -> dict[str, pd.DataFrame]:
        """Return the representation of each modality: a row (R numbers) per file, window or row of features.

        Arguments as for `predict`. The index says which it is; a modality that is not there is a row of NaN. Of a model
        on raw features these are the features.
        """
        tables: dict[str, list[pd.DataFrame]] = {name: [] for name in self.modalities}
        for batch in self._batches(files, **options):
            index = pd.MultiIndex.from_frame(batch.where)
            for name, value in self._represented(batch.inputs).items():
                array = value.float().cpu().numpy().copy()
                array[~batch.inputs.present[name].numpy()] = np.nan
                tables[name].append(pd.DataFrame(array, index=index))
        return {name: pd.concat(parts) for name, parts in tables.items()}

    def _batches(
        self,
        files: Paths | Sequence[Clip] | None,
        texts: Sequence[str | None] | None = None,
        features: Mapping[str, given.Given] | None = None,
        window_s: float | None = None,
        step_s: float | None = None,
        faces: str = CHOSEN,
        threads: int = 2,
        watched: list[tuple[Clip, Seen]] | None = None,
    ) -> Iterator[_Batch]:
        visual = bool(extraction.VISUAL.keys() & set(self.streams))
        check_faces(faces, visual, self.detector, self.streams)
        if features is not None:
            if faces == EACH:
                raise ApplyError("faces each: features have no faces to tell apart; give files")
            if files is not None or texts is not None:
                raise ApplyError("give files and texts, or features, not both")
            ids, by_stream = given.read(features, self.exported, self.streams)
            yield self._joined(pd.DataFrame({"id": ids}), by_stream)
            return
        clips = list(files) if _are_clips(files) else clips_of(files, texts)
        clips = sliding(clips, window_s, step_s) if window_s is not None else clips
        numbering = Numbering() if faces == EACH else None
        for batch in batches(clips, self.longest_s):
            made = extraction.extract(batch, self.exported, self.streams, threads, watched, numbering)
            yield self._joined(_where(made), made.features, made.notes)

    def _joined(
        self, where: pd.DataFrame, features: Mapping[str, Features], more: Sequence[str] | None = None
    ) -> _Batch:
        """Join streams into modalities: one is there where all its streams are, else zero."""
        values, present, columns = {}, {}, {}
        for name, streams in self.modalities.items():
            mask = np.logical_and.reduce([features[stream].present for stream in streams])
            joined = np.concatenate([features[stream].values for stream in streams], axis=1)
            joined[~mask] = 0
            values[name], present[name] = torch.from_numpy(joined), torch.from_numpy(mask)
            columns[f"{HAS}{name}"] = mask
        more = more or [""] * len(where)
        notes = ["; ".join(filter(None, (_notes(features, row), more[row]))) for row in range(len(where))]
        inputs = Resident(np.arange(len(where)).astype(str), values, present)
        return _Batch(where, pd.DataFrame(columns | {"notes": notes}), inputs)

    def _represented(self, inputs: Resident) -> dict[str, torch.Tensor]:
        return dict(inputs.features) if self.network is None else represent(self.network, inputs, device())


@dataclasses.dataclass(frozen=True, eq=False)
class _Batch:
    """Which rows these are, what is told of each (`has_{modality}`, `notes`), and their modalities."""

    where: pd.DataFrame
    columns: pd.DataFrame
    inputs: Resident


def _where(made: extraction.Made) -> pd.DataFrame:
    """Which rows these are."""
    columns = {
        "file": ["" if clip.file is None else _shown(clip.file) for clip in made.clips],
        "start_s": pd.Series([clip.start_s for clip in made.clips], dtype=float),
        "end_s": pd.Series([clip.end_s for clip in made.clips], dtype=float),
    }
    columns |= {} if made.faces is None else {FACE: pd.Series(made.faces, dtype="Int64")}
    return pd.DataFrame(columns | {"text": [clip.text for clip in made.clips]})


def _shown(path: Path) -> str:
    """A path as text that any table can hold."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _notes(features: Mapping[str, Features], row: int) -> str:
    """What is told of a row: what several streams have in common once."""
    by_note: dict[str, list[str]] = {}
    for stream, values in features.items():
        if values.notes[row]:
            by_note.setdefault(values.notes[row], []).append(stream)
    return "; ".join(f"{', '.join(streams)}: {note}" for note, streams in by_note.items())


def _are_clips(files: object) -> bool:
    return isinstance(files, Sequence) and not isinstance(files, str) and all(isinstance(item, Clip) for item in files)


def _longest(exported: Exported) -> float:
    """Seconds that an utterance lasts at most: what is longer is cut."""
    if exported.faces is not None:
        return float(json.loads(exported.faces)["max_seconds"])
    return max([60.0, *(extraction.settings_of(exported, name).get("max_seconds", 0.0) for name in exported.streams)])


def _detecting(exported: Exported, detector: str | None) -> Exported:
    """The same with faces found by `detector`. Raises ApplyError for one that there is not."""
    if detector is None or exported.faces is None:
        return exported
    if detector not in DETECTORS:
        raise ApplyError(f"detector {detector!r}: allowed are {', '.join(DETECTORS)}")
    return dataclasses.replace(exported, faces=json.dumps(json.loads(exported.faces) | {"detector": detector}))


def _placed(exported: Exported, weights: Mapping[str, str | PathLike[str]]) -> Exported:
    """The same with the weight files of `weights`."""
    if unknown := sorted(weights.keys() - exported.streams.keys()):
        raise ApplyError(f"weights of {unknown[0]}: the model reads {', '.join(exported.streams)}")
    streams = dict(exported.streams)
    for name, path in weights.items():
        settings = extraction.settings_of(exported, name)
        if not settings.get("weights"):
            raise ApplyError(f"weights of {name}: {streams[name].backbone} ships in a package; leave them out")
        settings["weights"]["path"] = str(Path(path).expanduser())
        streams[name] = dataclasses.replace(streams[name], settings=json.dumps(settings))
    return dataclasses.replace(exported, streams=streams)
