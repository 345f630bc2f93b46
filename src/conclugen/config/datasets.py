"""Data sets: what each adapter may be told."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from conclugen.config import written
from conclugen.config.stage_one import WeightFile
from conclugen.config.types import Above0, Count, Name, Number, Section, Seed, Share, Split
from conclugen.media.suffixes import MEDIA


class Fractions(Section):
    """Shares of the groups that go to each split, drawn by hash; what is left over belongs to none."""

    train: Share = 0.7
    valid: Share = 0.1
    test: Share = 0.2


class Plan(Section):
    """How a data set is cut into shards."""

    shards: Count | None = None
    shard_size: Count = 512
    max_shards: Count = 256


class OwnFaces(Section):
    """What a data set may say otherwise about its faces; null: as under `faces`."""

    keep: bool | None = None


class Asr(Section):
    """Recognition of speech where a data set has no text; `whisper` needs a weight file in a folder of its own."""

    engine: Literal["whisper_tiny_en", "whisper"] = "whisper_tiny_en"
    weights: WeightFile | None = None
    language: str | None = None
    beams: Count = 1
    speech: Share | None = 0.5
    no_speech: Share = 0.6
    min_logprob: Number = -1.0
    max_compression: Above0 = 2.4
    min_steady: Share = 0.33
    min_language: Share = 0.5
    batch_windows: Count = 8
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 60.0


class Dataset(Section):
    """What every data set has: where it is, what it holds (None: found out), how it is cut, whether faces are searched
    for, how its words are found, what loss is bearable, whether changed files are looked for (None: where there are not
    too many)."""

    FILES: ClassVar[tuple[str, ...]] = ()  # keys that name files or folders below the root

    root: str
    has: Annotated[list[Literal["video", "audio", "text"]], Field(min_length=1)] | None = None
    plan: Plan = Plan()
    detector: Literal["mtcnn", "none"] = "mtcnn"
    faces: OwnFaces = OwnFaces()
    asr: Asr | None = None
    max_lost: Share | None = None
    watch: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: Any) -> Any:
        """Write each path in one way: a folder that is named otherwise is the same folder."""
        if not isinstance(values, dict) or not isinstance(values.get("root"), str):
            return values
        found = {key: values[key] for key in cls.FILES if isinstance(values.get(key), str)}
        files = {key: written.place_in(values["root"], path) for key, path in found.items()}
        return values | files | {"root": written.place(values["root"])}


class VoxCeleb2(Dataset):
    """VoxCeleb2 in its official layout: tight faces, no labels."""

    adapter: Literal["voxceleb2"]
    detector: Literal["mtcnn", "none"] = "none"
    parts: dict[str, Split] = {"dev": "train", "test": "none"}
    valid_fraction: Share = 0.05
    seed: Seed = 0


class Mosei(Dataset):
    """CMU-MOSEI in its official layout; null: look in the official places."""

    FILES = ("labels", "folds", "transcripts")

    adapter: Literal["mosei"]
    labels: str | None = None
    folds: str | None = None
    transcripts: str | None = None
    media: Literal["segmented", "full", "auto"] = "auto"


class Meld(Dataset):
    """MELD in its official layout; `group` is the unit of resampling."""

    adapter: Literal["meld"]
    group: Literal["episode", "dialogue"] = "episode"


class Caer(Dataset):
    """CAER in its official layout."""

    adapter: Literal["caer"]


class Ravdess(Dataset):
    """RAVDESS; folds by actor (1 to 24), those not named train."""

    adapter: Literal["ravdess"]
    valid_actors: list[int] = [17, 18, 19, 20]
    test_actors: list[int] = [21, 22, 23, 24]


class Cremad(Dataset):
    """CREMA-D; folds by actor (1001 to 1091), those not named train."""

    adapter: Literal["cremad"]
    valid_actors: list[int] = list(range(1064, 1074))
    test_actors: list[int] = list(range(1074, 1092))


class Folder(Dataset):
    """Media files of your own and, if there is one, a CSV of labels, texts and times.

    `labels` lists the columns of a multi-label task; the name of a file there is that of the table.
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
    seed: Seed = 0
    extensions: list[str] = list(MEDIA)

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
    """Where the labels of pre-extracted features lie."""

    kind: Literal["single", "multi"]
    key: str
    classes: list[str] = []
    ignored: list[str] = []


class Features(Dataset):
    """Features already extracted: arrays with ids, labels and folds from one .npz, .h5 or .csv file."""

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
    seed: Seed = 0
    group: str | None = None
    speaker: str | None = None
    text: str | None = None
    sentiment: str | None = None

    @model_validator(mode="after")
    def _silent(self) -> Features:
        if self.asr is not None:
            raise ValueError("datasets: adapter features has no media, so asr must be null")
        return self

    def known_columns(self) -> list[str]:
        """Return the keys of everything that says what a row is, none of which may be a feature of it."""
        keys = (self.ids, self.labels and self.labels.key, self.split, self.group, self.speaker, self.text)
        return [key for key in (*keys, self.sentiment) if key]

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
    VoxCeleb2 | Mosei | Meld | Caer | Ravdess | Cremad | Folder | Features, Field(discriminator="adapter")
]
