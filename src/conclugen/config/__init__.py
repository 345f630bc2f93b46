"""The whole configuration: every key, its type and its default. The only place with defaults.

`check` validates what Snakemake read before any rule is looked at. `conclugen.slices` cuts out what each stage reads.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import PrivateAttr, ValidationError, field_validator

from conclugen.config.datasets import AnyDataset
from conclugen.config.errors import ConfigError, allowed_names, explain, told
from conclugen.config.gone import without_gone
from conclugen.config.images import Images, image_mistakes
from conclugen.config.order import order_mistakes
from conclugen.config.own_presets import as_based, preset_mistakes
from conclugen.config.present import fitted
from conclugen.config.recipes import known_methods, raw_row_mistakes, recipe_mistakes, trained_recipes
from conclugen.config.report import Report
from conclugen.config.stage_one import Demo, Faces, Streams
from conclugen.config.stage_two import Downstream, Pretrain, Qc, Tables
from conclugen.config.streams import stream_mistakes
from conclugen.config.types import Modalities, Name, Section
from conclugen.config.worlds import World, world_mistakes
from conclugen.config.written import without_taken
from conclugen.data.scales import DIMENSIONS, SENTIMENT
from conclugen.pretrain.presets import PRESETS, VARIANTS

OTHER_TABLES = ("ablation", "baselines", "benchmark", "label_efficiency", "leaks", "presets", "rivals", "robustness")
OTHER_TABLES += ("control", "control-grid", "control-labels", "control-rivals")
SENTIMENT_TABLE = f"-{SENTIMENT}"  # what follows the name of a data set in that of its table of sentiment
ENDINGS = tuple(f"-{name}" for name in DIMENSIONS)  # the same of each dimension


class Config(Section):
    """The whole configuration.

    Attributes:
        device: `auto`: a GPU where there is one; `cuda`: a GPU or an error; `cpu`.
        rerun_on_upgrade: whether an upgraded library reruns the stages that import it: false, true (any library), or
            those named, such as `[torch, transformers]`. Switching it on reruns, once, what was made without it (see
            docs/reruns.md).
        worlds: controls, by name; adapter `features` reads them (see docs/control.md).
        datasets: by name: an adapter, a root, and what else the adapter may be told.
        modalities: what is contrasted: each modality joins one or more streams, of those that the data sets in use
            have. Shipped methods choose among the three of the default; any other one, such as
            one of the stream keypoints, joins in every method but Instance-Cont.
        presets: your own, by name: the preset each is based on and the switches that differ, for example
            `presets: {warm: {based_on: paper, objective: {temperature: 0.1}}}`; all switches stand below.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    rerun_on_upgrade: bool | list[str] = False
    demo: Demo = Demo()
    worlds: dict[Name, World] = {}
    datasets: dict[Name, AnyDataset]
    faces: Faces = Faces()
    features: Streams = Streams()
    modalities: Modalities = {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"]}
    presets: dict[Name, dict[str, Any]] = {}
    pretrain: Pretrain
    downstream: Downstream
    images: Images = Images()
    qc: Qc = Qc()
    tables: Tables = Tables()
    report: Report = Report()

    @field_validator("presets", mode="before")
    @classmethod
    def _based(cls, presets: Any) -> Any:
        return as_based(presets)

    _notes: tuple[str, ...] = PrivateAttr(())
    _gone: tuple[str, ...] = PrivateAttr(())

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out of what was written, since the data in use cannot have it: a sentence each."""
        return self._notes

    @property
    def gone(self) -> tuple[str, ...]:
        """What was written as a key and is a constant now: a sentence each."""
        return self._gone


def _unknown_names(config: Config) -> list[str]:
    presets = [*PRESETS, *VARIANTS, *config.presets]
    named = [
        (
            "pretrain.dataset",
            [] if config.pretrain.dataset is None else [config.pretrain.dataset],
            list(config.datasets),
        ),
        ("downstream.datasets", config.downstream.datasets, list(config.datasets)),
        ("downstream.rates", list(config.downstream.rates), list(config.datasets)),
        ("pretrain.methods", config.pretrain.methods, known_methods(config)),
        ("pretrain.preset", [config.pretrain.preset], presets),
        ("tables.presets", config.tables.presets, presets),
        ("tables.ablation", config.tables.ablation, [*VARIANTS, *config.presets]),
        ("tables.reference", [config.tables.reference], config.pretrain.methods),
    ]
    return [
        f"{key}: {name!r} is unknown; {allowed_names(name, allowed)}"
        for key, names, allowed in named
        for name in names
        if name not in allowed
    ]


def _reserved_names(config: Config) -> list[str]:
    """A data set may not be called like a table over all data sets: both would be the same file."""
    return [
        f"datasets.{name}: this name is taken by results/tables/{name}.csv or results/qc/{name}.csv; choose another"
        for name in config.datasets
        if name in OTHER_TABLES or any(name.removesuffix(ending) in {*config.datasets} - {name} for ending in ENDINGS)
    ]


def check(config: dict[str, Any]) -> Config:
    """Return the validated configuration, fitted to what its data have. Raises ConfigError with a line per mistake."""
    config, gone, mistakes = without_gone(without_taken(config))
    try:
        written = Config.model_validate(config)
    except ValidationError as error:
        raise ConfigError(told([*mistakes, *explain(error, Config)])) from None
    mistakes += [*_unknown_names(written), *_reserved_names(written), *preset_mistakes(written.presets)]
    mistakes += [
        *recipe_mistakes(written, written.pretrain.recipes),
        *world_mistakes(written),
        *raw_row_mistakes(written),
        *image_mistakes(written, OTHER_TABLES),
    ]
    # What streams are for can be told once methods and data sets are known.
    fit, notes, lacking = (written, [], []) if mistakes else fitted(written)
    mistakes = mistakes or [*lacking, *recipe_mistakes(fit, trained_recipes(fit))] or stream_mistakes(fit)
    mistakes = mistakes or order_mistakes(fit)
    if mistakes:
        raise ConfigError(told(mistakes))
    fit._notes, fit._gone = tuple(notes), tuple(gone)
    return fit
