"""Keys of what is made and of what is yours: the demo corpus, worlds, plans, folders of media, files of features.

Those of published data sets stand in `published.py`.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from conclugen.data.cross_validation import LEAST
from conclugen.media.suffixes import MEDIA
from conclugen.store.keys import Above0, Count, DimensionName, Keys, Seed, Share, Split

FoldCount = Annotated[int, Ge(LEAST)]


@dataclasses.dataclass(frozen=True)
class Strengths(Keys):
    """Probability that an emotion of an utterance shows in a stream at all.

    Attributes:
        face: in the picture.
        voice: in the sound.
        words: in the text.
    """

    face: Share = 0.8
    voice: Share = 0.5
    words: Share = 0.85


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo(Keys):
    """The demo corpus, written in the official layouts.

    Attributes:
        seconds: mean length of a clip.
        height: lines of a frame; VoxCeleb2's are 224 by 224 always.
        fps: frames per second.
        seed: everything is drawn from it; others give other clips.
    """

    seconds: Above0 = 2.0
    height: Count = 240
    fps: Count = 25
    seed: Seed = 0
    strengths: Strengths = Strengths()


@dataclasses.dataclass(frozen=True)
class World(Keys):
    """A control that is written from a seed, `results/worlds/NAME.npz`.

    Attributes:
        kind: `shared`, `shared-nonlinear`, `second`: three modalities see the same latents, which decide the class;
            `private`: each sees a part of its own, so that agreement gains nothing; `null`: classes are noise.
        seed: other seeds give other latents, mixings and classes.
        unlabelled: items of no split, without labels.
        train: labelled items to learn from.
        valid: labelled items to choose with.
        test: labelled items to measure with.
    """

    kind: Literal["shared", "shared-nonlinear", "second", "private", "null"]
    seed: Seed = 0
    unlabelled: Count = 20000
    train: Count = 600
    valid: Count = 400
    test: Count = 2000


@dataclasses.dataclass(frozen=True)
class Plan(Keys):
    """How it is cut into shards.

    Attributes:
        shards: how many, a power of two; null: the smallest that keeps them within `shard_size`, at most 256.
        shard_size: utterances that a shard should not exceed, on average.
    """

    shards: Count | None = None
    shard_size: Count = 512


@dataclasses.dataclass(frozen=True)
class Fractions(Keys):
    """Shares of the groups that go to each split, drawn by hash where no row names one; what is left over is in none.

    Attributes:
        train: share of the groups to learn from.
        valid: share of the groups to choose with.
        test: share of the groups to measure with.
    """

    train: Share = 0.7
    valid: Share = 0.1
    test: Share = 0.2


@dataclasses.dataclass(frozen=True)
class Dimension(Keys):
    """A number beside the labels, on a scale of its own.

    Attributes:
        key: of the array (N,).
        low: the lower end of its scale; it is kept from -3 to 3, so errors on its own scale are
            (high - low) / 6 times those of the table.
        high: the upper end.
    """

    key: str
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Labels(Keys):
    """Where the labels lie.

    Attributes:
        kind: `single`: per row a name, the place of its class, or a one-hot row; `multi`: (N, C) numbers, above 0 means
            present.
        key: the array of labels.
        classes: names of the classes in order; may be empty for a single array of names.
        ignored: names in a single array that are left out on purpose: their rows have no label.
    """

    kind: Literal["single", "multi"]
    key: str
    classes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout(Keys):
    """Base of the keys of an adapter."""

    FILES: ClassVar[tuple[str, ...]] = ()  # keys that name files or folders below the root
    DIMENSIONS: ClassVar[tuple[str, ...]] = ()  # numbers that its labels have beside classes
    DETECTOR: ClassVar[str] = "mtcnn"  # unless a data set says otherwise
    FOLDS: ClassVar[int] = 0  # that its owners or its key `fold` name

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that its labels have beside classes."""
        return self.DIMENSIONS

    def folds_of(self) -> int:
        """Return in how many folds it is tested, each in its turn; 0: it has splits, or one fold is tested alone."""
        return self.FOLDS if getattr(self, "fold", None) is None else 0

    def validates(self) -> float | None:
        """Return the share of the other folds that validates; None: the next fold does."""
        return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Folder(Layout):
    """How a folder of media and its table are read.

    Attributes:
        table: the table, below the root; null: every file is an utterance in no split.
        columns: the column of each role that is called otherwise, such as `columns: {file: path, label: emotion}`.
        labels: columns of a multi-label task, in which numbers above 0 mean that the class is present; or, in place of
            `table`, the table.
        classes: names and order of the classes in the column label; empty: those found.
        ignored: labels that are left out on purpose: their rows have none.
        splits: what other values of the column split mean, such as `splits: {held-out: test}`; common names are known.
        folds: in how many each utterance is tested once: those that the column split names, else drawn by group; null:
            it has splits.
        seed: of the draw of `fractions` and `folds`.
        extensions: suffixes of media files; null: those of `src/conclugen/media/suffixes.py`.
        dimensions: columns of numbers beside the labels, on scales of their own.
    """

    FILES = ("table",)

    table: str | None = None
    columns: dict[str, str] = dataclasses.field(default_factory=dict)
    labels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    splits: dict[str, Split] = dataclasses.field(default_factory=dict)
    fractions: Fractions = Fractions()
    folds: FoldCount | None = None
    seed: Seed = 0
    extensions: tuple[str, ...] = MEDIA
    dimensions: dict[DimensionName, Dimension] = dataclasses.field(default_factory=dict)

    def folds_of(self) -> int:
        """Return `folds`, or 0."""
        return self.folds or 0

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that keys name."""
        return tuple(self.dimensions)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Features(Layout):
    """What is known of the rows of a file of features.

    Attributes:
        file: `.npz`, `.h5`, `.csv` or the `.pkl` of MMSA, below the root.
        ids: ids (N,), one per row.
        labels: what they are; null: there are none.
        split: splits (N,); null: drawn by hash of the group.
        splits: what other values of it mean, such as `splits: {held-out: test}`; common names are known.
        folds: in how many each utterance is tested once: those that `split` names, else drawn by group; null: it has
            splits.
        seed: of the draw of `fractions` and `folds`.
        group: what is resampled (N,); null: the speaker, else every row for itself.
        speaker: names or numbers (N,).
        text: texts (N,), which are kept.
        sentiment: from -3 to 3 (N,), beside the labels.
        dimensions: numbers on other scales: `valence`, `arousal`, or `sentiment` in place of the key of that name; for
            example `dimensions: {valence: {key: V, low: 1, high: 5}}`.
    """

    FILES = ("file",)

    file: str
    ids: str = "ids"
    labels: Labels | None = None
    split: str | None = None
    splits: dict[str, Split] = dataclasses.field(default_factory=dict)
    fractions: Fractions = Fractions()
    folds: FoldCount | None = None
    seed: Seed = 0
    group: str | None = None
    speaker: str | None = None
    text: str | None = None
    sentiment: str | None = None
    dimensions: dict[DimensionName, Dimension] = dataclasses.field(default_factory=dict)

    def folds_of(self) -> int:
        """Return `folds`, or 0."""
        return self.folds or 0

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that keys name."""
        return tuple(dict.fromkeys((*(("sentiment",) if self.sentiment else ()), *self.dimensions)))

    def __post_init__(self) -> None:
        """Raise ValueError for two arrays of sentiment."""
        if self.sentiment is not None and "sentiment" in self.dimensions:
            raise ValueError("datasets: sentiment and dimensions.sentiment name two arrays; keep one")

    def known_columns(self) -> list[str]:
        """Return the keys of everything that says what a row is, none of which may be a feature of it."""
        keys = (self.ids, self.labels and self.labels.key, self.split, self.group, self.speaker, self.text)
        rated = (dimension.key for dimension in self.dimensions.values())
        return [key for key in (*keys, self.sentiment, *rated) if key]
