"""The whole configuration: every key, its type and its default. The only place with defaults.

`check` validates what Snakemake read before any rule is looked at. `conclugen.slices` cuts out what each stage reads.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationError, model_validator

from conclugen.config.datasets import AnyDataset
from conclugen.config.errors import ConfigError, allowed_names, explain
from conclugen.config.recipes import known_methods, recipe_mistakes
from conclugen.config.stage_one import Demo, Faces, Streams
from conclugen.config.stage_two import Downstream, Pretrain, Qc, Tables
from conclugen.config.streams import stream_mistakes
from conclugen.config.types import Modalities, Name, Section
from conclugen.pretrain.presets import PRESETS, VARIANTS

OTHER_TABLES = ("ablation", "baselines", "benchmark", "label_efficiency", "leaks", "presets", "robustness")
SENTIMENT_TABLE = "-sentiment"  # what follows the name of a data set in that of its table of sentiment


class Config(Section):
    """The whole configuration."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    rerun_on_upgrade: bool | list[str] = False
    demo: Demo = Demo()
    datasets: dict[Name, AnyDataset]
    faces: Faces = Faces()
    features: Streams = Streams()
    modalities: Modalities = {"video": ["frames2d", "frames3d"], "audio": ["audio"], "text": ["text"]}
    presets: dict[Name, dict[str, Any]] = {}
    pretrain: Pretrain
    downstream: Downstream
    qc: Qc = Qc()
    tables: Tables = Tables()

    @model_validator(mode="after")
    def _names_agree(self) -> Config:
        """Check what one section says about another."""
        mistakes = [*_unknown_names(self), *_reserved_names(self), *_preset_mistakes(self), *recipe_mistakes(self)]
        # What streams are for can be told once methods and data sets are known.
        mistakes = mistakes or stream_mistakes(self)
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


def _unknown_names(config: Config) -> list[str]:
    presets = [*PRESETS, *VARIANTS, *config.presets]
    asked = [
        ("pretrain.dataset", [config.pretrain.dataset], list(config.datasets)),
        ("downstream.datasets", config.downstream.datasets, list(config.datasets)),
        ("pretrain.methods", config.pretrain.methods, known_methods(config)),
        ("pretrain.preset", [config.pretrain.preset], presets),
        ("tables.presets", config.tables.presets, presets),
        ("tables.ablation", config.tables.ablation, [*VARIANTS, *config.presets]),
        ("tables.reference", [config.tables.reference], config.pretrain.methods),
    ]
    return [
        f"{key}: {name!r} is unknown; {allowed_names(name, allowed)}"
        for key, names, allowed in asked
        for name in names
        if name not in allowed
    ]


def _reserved_names(config: Config) -> list[str]:
    """A data set may not be called like a table over all data sets: both would be the same file."""
    return [
        f"datasets.{name}: this name is taken by results/tables/{name}.csv or results/qc/{name}.csv; choose another"
        for name in config.datasets
        if name in OTHER_TABLES or name.removesuffix(SENTIMENT_TABLE) in {*config.datasets} - {name}
    ]


def _preset_mistakes(config: Config) -> list[str]:
    """A preset of one's own names the one it is based on, and changes keys which that one has."""
    mistakes = []
    for name, preset in config.presets.items():
        base = preset.get("based_on")
        if base not in PRESETS:
            mistakes.append(f"presets.{name}.based_on: {base!r} is unknown; {allowed_names(str(base), list(PRESETS))}")
            continue
        for part, changes in preset.items():
            known = {"based_on": {}, **PRESETS[base]}
            if part not in known:
                mistakes.append(f"presets.{name}.{part}: unknown; {allowed_names(part, list(known))}")
            elif part != "based_on":
                keys = list(known[part])
                mistakes += [
                    f"presets.{name}.{part}.{k}: unknown; {allowed_names(k, keys)}" for k in changes if k not in keys
                ]
    return mistakes


def check(config: dict[str, Any]) -> Config:
    """Return the validated configuration. Raises ConfigError with a line for each mistake."""
    try:
        return Config.model_validate(config)
    except ValidationError as error:
        raise ConfigError(explain(error, Config)) from None
