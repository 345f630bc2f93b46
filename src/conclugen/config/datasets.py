"""Data sets: what each adapter may be told, and what all are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Field, model_validator

from conclugen.config import written
from conclugen.config.every_dataset import Dataset, Plan
from conclugen.config.types import Name, section
from conclugen.data import published
from conclugen.data import settings as data
from conclugen.faces.settings import Detector


class Folder(section(data.Folder, Dataset)):
    """Media files of your own and, if there is one, a table of labels, texts and times (see docs/tables.md)."""

    adapter: Literal["folder"]

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


class Features(section(data.Features, Dataset)):
    """Features already extracted: arrays with ids, labels and folds from one file. Keys name arrays, or columns of a
    CSV; `audio_*` takes all numeric ones of that pattern.

    Attributes:
        streams: by stream, its features (N, D).
    """

    adapter: Literal["features"]
    plan: Plan = Plan(shards=1)  # a job per shard and stream reads the whole file
    streams: dict[Name, str]

    @model_validator(mode="after")
    def _silent(self) -> Features:
        if self.asr is not None:
            raise ValueError("datasets: adapter features has no media, so asr must be null")
        return self

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


def _published() -> list[type[Dataset]]:
    """The section of each published data set; those that share keys have a base with these."""
    made: dict[type[data.Layout], type[Dataset]] = {data.Layout: Dataset}
    for adapter, keys in published.LAYOUTS.items():
        base = keys.__bases__[0]
        if base not in made:
            made[base] = section(base, Dataset)
        fields: dict[str, Any] = {"adapter": (Literal[adapter], ...)}
        if keys.DETECTOR != data.Layout.DETECTOR:
            fields["detector"] = (Detector, keys.DETECTOR)
        made[keys] = section(keys, made[base], **fields)
    return [made[keys] for keys in published.LAYOUTS.values()]


AnyDataset = Annotated[Union[*_published(), Folder, Features], Field(discriminator="adapter")]
