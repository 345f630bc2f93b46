"""What the configuration chooses: the streams and recipes of methods, the rows of tables, and other lists that rules
are made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from conclugen.config import ENDINGS, Config
from conclugen.config.order import is_ordered
from conclugen.config.present import available_streams, corpora, demo_layout
from conclugen.config.recipes import modality_names, recipe
from conclugen.config.worlds import WORLDS, world_of
from conclugen.data.cross_validation import Fold, name_of
from conclugen.downstream.protocols import FUSIONS, ORDERED, PROTOCOLS, Protocol
from conclugen.features.catalogue import CATALOGUE
from conclugen.pretrain.methods import least_modalities
from conclugen.pretrain.presets import changes_of
from conclugen.pretrain.rivals import RIVALS
from conclugen.pretrain.unlearned import CONTROLS, GCCA, PCA, RAW, UNTRAINED

ORACLE = "oracle"  # the raw row of what decides the classes, where the configuration names it
TARGETS = {"": "expression"} | {
    ending: ending[1:] for ending in ENDINGS
}  # by what follows a data set's name in a table's
FACE_STREAMS = ("frames2d", "frames3d", "frames2d_views", "frames3d_views", "keypoints")


def modalities(config: Config, method: str) -> dict[str, list[str]]:
    """Return the streams of each modality that a method is pretrained on."""
    method = made_like(config, method)
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
        return controls[method], list(controls[method])
    joined, seen = modalities(config, method), recipe(config, made_like(config, method)).evaluate
    return joined, list(joined if seen is None else seen)


def streams(config: Config, method: str | None = None) -> list[str]:
    """Return the streams a method is evaluated with, in the order of the modalities; all modalities' without one."""
    joined = config.modalities if method is None else evaluated(config, method)[0]
    return list(dict.fromkeys(stream for names in joined.values() for stream in names))


def pretraining_streams(config: Config, method: str) -> list[str]:
    """Return the streams a method is pretrained on: augmented copies of them, where it compares views of a clip."""
    views = recipe(config, made_like(config, method)).views
    return [f"{name}_views" if views else name for name in streams(config, method)]


def all_streams(config: Config) -> list[str]:
    """Return the streams that any row of a table is made of: all modalities', then those of methods beside them."""
    joined = [name for method in config.pretrain.methods for name in streams(config, method)]
    return list(dict.fromkeys([*streams(config), *joined, *own_raw_streams(config)]))


def corpus_of(config: Config, dataset: str) -> str:
    """Return the data set whose unlabelled utterances the networks that `dataset` is evaluated with learn from."""
    return config.pretrain.dataset or dataset


def folds(config: Config, dataset: str) -> dict[str, Fold | None]:
    """Return the folds of a data set by how paths name them; one without a name where it has splits."""
    count, valid = config.datasets[dataset].folds_of(), config.datasets[dataset].validates()
    if not count:
        return {"": None}
    return {f"/{name_of(number)}": Fold(number, count, valid) for number in range(1, count + 1)}


def first_fold(config: Config, dataset: str) -> str:
    """Return how paths name the fold that what is made of one alone is made of; empty where there are splits."""
    return next(iter(folds(config, dataset)))


def fold_of_corpus(config: Config, corpus: str, dataset: str, fold: str) -> str:
    """Return the fold of a corpus in whose turn networks are pretrained that are tested on a fold of `dataset`: the
    same, where that is the corpus; none of another corpus, all of which may be learned from."""
    return fold if corpus == dataset else ""


def accounted_streams(config: Config, dataset: str) -> list[str]:
    """Return the streams of a data set whose losses count: all modalities', and what the methods read beside them, as
    far as the data set can have them."""
    used, available = streams(config), available_streams(config, dataset)
    for method in config.pretrain.methods:
        used += pretraining_streams(config, method) if dataset in corpora(config) else []
        used += streams(config, method) if dataset in config.downstream.datasets else []
    used += own_raw_streams(config) if dataset in config.downstream.datasets else []
    return [stream for stream in dict.fromkeys(used) if stream.removesuffix("_views") in available]


