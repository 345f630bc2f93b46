"""What a classifier is shown at once: utterances each by itself, or each in the sequence that it stands in.

Most classifiers see utterances alone (`Alone`). A fusion with `needs_order` sees the whole stretch around each that it
is asked about (`Stretches`): a video or a dialogue, cut where it is longer than `LONGEST`. Neighbours are of the same
split, labelled or not, and nothing of them is read but their features.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from conclugen.data import sequences
from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import read_manifest

# Utterances of a stretch: bounds memory. CMU-MOSEI has at most 98 of a video, MELD 33 of a dialogue.
LONGEST = 128


@dataclasses.dataclass(frozen=True)
class Sequences:
    """How the utterances (K,) of a batch follow each other in S stretches of up to T.

    Attributes:
        place: (S, T) the row of the batch that stands there, -1 beyond the end of a stretch.
        speaker: (S, T) who speaks, a number from 0 within each stretch; 0 beyond its end.
        lengths: (S,), on the CPU.
        asked: (M,) rows of the batch of which the classes are asked.
        rows: (M,) the same, by their row in the data set.
    """

    place: torch.Tensor
    speaker: torch.Tensor
    lengths: torch.Tensor
    asked: torch.Tensor
    rows: torch.Tensor

    @property
    def inside(self) -> torch.Tensor:
        """(S, T) bool: False beyond the end."""
        return self.place >= 0

    def spread(self, values: torch.Tensor) -> torch.Tensor:
        """Return (S, T, …) of values (K, …) of the batch, zero beyond the end."""
        inside = self.inside.reshape(*self.place.shape, *[1] * (values.dim() - 1))
        return values[self.place.clamp_min(0)] * inside

    def collect(self, values: torch.Tensor) -> torch.Tensor:
        """Return (K, …) of the batch from values (S, T, …)."""
        steps = self.inside.flatten().nonzero()[:, 0]
        flat = torch.empty_like(steps)
        flat[self.place.flatten()[steps]] = steps
        return values.flatten(0, 1)[flat]

    def backwards(self, values: torch.Tensor) -> torch.Tensor:
        """Return (S, T, …) with each stretch in the opposite order, what is beyond its end where it was."""
        steps = torch.arange(self.place.shape[1], device=values.device)
        last = self.lengths.to(values.device)[:, None] - 1
        index = torch.where(steps <= last, last - steps, steps)
        return values[torch.arange(len(values), device=values.device)[:, None], index]

    def to(self, where: torch.device) -> Sequences:
        """Return it on a device, but for `lengths`."""
        moved = {name: getattr(self, name).to(where) for name in ("place", "speaker", "asked", "rows")}
        return dataclasses.replace(self, **moved)


def each_alone(count: int, where: torch.device) -> Sequences:
    """Return `count` utterances, each a stretch by itself."""
    rows = torch.arange(count, device=where)
    return Sequences(rows[:, None], torch.zeros_like(rows)[:, None], torch.ones(count, dtype=torch.long), rows, rows)


class Shown(Protocol):
    """How rows of a data set are put into batches, and what a classifier is shown of a batch."""

    def batches(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """Yield `rows` (M,) in random order, about `size` at once, in no more than M / `size` batches, rounded up."""
        ...

    def blocks(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """Yield the places (0 to M - 1) of `rows` (M,) in blocks of about `size`, each place once."""
        ...

    def around(self, rows: torch.Tensor) -> tuple[torch.Tensor, tuple[Sequences, ...]]:
        """Return the rows (K,) of what is shown with `rows`, and what tells how they follow each other, if anything."""
        ...


class Alone:
    """Every utterance by itself."""

    def batches(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """See `Shown`."""
        yield from rows[torch.randperm(len(rows))].split(size)

    def blocks(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """See `Shown`."""
        yield from torch.arange(len(rows)).split(size)

    def around(self, rows: torch.Tensor) -> tuple[torch.Tensor, tuple[Sequences, ...]]:
        """See `Shown`."""
        return rows, ()


class Stretches:
    """Every utterance in its stretch."""

    def __init__(self, stretches: Sequence[np.ndarray], speakers: Sequence[np.ndarray]) -> None:
        """Take rows (L,) of the data set in their order, each row in one of the stretches, and who speaks in each."""
        self.stretches = [torch.from_numpy(rows) for rows in stretches]
        self.speakers = [torch.from_numpy(who) for who in speakers]
        self.lengths = torch.tensor([len(rows) for rows in stretches])
        count = int(self.lengths.sum())
        self.of = torch.empty(count, dtype=torch.long)  # the stretch of each row
        self.of[torch.cat(self.stretches)] = torch.arange(len(stretches)).repeat_interleave(self.lengths)
        self.at = torch.empty(count, dtype=torch.long)  # where a row stands in the batch that was shown last

    def batches(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """See `Shown`. A stretch is in one batch as a whole, which may make it longer than `size`."""
        used, inverse, counts = self.of[rows].unique(return_inverse=True, return_counts=True)
        drawn = torch.randperm(len(used))
        before = counts[drawn].cumsum(0) - counts[drawn]
        batch, rank = before // size, torch.empty_like(drawn)
        rank[drawn] = torch.arange(len(drawn))
        ordered = rows[rank[inverse].argsort(stable=True)]
        sizes = torch.zeros(int(batch[-1]) + 1, dtype=torch.long).index_add_(0, batch, counts[drawn])
        yield from (part for part in ordered.split(sizes.tolist()) if len(part))

    def blocks(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """See `Shown`. Stretches of like length stand together, so that little is beyond their ends."""
        lengths = self.lengths[self.of[rows]]
        ordered = (lengths * (len(self.stretches) + 1) + self.of[rows]).argsort(stable=True)
        _, counts = self.of[rows][ordered].unique_consecutive(return_counts=True)
        ends = counts.cumsum(0)
        cells = (lengths[ordered][ends - 1]).cumsum(0)  # of whole stretches: what is computed
        parts = torch.bincount((cells - 1) // size)
        taken = 0
        for count in parts[parts > 0].tolist():
            first = 0 if taken == 0 else int(ends[taken - 1])
            taken += count
            yield ordered[first : int(ends[taken - 1])]

    def around(self, rows: torch.Tensor) -> tuple[torch.Tensor, tuple[Sequences, ...]]:
        """See `Shown`."""
        used = self.of[rows].unique().tolist()
        neighbours = torch.cat([self.stretches[number] for number in used])
        lengths = self.lengths[used]
        steps = torch.arange(int(lengths.max()))
        first = (lengths.cumsum(0) - lengths)[:, None]
        place = torch.where(steps < lengths[:, None], first + steps, -1)
        who = torch.cat([self.speakers[number] for number in used])[place.clamp_min(0)] * (place >= 0)
        self.at[neighbours] = torch.arange(len(neighbours))
        return neighbours, (Sequences(place, who, lengths, self.at[rows], rows),)


def stretches_of(manifest_path: str | Path, ids: np.ndarray, pattern: str | None, fold: Fold | None) -> Stretches:
    """Return the stretches of the utterances `ids` (N,) of a manifest; `pattern`: of ids, None: by film and time.

    Raises ValueError where no two utterances of a split follow each other.
    """
    manifest = read_manifest(manifest_path, fold=fold)
    table = manifest.table.set_index("utterance_id", drop=False).loc[ids].reset_index(drop=True)
    stretches = sequences.sequences(table, pattern)
    if max(map(len, stretches)) < 2:
        raise ValueError(
            f"{manifest.dataset}: no two utterances of a split follow each other, so nothing can be learned from their "
            f"order; set datasets.{manifest.dataset}.order, or leave out the fusions that need it"
        )
    cut = [part for rows in stretches for part in np.array_split(rows, -(-len(rows) // LONGEST))]
    return Stretches(cut, [sequences.speakers(table["speaker"], part) for part in cut])
