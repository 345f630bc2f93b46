"""Data sets: what each adapter may be told."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from conclugen.config import written
from conclugen.config.corpora import Corpus, Dimension
from conclugen.config.every_dataset import Dataset, Plan
from conclugen.config.types import DimensionName, FoldCount, Name, Section, Seed, Share, Split
from conclugen.media.suffixes import MEDIA


class Fractions(Section):
    """Shares of the groups that go to each split, drawn by hash where no row names one; what is left over is in none.

    Attributes:
        train: share of the groups to learn from.
        valid: share of the groups to choose with.
        test: share of the groups to measure with.
    """

    train: Share = 0.7
    valid: Share = 0.1
    test: Share = 0.2


class VoxCeleb2(Dataset):
    """VoxCeleb2 in its official layout: tight faces, no labels.

    Attributes:
        parts: the split of each part that is read.
        valid_fraction: share of the speakers in train that go to valid, chosen by hash.
        seed: of that choice.
    """

    adapter: Literal["voxceleb2"]
    detector: Literal["mtcnn", "none"] = "none"
    parts: dict[str, Split] = {"dev": "train", "test": "none"}
    valid_fraction: Share = 0.05
    seed: Seed = 0


class Mosei(Dataset):
    """CMU-MOSEI in its official layout; paths are relative to the root, and null means the official places.

    Attributes:
        labels: table of labels, `.csd` or `.csv`.
        folds: JSON of {fold: [video]}.
        transcripts: folder of segmented transcripts, CSV with text, or `.csd` of words.
        media: `segmented` clips, `full` videos with times, or `auto`: segmented where there are any.
    """

    FILES = ("labels", "folds", "transcripts")
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("sentiment",)

    adapter: Literal["mosei"]
    labels: str | None = None
    folds: str | None = None
    transcripts: str | None = None
    media: Literal["segmented", "full", "auto"] = "auto"


class Meld(Dataset):
    """MELD in its official layout.

    Attributes:
        group: what is resampled. Dialogues of one episode share story, cast and sound, so only episodes come near to
            independent draws.
    """

    adapter: Literal["meld"]
    group: Literal["episode", "dialogue"] = "episode"


class Caer(Dataset):
    """CAER in its official layout. It comes without text; a `transcripts.csv` (file, text) that you add is read."""

    adapter: Literal["caer"]


class ByActor(Dataset):
    """A corpus of actors, in folds of consecutive ones, unless splits are asked for.

    Attributes:
        folds: in how many each actor is tested once; the next fold validates.
        valid_actors: in valid; with `test_actors`, in place of folds.
        test_actors: in test; the others are in train.
    """

    folds: FoldCount
    valid_actors: list[int] | None = None
    test_actors: list[int] | None = None

    def folds_of(self) -> int:
        """Return `folds`, or 0 where actors are named."""
        return self.folds if self.test_actors is None else 0

    @model_validator(mode="after")
    def _both(self) -> ByActor:
        if (self.valid_actors is None) != (self.test_actors is None):
            raise ValueError(
                "datasets: valid_actors and test_actors make splits together; give both, or neither for folds"
            )
        return self


class Ravdess(ByActor):
    """RAVDESS; actors 1 to 24. Six folds of 240 utterances of speech."""

    adapter: Literal["ravdess"]
    folds: FoldCount = 6


class Cremad(ByActor):
    """CREMA-D; actors 1001 to 1091. Five folds, which papers count as 1,463, 1,470, 1,475, 1,474 and 1,555
    utterances.
    """

    adapter: Literal["cremad"]
    folds: FoldCount = 5


class Emodb(ByActor):
    """Berlin EmoDB; speakers 3 and 8 to 16. Ten folds, each of one speaker."""

    adapter: Literal["emodb"]
    folds: FoldCount = 10


class Folder(Dataset):
    """Media files of your own and, if there is one, a table of labels, texts and times (see docs/tables.md).

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

    adapter: Literal["folder"]
    table: str | None = None
    columns: dict[str, str] = {}
    labels: list[str] = []
    classes: list[str] = []
    ignored: list[str] = []
    splits: dict[str, Split] = {}
    fractions: Fractions = Fractions()
    folds: FoldCount | None = None
    seed: Seed = 0
    extensions: list[str] = list(MEDIA)
    dimensions: dict[DimensionName, Dimension] = {}

    def folds_of(self) -> int:
        """Return `folds`, or 0."""
        return self.folds or 0

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that keys name."""
        return tuple(self.dimensions)

    @model_validator(mode="before")
    @classmethod
    def _table(cls, values: Any) -> Any:
        """Take a table that is given as the labels for what it is."""
        labels = values.get("labels") if isinstance(values, dict) else None
        if isinstance(labels, list) and (tables := [name for name in labels if _is_table(name)]):
            raise ValueError(
                f".labels: {labels} lists the label columns of a multi-label task, but {tables[0]!r} is a file; the "
                f"table that names the media is given as labels: {tables[0]}"
            )
        if not isinstance(labels, str) or labels.lower() in written.NULL:
            return values
        if not _is_table(labels):
            raise ValueError(
                f".labels: {labels!r} is neither a table, such as mine.csv, nor a list of columns; a column of class "
                f"names is given as columns: {{label: {labels}}}, those of a multi-label task as [{labels}, …]"
            )
        if values.get("table") not in (None, labels):
            raise ValueError(f".labels: {labels!r} and table: {values['table']!r} are two tables; name one")
        return {**values, "table": labels, "labels": []}


def _is_table(name: Any) -> bool:
    return isinstance(name, str) and name.lower().endswith((".csv", ".tsv", ".tab", ".txt"))


class Labels(Section):
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
    classes: list[str] = []
    ignored: list[str] = []


class Features(Dataset):
    """Features already extracted: arrays with ids, labels and folds from one file. Keys name arrays, or columns of a
    CSV; `audio_*` takes all numeric ones of that pattern.

    Attributes:
        file: `.npz`, `.h5`, `.csv` or the `.pkl` of MMSA, below the root.
        ids: ids (N,), one per row.
        streams: by stream, its features (N, D).
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

    adapter: Literal["features"]
    plan: Plan = Plan(shards=1)  # a job per shard and stream reads the whole file
    file: str
    ids: str = "ids"
    streams: dict[Name, str]
    labels: Labels | None = None
    split: str | None = None
    splits: dict[str, Split] = {}
    fractions: Fractions = Fractions()
    folds: FoldCount | None = None
    seed: Seed = 0
    group: str | None = None
    speaker: str | None = None
    text: str | None = None
    sentiment: str | None = None
    dimensions: dict[DimensionName, Dimension] = {}

    def folds_of(self) -> int:
        """Return `folds`, or 0."""
        return self.folds or 0

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that keys name."""
        return tuple(dict.fromkeys((*(("sentiment",) if self.sentiment else ()), *self.dimensions)))

    @model_validator(mode="after")
    def _one_sentiment(self) -> Features:
        if self.sentiment is not None and "sentiment" in self.dimensions:
            raise ValueError("datasets: sentiment and dimensions.sentiment name two arrays; keep one")
        return self

    @model_validator(mode="after")
    def _silent(self) -> Features:
        if self.asr is not None:
            raise ValueError("datasets: adapter features has no media, so asr must be null")
        return self

    def known_columns(self) -> list[str]:
        """Return the keys of everything that says what a row is, none of which may be a feature of it."""
        keys = (self.ids, self.labels and self.labels.key, self.split, self.group, self.speaker, self.text)
        rated = (dimension.key for dimension in self.dimensions.values())
        return [key for key in (*keys, self.sentiment, *rated) if key]

    @model_validator(mode="after")
    def _no_label_is_a_feature(self) -> Features:
        if mistakes := [
            f"datasets: streams.{name}: {key!r} is the key of ids, labels or what else is known of a row; a feature "
            "must be another array"
            for name, key in self.streams.items()
            if key in self.known_columns()
        ]:
            raise ValueError("\n".join(mistakes))
        return self


AnyDataset = Annotated[
    VoxCeleb2 | Mosei | Meld | Caer | Ravdess | Cremad | Emodb | Corpus | Folder | Features,
    Field(discriminator="adapter"),
]