def backbone_streams(config: Config) -> list[str]:
    """Return the streams that a backbone extracts for the configured methods, and that whose network finds landmarks
    where frames of clips are images; none where all features are imported."""
    filmed = any(dataset.adapter != "features" for dataset in config.datasets.values())
    frames = any(image_set.adapter == "clips" for image_set in config.images.datasets.values())
    used = {*all_streams(config), *(["keypoints"] if frames else [])}
    return [name for name in CATALOGUE if filmed and name in used]


def raw_controls(config: Config) -> dict[str, dict[str, list[str]]]:
    """Return the raw-features controls and the streams of each modality that they see: all modalities, then, where
    there are several, one by one, then the configuration's own rows.
    """
    joined = {name: list(streams) for name, streams in config.modalities.items()}
    single = {f"{RAW}-{name}": {name: streams} for name, streams in joined.items()} if len(joined) > 1 else {}
    configured = {
        name: {modality: list(streams) for modality, streams in row.items()}
        for name, row in config.downstream.raw_rows.items()
    }
    return {RAW: joined} | single | configured


def own_raw_streams(config: Config) -> list[str]:
    """Return the streams of the configuration's own raw rows, where there are raw rows."""
    rows = config.downstream.raw_rows.values() if "raw" in config.downstream.protocols else ()
    return [stream for row in rows for streams in row.values() for stream in streams]


def made_like(config: Config, method: str) -> str:
    """Return the method whose modalities a method has: its own, but for what has none: a control that stands in for a
    network, and a way to fuse modalities."""
    return config.tables.reference if method in (*CONTROLS, *FUSIONS) else method


def pretrained_as(config: Config, method: str) -> str:
    """Return the method whose networks `method` is evaluated with."""
    return method if method in CONTROLS else recipe(config, method).pretrained_as or method


def network_seeds(config: Config, method: str) -> list[int]:
    """Return the seeds of the networks that a method is evaluated with: one where nothing is drawn, PCA and GCCA."""
    seeds = config.pretrain.seeds
    return seeds[:1] if method in (PCA, GCCA) else seeds


def losses(config: Config, method: str) -> list[str]:
    """Return the losses that `method` is pretrained with."""
    return list(recipe(config, method).losses)


def table_rows(config: Config) -> list[tuple[str, str]]:
    """Return (method, protocol) of every row of a table but the chance rows."""
    chosen = {name: protocol for name, protocol in PROTOCOLS.items() if name in config.downstream.protocols}
    methods_of = {
        "raw": list(raw_controls(config)),
        "reference": [config.tables.reference],
        "methods": config.pretrain.methods,
    }
    rows = [
        (method, name) for kind, methods in methods_of.items() for method in methods for name in _judging(chosen, kind)
    ]
    rows += [(fusion, name) for fusion in config.downstream.fusions for name in chosen if chosen[name].architecture]
    controls = dict.fromkeys(config.downstream.controls)
    frozen = [name for name in _judging(chosen, "methods") if chosen[name].frozen]
    return rows + [(method, name) for method in controls for name in frozen]


def _judging(protocols: Mapping[str, Protocol], kind: str) -> list[str]:
    return [name for name, protocol in protocols.items() if protocol.judges == kind]


def pretrained_rows(config: Config) -> list[tuple[str, str]]:
    """Return the rows of a table that another preset changes, each method's: neither are PCA and GCCA."""
    return [
        (method, name)
        for method, name in table_rows(config)
        if PROTOCOLS[name].network and PROTOCOLS[name].judges == "methods" and method not in (PCA, GCCA)
    ]


def rival_rows(config: Config, dataset: str) -> list[tuple[str, str]]:
    """Return (method, protocol) of the rows of the table of rivals for a data set but the chance rows: the input,
    controls and the reference method, then rivals. A loss that needs more modalities than there are has no row, nor has
    a fusion that needs the order of utterances where the data set does not tell it."""
    named, reference = config.tables.rivals, config.tables.reference
    losses_of = {name: RIVALS[name].losses for name in named if name in RIVALS}
    fit = [name for name, used in losses_of.items() if least_modalities(used) <= len(config.modalities)]
    fusions = [name for name in named if name in FUSIONS]
    if not {*fusions}.isdisjoint(ORDERED) and not is_ordered(config, dataset):
        fusions = [name for name in fusions if name not in ORDERED]
    linear = [reference, *fit, *dict.fromkeys(config.downstream.controls)]
    rows = [(RAW, "raw"), *((name, "linear") for name in linear)]
    if fusions:
        rows += [(reference, "finetune"), *((name, "supervised") for name in (reference, *fusions))]
    return rows


