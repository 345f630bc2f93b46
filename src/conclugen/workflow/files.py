"""The files that rules ask for: networks, predictions, tables and accounts, by the rows that the configuration has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from conclugen import choices
from conclugen.config import SENTIMENT_TABLE, Config
from conclugen.downstream.protocols import PROTOCOLS
from conclugen.pretrain.unlearned import UNTRAINED

Rows = Sequence[tuple[str, str]]  # (method, protocol)


def models(config: Config, wildcards: Any) -> list[str]:
    """Return the pretrained networks that a protocol starts from, one per pretraining seed; none for raw features."""
    if not PROTOCOLS[wildcards.protocol].network:
        return []
    method = choices.pretrained_as(config, wildcards.method)
    fold = choices.fold_of_corpus(config, wildcards.corpus, wildcards.dataset, wildcards.fold)
    folder = f"results/pretrain/{wildcards.corpus}{fold}/{wildcards.preset}/{method}"
    return [f"{folder}/seed{seed}/model.safetensors" for seed in choices.network_seeds(config, method)]


def predictions(config: Config, wildcards: Any) -> list[str]:
    """Return the predictions that a row is measured from: of every seed, in the turn of every fold."""
    names, row = wildcards, f"{wildcards.method}/{wildcards.protocol}{wildcards.share}"
    folder = f"results/downstream/{names.dataset}{names.target}/{names.corpus}/{names.preset}/{row}"
    folds, seeds = choices.folds(config, names.dataset), config.downstream.seeds
    return [f"{folder}{fold}/seed{seed}.parquet" for fold in folds for seed in seeds]


def retries(stage: str) -> Callable[[Any], list[str]]:
    """Return an input function: the list of what a stage is to try again in a shard, where one was asked for."""

    def of(wildcards: Any) -> list[str]:
        path = Path(f"results/retries/{wildcards.dataset}/{stage}/{wildcards.shard}.csv")
        return [str(path)] if path.exists() else []

    return of


def pretexts(config: Config, wildcards: Any) -> list[str]:
    """Return how the networks of `models` do their own task; controls were trained for none."""
    if wildcards.method in choices.CONTROLS:
        return []
    return [str(Path(path).with_name("pretext.json")) for path in models(config, wildcards)]


def table_name(config: Config, dataset: str, target: str) -> str:
    """Return the name of the table of a data set or of a dimension. Raises WorkflowError where it has none."""
    if not choices.has_target(config, dataset, choices.TARGETS[target]):
        raise WorkflowError(f"the labels of {dataset} have no {target[1:]}; it has no table {dataset}{target}")
    return dataset + target


def scores(
    config: Config,
    name: str,
    rows: Rows,
    shares: Iterable[str] = ("",),
    preset: str | None = None,
    split: str = "test",
) -> list[str]:
    """Return the scores of `rows` for the table `name` on a split; `shares`: of the labels."""
    corpus = choices.corpus_of(config, choices.dataset_of(config, name))
    base = f"results/scores/{name}/{corpus}/{preset or config.pretrain.preset}"
    return [f"{base}/{method}/{protocol}{share}/{split}.npz" for method, protocol in rows for share in shares]


def scores_of_all(
    config: Config,
    rows: Rows,
    presets: Iterable[str | None] = (None,),
    shares: Sequence[str] = ("",),
    split: str = "test",
) -> list[str]:
    """Return the scores of `rows` for every data set and each of `presets`; None: that of the configuration."""
    return [
        path
        for dataset in config.downstream.datasets
        for preset in presets
        for path in scores(config, dataset, rows, shares, preset, split)
    ]


def chance(config: Config, splits: Iterable[str] = ("test",)) -> list[str]:
    """Return the scores of the chance rows of every data set on each of `splits`."""
    return [f"results/scores/{name}/chance.{split}.npz" for split in splits for name in config.downstream.datasets]


def presets_compared(config: Config) -> list[str]:
    """Return the linear evaluation of every method with each preset and of its networks untrained, and the raw
    features, which have no preset.
    """
    methods = [(name, "linear") for name in (*config.pretrain.methods, *choices.drawn_controls(config))]
    paths = []
    for split in ("valid", "test"):
        paths += scores_of_all(config, [(choices.RAW, "raw")], split=split)
        paths += scores_of_all(config, methods, config.tables.presets, split=split)
    return paths


def switches_compared(config: Config) -> list[str]:
    """Return the linear evaluation of the reference method with each variant and what it is based on, and of the same
    networks untrained.
    """
    rows = [(name, "linear") for name in (config.tables.reference, *choices.drawn_controls(config))]
    return scores_of_all(config, rows, choices.ablation_presets(config), split="valid")


def controls(config: Config, control: str) -> list[str]:
    """Return the rows of every world's table; in the grid, those of every other preset, too."""
    if choices.ORACLE not in config.downstream.raw_rows:
        raise WorkflowError(
            f"results/tables/{control}.csv needs worlds and the raw row {choices.ORACLE}: "
            "--configfile configs/control.yaml"
        )
    paths = scores_of_all(config, choices.table_rows(config))
    others = [name for name in config.tables.presets if name != config.pretrain.preset]
    if control == "control-grid":
        paths += scores_of_all(config, choices.pretrained_rows(config), others)
    return paths


