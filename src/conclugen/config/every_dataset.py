"""What every data set may be told, whatever its adapter."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from conclugen.config import written
from conclugen.config.stage_one import WeightFile
from conclugen.config.types import Above0, Count, Number, Section, Share
from conclugen.data.order import mistake


class Plan(Section):
    """How it is cut into shards.

    Attributes:
        shards: how many, a power of two; null: the smallest that keeps them within `shard_size`, at most `max_shards`.
        shard_size: utterances that a shard should not exceed, on average.
        max_shards: upper bound of their number, whatever the size.
    """

    shards: Count | None = None
    shard_size: Count = 512
    max_shards: Count = 256


class OwnFaces(Section):
    """What it may say otherwise about its faces.

    Attributes:
        keep: as `faces.keep`, for this set alone; null: as there.
    """

    keep: bool | None = None


class Asr(Section):
    """Recognition of speech where there is no text. What has text keeps it.

    Attributes:
        engine: `whisper_tiny_en`: embedded, English, about half a second a clip; `whisper`: any size, of a local
            folder.
        weights: the file of `whisper`, with its config and tokenizer in the same folder.
        language: what is spoken, such as `de`; null: found out.
        beams: width of the search for words; more is a little better and slower.
        speech: words are looked for where somebody speaks with more than this probability; null: everywhere.
        no_speech: words are dropped where silence is likelier than this and `min_logprob` is not reached either.
        min_logprob: least mean log-probability of the words, beside `no_speech`.
        max_compression: words are dropped where they repeat themselves: bytes over compressed bytes.
        min_steady: least share of the words that outlast another tempo, times how sure they are; below, the speech is
            not English, which is all that whisper_tiny_en knows.
        min_language: words are dropped where with more than this probability another language than `language` is
            spoken.
        batch_windows: windows of up to 30 s that are recognised at once; bounds memory.
        max_seconds: longer utterances are cut to this length.
        timeout_s: an utterance that takes longer to decode is lost; `make retry DATASET=name` tries it again.
    """

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

    FILES: ClassVar[tuple[str, ...]] = ()  # keys that name files or folders below the root
    DIMENSIONS: ClassVar[tuple[str, ...]] = ()  # numbers that its labels have beside classes

    adapter: str
    root: str
    has: Annotated[list[Literal["video", "audio", "text"]], Field(min_length=1)] | None = None
    plan: Plan = Plan()
    detector: Literal["mtcnn", "none"] = "mtcnn"
    faces: OwnFaces = OwnFaces()
    asr: Asr | None = None
    max_lost: Share | None = None
    order: str | None = None
    watch: bool | None = None

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that its labels have beside classes: what `DIMENSIONS` of its adapter says."""
        return self.DIMENSIONS

    def folds_of(self) -> int:
        """Return in how many folds it is tested, each in its turn; 0: it has splits."""
        return 0

    def validates(self) -> float | None:
        """Return the share of the other folds that validates; None: the next fold does."""
        return None

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
        paths = {key: values[key] for key in cls.FILES if isinstance(values.get(key), str)}
        files = {key: written.place_in(values["root"], path) for key, path in paths.items()}
        return values | files | {"root": written.place(values["root"])}