def drawn_controls(config: Config) -> list[str]:
    """Return the controls that another preset changes: `untrained`, where there is such a row."""
    return [name for name in (UNTRAINED,) if name in config.downstream.controls]


def robust_rows(config: Config) -> list[tuple[str, str]]:
    """Return the rows of a table whose classifier sees several modalities at once, each of which can be masked."""
    return [
        (method, name)
        for method, name in table_rows(config)
        if PROTOCOLS[name].masks and len(evaluated(config, method)[1]) > 1
    ]


def transcribed(config: Config, dataset: str) -> bool:
    """Whether the words of a data set come from its transcripts, where its official texts have gaps."""
    return config.datasets[dataset].asr is not None


def unused_engines(config: Config, dataset: str) -> list[str]:
    """Return the modules of the speech recognisers that a data set does not use."""
    asr = config.datasets[dataset].asr
    known = get_args(type(asr).model_fields["engine"].annotation)
    return [f"conclugen.features.asr.{name}" for name in known if name != asr.engine]


def has_target(config: Config, dataset: str, target: str) -> bool:
    """Whether the labels of a data set have a target: all have `expression`, some a dimension such as `sentiment`."""
    return target == "expression" or target in config.datasets[dataset].dimensions_of()


def dataset_of(config: Config, table: str) -> str:
    """Return the data set that a table's name belongs to."""
    named = (table.removesuffix(ending) for ending in ENDINGS if table.endswith(ending))
    return table if table in config.datasets else next(named, table)


def measured(config: Config) -> list[str]:
    """Return what is evaluated, by the name of its table: every data set, and each dimension, such as `-sentiment`, of
    those that have it."""
    return [
        f"{name}{ending}"
        for name in config.downstream.datasets
        for ending, target in TARGETS.items()
        if target in config.downstream.targets and has_target(config, name, target)
    ]


def benchmark_dataset(config: Config) -> str | None:
    """Return the data set whose rows stand in Table 1: the first CMU-MOSEI that is evaluated on."""
    return next((name for name in config.downstream.datasets if config.datasets[name].adapter == "mosei"), None)


def keeps_faces(config: Config, dataset: str) -> bool:
    """Whether the face shards of a data set hold crops."""
    keep = config.datasets[dataset].faces.keep
    return config.faces.keep if keep is None else keep


def world_files(config: Config, dataset: str) -> list[str]:
    """Return the file of the world that a data set is; none where it is another data set."""
    world = world_of(config, dataset)
    return [] if world is None else [f"{WORLDS}/{world}.npz"]


def kind_of_data(config: Config, dataset: str) -> str:
    """Return `demo`, `world` (both are made by programs) or `own`, which tables say of a data set."""
    if world_of(config, dataset) is not None:
        return "world"
    return "demo" if demo_layout(config.datasets[dataset].root) in config.demo.utterances else "own"


def mapped(config: Config) -> bool:
    """Whether reports have maps of representations: where they are wanted and a table judges pretrained networks."""
    chosen = [PROTOCOLS[name] for name in config.downstream.protocols]
    return config.report.maps != "none" and any(
        protocol.network and protocol.judges == "methods" for protocol in chosen
    )


def shows_crops(config: Config, dataset: str) -> bool:
    """Whether reports have a contact sheet of the faces of a data set, of which crops are kept."""
    if config.datasets[dataset].adapter == "features" or not keeps_faces(config, dataset):
        return False
    wanted = config.report.crops == "all" or (config.report.crops == "demo" and kind_of_data(config, dataset) == "demo")
    return wanted and not set(FACE_STREAMS).isdisjoint(accounted_streams(config, dataset))


def fractions(config: Config) -> dict[str, float]:
    """Return the label fractions by what follows a protocol in the path of its predictions: nothing for all labels."""
    shares = config.downstream.label_fractions
    return {"": 1.0} | {f"/fraction-{share:g}": share for share in shares if share != 1}


def ablation_presets(config: Config) -> list[str]:
    """Return the presets whose predictions the table of switches compares: those that variants are based on, first."""
    bases = dict.fromkeys(changes_of(name, config.presets)[0] for name in config.tables.ablation)
    return [*bases, *config.tables.ablation]