def table_2(config: Config) -> list[str]:
    """Return supervised, linear and fine-tuned, whichever protocols the tables of the data sets have."""
    reference = config.tables.reference
    return scores_of_all(config, [(reference, protocol) for protocol in ("supervised", "linear", "finetune")])


def rivals(config: Config) -> list[str]:
    """Return the rows of the table of rivals, whichever methods and protocols the tables of the data sets have."""
    names = config.downstream.datasets
    return [path for name in names for path in scores(config, name, choices.rival_rows(config, name))]


def label_fractions(config: Config) -> list[str]:
    """Return the scores of every row of every table, for all labels and for each share of them."""
    shares = list(choices.fractions(config))
    if len(shares) < 2:
        raise WorkflowError(
            "results/tables/label_efficiency.csv needs downstream.label_fractions below 1, such as [0.01, 0.1, 1.0]"
        )
    return scores_of_all(config, choices.table_rows(config), shares=shares)


def table_1(config: Config) -> dict[str, str]:
    """Return the tables whose rows stand in Table 1, by the flag that takes them."""
    dataset = choices.benchmark_dataset(config)
    names = {"table": dataset, "sentiment": f"{dataset}{SENTIMENT_TABLE}"}
    return {flag: f"results/tables/{name}.full.csv" for flag, name in names.items() if name in choices.measured(config)}


def accounts(config: Config, datasets: Iterable[str]) -> list[str]:
    """Return quality control of data sets and of their corpora: a table stands only where none lost too much.

    The files say nothing that a table repeats. They are inputs so that a loss above the limit stops the run, also
    where the limit was lowered after the table was made: then the table is written again, to the same bytes.
    """
    names = list(datasets)
    corpora = {choices.corpus_of(config, name) for name in names}
    return sorted(f"results/qc/{name}.csv" for name in {*names} | corpora)


def with_corpora(config: Config, names: Iterable[str]) -> list[str]:
    """Return the data sets of these tables, and the corpora that their networks learned from."""
    datasets = [choices.dataset_of(config, name) for name in names]
    return list(dict.fromkeys([*datasets, *(choices.corpus_of(config, dataset) for dataset in datasets)]))


def corpus_manifest(config: Config, dataset: str) -> list[str]:
    """Return the manifest of the corpus that networks for a data set learn from, where it is another data set."""
    corpus = choices.corpus_of(config, dataset)
    return [] if corpus == dataset else [f"results/manifests/{corpus}.parquet"]


def networks_behind(config: Config, name: str) -> list[str]:
    """Return what lies beside the weights of the pretrained networks of a table: verdicts, settings, histories."""
    dataset = choices.dataset_of(config, name)
    corpus = choices.corpus_of(config, dataset)
    turns = {choices.fold_of_corpus(config, corpus, dataset, fold): None for fold in choices.folds(config, dataset)}
    trained = [
        choices.pretrained_as(config, method)
        for method, protocol in choices.table_rows(config)
        if PROTOCOLS[protocol].network and method not in choices.CONTROLS
    ]
    return [
        f"results/pretrain/{corpus}{fold}/{config.pretrain.preset}/{method}/seed{seed}/{file}"
        for fold in turns
        for method in dict.fromkeys(trained)
        for seed in choices.network_seeds(config, method)
        for file in ("pretext.json", "settings.json", "history.csv")
    ]


def mapped_networks(config: Config, dataset: str) -> dict[str, str]:
    """Return the networks of a map, by the flag that takes them: the reference method's, pretrained and untrained, of
    the turn of the first fold where there are any."""
    corpus = choices.corpus_of(config, dataset)
    fold = choices.fold_of_corpus(config, corpus, dataset, choices.first_fold(config, dataset))
    folder = f"results/pretrain/{corpus}{fold}/{config.pretrain.preset}"
    names = {"pretrained": choices.pretrained_as(config, config.tables.reference), "untrained": UNTRAINED}
    seed = config.pretrain.seeds[0]
    return {flag: f"{folder}/{method}/seed{seed}/model.safetensors" for flag, method in names.items()}


def behind_page(config: Config, names: Sequence[str]) -> dict[str, list[str]]:
    """Return what a page about these tables is made of, by input, beside the ledgers."""
    datasets = list(dict.fromkeys(choices.dataset_of(config, name) for name in names))
    rows, fewer = choices.table_rows(config), [share for share in choices.fractions(config) if share]
    return {
        "tables": [f"results/tables/{name}.full.csv" for name in names],
        "manifests": [f"results/manifests/{name}.parquet" for name in with_corpora(config, names)],
        "chance": [f"results/scores/{name}/chance.test.npz" for name in names],
        "scores": [path for name in names for path in scores(config, name, rows)],
        "fractions": [path for name in names for path in scores(config, name, rows, fewer)],
        "maps": [f"results/maps/{name}.npz" for name in names if choices.mapped(config)],
        "crops": [
            f"results/crops/{name}.jpg" for name in with_corpora(config, names) if choices.shows_crops(config, name)
        ],
        "robustness": [f"results/tables/{name}.robustness.csv" for name in names if choices.robust_rows(config)],
        "networks": list(dict.fromkeys(path for name in names for path in networks_behind(config, name))),
        "qc": accounts(config, datasets),
        "leaks": [f"results/qc/{name}.leaks.csv" for name in datasets],
    }


def folders(files: Iterable[str]) -> list[str]:
    """Return the folders of files, each once, in order."""
    return list(dict.fromkeys(str(Path(path).parent) for path in files))
