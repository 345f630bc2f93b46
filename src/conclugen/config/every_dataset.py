"""What every data set may be told, whatever its adapter."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from conclugen.config import written
from conclugen.config.types import Section, section
from conclugen.data import settings as data
from conclugen.data.order import mistake
from conclugen.faces.settings import Detector
from conclugen.features import settings as features
from conclugen.store.keys import Share

Plan = section(data.Plan)
Asr = section(features.Asr)


class OwnFaces(Section):
    """What it may say otherwise about its faces.

    Attributes:
        keep: as `faces.keep`, for this set alone; null: as there.
    """

    keep: bool | None = None


class Dataset(Section):
    """What every data set has.

    Attributes:
        adapter: how its files lie; what else each adapter may be told stands below.
        root: its folder. The shipped ones are the demo's: give the folder of the real data to use it.
        has: what it holds; null: found out from its files, a few of their headers and its table. Of what it does not
            hold no stream is made, and none is lost.
        detector: `mtcnn`: faces are looked for; `none`: the videos are tight faces already, and the centre square is
            kept.
        asr: null: no speech is recognised; `{}`: it is, as the part below says.
        max_lost: as `qc.max_lost`, for this set alone; null: as there.
        order: pattern of ids that tells which utterances follow each other: its first group is the video or dialogue,
            its second the number there, such as `(.+)_([0-9]+)`; null: as the layout tells it, else films and times.
            Only fusions that see utterances in their order read it (see docs/rivals.md).
        watch: whether every call looks for new and changed media; null: up to 20,000 files and folders; true costs some
            12 s per million files on a local disk; false: never, but for the flag `-R manifest` of Snakemake.
    """

    adapter: str
    root: str
    has: Annotated[list[Literal["video", "audio", "text"]], Field(min_length=1)] | None = None
    plan: Plan = Plan()
    detector: Detector = "mtcnn"
    faces: OwnFaces = OwnFaces()
    asr: Asr | None = None
    max_lost: Share | None = None
    order: str | None = None
    watch: bool | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Dataset:
        if self.order is not None and (problem := mistake(self.order)):
            raise ValueError(f".order: {problem}")
        return self

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: Any) -> Any:
        """Write each path in one way: a folder that is named otherwise is the same folder."""
        if not isinstance(values, dict) or not isinstance(values.get("root"), str):
            return values
        paths = {key: values[key] for key in getattr(cls, "FILES", ()) if isinstance(values.get(key), str)}
        files = {key: written.place_in(values["root"], path) for key, path in paths.items()}
        return values | files | {"root": written.place(values["root"])}
