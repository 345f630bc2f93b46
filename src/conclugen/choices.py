"""What the configuration chooses: the streams and recipes of methods, the rows of tables, and other lists that rules
are made from.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

from conclugen.config import SENTIMENT_TABLE, Config
from conclugen.config.recipes import modality_names, recipe
from conclugen.features.catalogue import CATALOGUE
from conclugen.pretrain.methods import RAW, unused_modules
from conclugen.pretrain.presets import changes_of

PRETRAINED_PROTOCOLS = ("linear", "shuffled", "knn", "finetune")
TARGETS = {"": "expression", SENTIMENT_TABLE: "sentiment"}  # by what follows a data set's name in that of its table
FACE_STREAMS = ("frames2d", "frames3d", "frames2d_views", "frames3d_views", "keypoints")


def modalities(config: Config, method: str) -> dict[str, list[str]]:
    """Return the streams of each modality that a method is pretrained on."""
    chosen = recipe(config, method)
    if chosen.streams is not None:
        return {name: list(streams) for name, streams in chosen.streams.items()}
    if chosen.views:
        return {name: list(config.features.views.streams) for name in chosen.modalities}
    return {name: list(config.modalities[name]) for name in modality_names(config, chosen)}


def evaluated(config: Config, method: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the modalities that a method's features are loaded for, and those that its evaluation sees."""
    controls = raw_controls(config)
    if method in controls:
        return {name: list(config.modalities[name]) for name in controls[method]}, controls[method]
    joined, seen = modalities(config, method), recipe(config, method).evaluate
    return joined, list(joined if seen is None else seen)


def streams(config: Config, method: str | None = None) -> list[str]:
    """Return the streams a method is evaluated with, in the order of the modalities; all modalities' without one."""
    joined = config.modalities if method is None else evaluated(config, method)[0]
    return list(dict.fromkeys(stream for names in joined.values() for stream in names))


def pretraining_streams(config: Config, method: str) -> list[str]:
    """Return the streams a method is pretrained on: augmented copies of them, where it compares views of a clip."""
    return [f"{name}_views" if recipe(config, method).views else name for name in streams(config, method)]


def all_streams(config: Config) -> list[str]:
    """Return the streams that any row of a table is made of: all modalities', then those of methods beside them."""
    own = [name for method in config.pretrain.methods for name in streams(config, method)]
    return list(dict.fromkeys([*streams(config), *own]))


def accounted_streams(config: Config, dataset: str) -> list[str]:
    """Return the streams of a data set whose losses count: all modalities', and what the methods read beside them."""
    used = streams(config)
    for method in config.pretrain.methods:
        used += pretraining_streams(config, method) if dataset == config.pretrain.dataset else []
        used += streams(config, method) if dataset in config.downstream.datasets else []
    return list(dict.fromkeys(used))


def backbone_streams(config: Config) -> list[str]:
    """Return the streams that a backbone extracts for the configured methods; none where all features are imported."""
    filmed = any(dataset.adapter != "features" for dataset in config.datasets.values())
    return [name for name in CATALOGUE if filmed and name in all_streams(config)]


def raw_controls(config: Config) -> dict[str, list[str]]:
    """Return the raw-features controls and the modalities each sees: all, then, where there are several, one by one."""
    single = {f"{RAW}-{name}": [name] for name in config.modalities} if len(config.modalities) > 1 else {}
    return {RAW: list(config.modalities)} | single


def pretrained_as(config: Config, method: str) -> str:
    """Return the method whose networks `method` is evaluated with."""
    return recipe(config, method).pretrained_as or method


def unused_losses(config: Config, method: str) -> list[str]:
    """Return the modules of losses that `method` does not use."""
    return unused_modules(recipe(config, method).losses)


def table_rows(config: Config) -> list[tuple[str, str]]:
    """Return (method, protocol) of every row of a table but the chance rows."""
    chosen, rows = config.downstream.protocols, []
    if "raw" in chosen:
        rows += [(name, "raw") for name in raw_controls(config)]
    reference = config.tables.reference
    rows += [(reference, name) for name in ("shuffled", "supervised") if name in chosen]
    rows += [(m, name) for m in config.pretrain.methods for name in ("linear", "knn", "finetune") if name in chosen]
    return rows


def robust_rows(config: Config) -> list[tuple[str, str]]:
    """Return the rows of a table whose classifier sees several modalities at once, each of which can be masked."""
    return [
        (method, protocol)
        for method, protocol in table_rows(config)
        if protocol in ("raw", "linear") and len(evaluated(config, method)[1]) > 1
    ]


def transcribed(config: Config, dataset: str) -> bool:
    """Whether the words of a data set come from its transcripts, where its official texts have gaps."""
    return config.datasets[dataset].asr is not None


def unused_engines(config: Config, dataset: str) -> list[str]:
    """Return the modules of the speech recognisers that a data set does not use."""
    asr = config.datasets[dataset].asr
    known = get_args(type(asr).model_fields["engine"].annotation)
    return [f"conclugen.features.asr.{name}" for name in known if name != asr.engine]


def has_sentiment(config: Config, dataset: str) -> bool:
    """Whether the labels of a data set have a sentiment."""
    given = config.datasets[dataset]
    return given.adapter == "mosei" or getattr(given, "sentiment", None) is not None


def measured(config: Config) -> list[str]:
    """Return what is evaluated, by the name of its table: every data set, and `-sentiment` of those that have it."""
    return [
        f"{name}{ending}"
        for name in config.downstream.datasets
        for ending, target in TARGETS.items()
        if target in config.downstream.targets and (target == "expression" or has_sentiment(config, name))
    ]


def benchmark_dataset(config: Config) -> str | None:
    """Return the data set whose rows stand in Table 1: the first CMU-MOSEI that is evaluated on."""
    return next((name for name in config.downstream.datasets if config.datasets[name].adapter == "mosei"), None)


def keeps_faces(config: Config, dataset: str) -> bool:
    """Whether the face shards of a data set hold crops."""
    own = config.datasets[dataset].faces.keep
    return config.faces.keep if own is None else own


def demo_layout(root: str) -> str | None:
    """Return the layout of the demo corpus that `root` is, None where it is data of the user's own."""
    path = Path(os.path.relpath(root))
    return path.name if path.parent == Path("results/demo") else None


def fractions(config: Config) -> list[str]:
    """Return the label fractions below 1, as the folders of their predictions are named."""
    return [f"fraction-{share:g}" for share in config.downstream.label_fractions if share != 1]


def ablation_presets(config: Config) -> list[str]:
    """Return the presets whose predictions the table of switches compares: those that variants are based on, first."""
    bases = dict.fromkeys(changes_of(name, config.presets)[0] for name in config.tables.ablation)
    return [*bases, *config.tables.ablation]
