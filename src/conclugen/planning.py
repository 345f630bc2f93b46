"""What is asked of targets and features while jobs are planned, so that no job runs for nothing."""

from __future__ import annotations

import csv
import difflib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conclugen import choices, evaluable, slices
from conclugen.config import OTHER_TABLES, Config
from conclugen.data.cross_validation import together
from conclugen.data.tree import HASHED_BYTES
from conclugen.downstream.protocols import PROTOCOLS
from conclugen.features import said, staged
from conclugen.features.catalogue import CATALOGUE
from conclugen.store import packaged

LIKE = 0.75  # how alike two targets are, at least, for one to be meant by the other


def asked(argv: Sequence[str]) -> list[str]:
    """Return the targets of a call of Snakemake, of which rules are told nothing; none where the call is another."""
    if Path(argv[0]).name not in ("snakemake", "snakemake.exe"):
        return []
    from snakemake.cli import get_argument_parser

    return sorted(get_argument_parser().parse_args(list(argv[1:])).targets or ())


def unknown_targets(
    targets: Iterable[str], rules: Iterable[str], made: Callable[[str], bool], config: Config
) -> list[str]:
    """Return a line for each target that nothing makes: what may be meant, and which data sets there are.

    Args:
        targets: files or rules that were asked for.
        rules: names of rules that can be asked for.
        made: whether a rule makes a file.
    """
    named = list(rules)
    lost = [target for target in targets if target not in named and not made(target) and not Path(target).exists()]
    known = [*_files(config), *named]
    return [_unknown(target, known, config) for target in lost]


def _unknown(target: str, known: list[str], config: Config) -> str:
    same = [file for file in known if Path(file).name == Path(target).name]
    same = same or [file for file in known if Path(file).stem == Path(target).stem]
    meant = difflib.get_close_matches(target, same or known, n=1, cutoff=0 if same else LIKE)
    meant = same[:1] if same and "/" not in target else meant  # a name alone: its table comes first
    hint = f"did you mean {meant[0]}? " if meant else ""
    return f"{target}: no rule makes this; {hint}data sets: {', '.join(config.datasets)}"


def _files(config: Config) -> list[str]:
    """Files that people ask for."""
    tables = [*choices.measured(config), *config.datasets, *OTHER_TABLES]
    files = [f"results/tables/{name}.csv" for name in dict.fromkeys(tables) if name != "leaks"]
    files += ["results/qc/leaks.csv", *(f"results/tables/{name}.classes.csv" for name in config.downstream.datasets)]
    for name in config.datasets:
        files += [f"results/qc/{name}.csv", f"results/plans/{name}.csv", f"results/manifests/{name}.parquet"]
    files += [f"results/tables/{name}.{form}" for name in choices.measured(config) for form in ("full.csv", "tex")]
    trained = itertools.product(choices.corpora(config), config.pretrain.methods, config.pretrain.seeds)
    for corpus, method, seed in trained:
        files.append(f"results/pretrain/{corpus}/{config.pretrain.preset}/{method}/seed{seed}/model.safetensors")
    kinds = ("headline", "robustness")
    files += ["results/report.html", *(f"results/report/{name}.html" for name in choices.measured(config))]
    return files + [f"results/figures/{name}/{kind}.png" for name in choices.measured(config) for kind in kinds]


def array_mistakes(config: Config) -> list[str]:
    """Return a line for each array of features in use that its file lacks, or that has not a row per id.

    Heads alone are read, of files that are there; of a large CSV none, since only its end would show how it is written.
    """
    lines = []
    for dataset in dict.fromkeys([*config.downstream.datasets, *choices.corpora(config)]):
        options = config.datasets[dataset]
        for stream in choices.accounted_streams(config, dataset) if options.adapter == "features" else ():
            lines += [
                f"datasets.{dataset}.streams.{stream}: {line}" for line in _array_mistake(config, dataset, stream)
            ]
    return lines


def _array_mistake(config: Config, dataset: str, stream: str) -> Iterator[str]:
    from conclugen.data.arrays import ArrayError, size_of  # pandas and h5py, where arrays are used alone

    read = slices.stage_settings(config, "imported", {"dataset": dataset, "stream": stream})
    path = Path(config.datasets[dataset].root) / read["file"]
    try:
        if path.suffix.lower() == ".csv" and path.stat().st_size > HASHED_BYTES:
            return
        ids, _ = size_of(path, read["ids"])
    except (ArrayError, OSError):  # what is wrong with the file the manifest says
        return
    try:
        rows, width = size_of(path, read["array"], read["without"])
    except ArrayError as error:
        yield str(error)
        return
    if rows != ids:
        yield f"{path}: {read['array']!r} has {rows} rows, but there are {ids} ids"
    if not width:
        yield f"{path}: {read['array']!r} has no numbers in its rows"


def width_mistakes(config: Config) -> list[str]:
    """Return a line for each stream that has another width in a test set than in the corpus it is pretrained on.

    Of arrays the header is read; what is not there yet, or is named by a model, cannot be told and is let pass.
    """
    if not any(PROTOCOLS[name].network for name in config.downstream.protocols):
        return []
    mistakes: dict[str, None] = {}
    for method in config.pretrain.methods:
        for dataset in config.downstream.datasets:
            for stream in choices.streams(config, method):
                mistakes |= dict.fromkeys(_widths_differ(config, choices.corpus_of(config, dataset), dataset, stream))
    return list(mistakes)


def _widths_differ(config: Config, corpus: str, dataset: str, stream: str) -> Iterator[str]:
    if corpus == dataset or "features" not in (config.datasets[corpus].adapter, config.datasets[dataset].adapter):
        return
    learned, evaluated = width(config, corpus, stream), width(config, dataset, stream)
    if learned and evaluated and learned != evaluated:
        yield (
            f"{stream} has {learned} numbers in {corpus}, which is pretrained on, but {evaluated} in {dataset}: a "
            "network reads what it was trained on; extract both with one backbone, or leave the stream out of "
            "modalities"
        )


def width(config: Config, dataset: str, stream: str) -> int | None:
    """Return how many numbers an utterance has in a stream of a data set; None where that is not known."""
    options = config.datasets[dataset]
    if options.adapter != "features":
        return said.dim(getattr(config.features, stream).backbone) if stream in CATALOGUE else None
    if stream not in options.streams:
        return None
    from conclugen.data.arrays import ArrayError, size_of

    read = slices.stage_settings(config, "imported", {"dataset": dataset, "stream": stream})
    try:
        return size_of(Path(options.root) / read["file"], read["array"], read["without"])[1]
    except ArrayError:  # what is wrong with it the manifest says
        return None


def missing_weights(config: Config, dataset: str, streams: Iterable[str], same_environment: bool) -> list[str]:
    """Return a line for each weight file that these streams of a data set of media lack, and how to go on without it.

    Args:
        streams: names of streams; `faces`, `points` and `transcripts` for what they stand on.
        same_environment: whether jobs run in the environment that plans, so that what packages hold can be looked for.
    """
    names = {stream.removesuffix("_views") for stream in streams}
    names |= {"keypoints"} if "points" in names else set()
    backbones = [name for name in choices.backbone_streams(config) if name in names]
    lines: list[str | None] = list(staged.missing(config.features, backbones))
    if same_environment:
        lines += [_unpackaged_backbone(config, stream) for stream in backbones]
        lines += _unpackaged_detector(config, dataset, names) + _unpackaged_engine(config, dataset, names)
    return [line for line in lines if line]


def _unpackaged_backbone(config: Config, stream: str) -> str | None:
    chosen = getattr(config.features, stream)
    if stream == "keypoints" or chosen.weights is not None:  # the detector's landmarks; a file of one's own
        return None
    packed = [name for name, entry in CATALOGUE[stream].items() if not (entry.address or entry.own)]
    others = [name for name in packed if name != chosen.backbone]
    embedded = f"set it to {others[0]}, or " if others else ""
    instead = f"{embedded}leave {stream} out of `modalities`"
    return packaged.lacking(chosen.backbone, f"features.{stream}.backbone: {chosen.backbone}", instead)


def _unpackaged_detector(config: Config, dataset: str, names: set[str]) -> list[str | None]:
    detector = config.datasets[dataset].detector
    if {"faces", *choices.FACE_STREAMS}.isdisjoint(names):
        return []
    instead = "set the detector of videos that are tight faces already to none"
    return [packaged.lacking(detector, f"datasets.{dataset}.detector: {detector}", instead)]


def _unpackaged_engine(config: Config, dataset: str, names: set[str]) -> list[str | None]:
    asr = config.datasets[dataset].asr
    if asr is None or names.isdisjoint({"transcripts", "text"}):
        return []
    key = f"datasets.{dataset}.asr"
    engine = None if asr.weights else packaged.lacking(asr.engine, f"{key}.engine: {asr.engine}", f"set {key} to null")
    finder = packaged.lacking("silero_vad", f"{key}.speech: {asr.speech}", f"set {key}.speech to null")
    return [engine, None if asr.speech is None else finder]


def lost_in_reading(config: Config, dataset: str, about: Mapping[str, Any]) -> list[str]:
    """Return a line for each split of which reading the labels lost more than quality control lets pass; `about`: what
    the manifest says of itself."""
    limits = slices.stage_settings(config, "qc", {"dataset": dataset})
    return list(evaluable.losses(dataset, about.get("lost", {}), limits["max_lost"], limits["min_lost"]))


def nothing_to_learn_from(config: Config, corpus: str, splits: Path) -> list[str]:
    """Return a line where the splits that networks learn from have no utterance in a corpus; `splits`: the list of its
    plan, which is read as far as the first utterance that has one.

    Folds are learned from in each other's turns, as `train`; where nothing is, utterances of no split are.
    """
    wanted, present = {*config.pretrain.splits, "none"}, {}
    with open(splits, encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if not wanted.isdisjoint(together([row["split"]])):
                return []
            present[row["split"]] = None
    wanted_names, present_names = ", ".join(config.pretrain.splits), ", ".join(present) or "none at all"
    return [
        f"{corpus} has no utterance to learn from in pretrain.splits ({wanted_names}), for it has {present_names}; set "
        "pretrain.splits to what it has, or pretrain.dataset to another data set"
    ]


def label_mistakes(config: Config, dataset: str, target: str, about: Mapping[str, Any]) -> list[str]:
    """Return a line for each thing that keeps labels from being learned or measured; `about`: as above."""
    counts = about.get("folds", {}).get(target)
    if (
        counts
        and about["task"] == "single"
        and len(names := counts["train"]["classes"]) == 1
        and target == "expression"
    ):
        return [
            f"{dataset} has one class alone, {next(iter(names))!r}: there is nothing to tell apart; correct its "
            "labels, or leave it out of downstream.datasets"
        ]
    if counts is None:
        return []
    share_validates = config.datasets[dataset].validates() is not None
    return list(evaluable.mistakes(dataset, counts, config.downstream.every_class, share_validates))
