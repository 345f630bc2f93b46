"""Export what a run has learned: from its results to a folder that says all of itself."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from conclugen.applied import card
from conclugen.applied.errors import ApplyError
from conclugen.applied.exported import CARD, FORMAT, HEAD, Exported, Head, Stream, write_record
from conclugen.applied.temperature import Calibration, calibrate
from conclugen.choices import FACE_STREAMS, TARGETS
from conclugen.data.cross_validation import Fold, name_of
from conclugen.data.scales import DIMENSIONS
from conclugen.downstream.protocols import FEATURES, FUSIONS, PROTOCOLS, REPRESENTATION
from conclugen.faces.shard import FaceShard
from conclugen.features.common import SETTINGS
from conclugen.models import io
from conclugen.store import places
from conclugen.store.atomic import atomic_path, write_text
from conclugen.store.provenance import file_sha256, versions
from conclugen.store.settings import dump
from conclugen.store.shards import open_shard
from conclugen.store.tables import read_about


@dataclasses.dataclass(frozen=True)
class Learned:
    """Where what is exported lies.

    Attributes:
        results: the folder of all results.
        dataset, target: whose labels the head learned, and `expression` or `sentiment`; of embeddings alone the corpus.
        network: folder of the network; None for raw features.
        modalities: streams by modality, in the order of the head's inputs.
        head: None for embeddings alone.
        name: for people.
        seed: of the head or the network.
        table: name of the table, and method and protocol of the row, that measured it; None for embeddings alone.
        calibration: of the head's probabilities; None for sentiment, and for embeddings alone.
        fold: in whose turn the head learned; None where the data set has splits.
    """

    results: Path
    dataset: str
    network: Path | None
    modalities: dict[str, list[str]]
    head: tuple[Path, Head] | None
    name: str
    seed: int
    table: tuple[str, str, str] | None
    calibration: Calibration | None = None
    fold: Fold | None = None


def export(
    model: Path,
    output: Path,
    seed: int | None = None,
    settings: Callable[[str], str | None] = lambda stream: None,
) -> Exported:
    """Write the exported folder of a protocol's folder, or of a pretrained network's.

    Args:
        model: `results/downstream/…/{protocol}` or `results/pretrain/…/seed{n}`.
        output: the folder to write; it must not hold anything else.
        seed: of a protocol's head; None: the lowest.
        settings: of a stream's stage as JSON, for shards of earlier versions, which do not say theirs; None: unknown.

    Raises ApplyError for a folder that is neither, or lacks what it stands on.
    """
    learned = find(model.absolute(), seed)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ApplyError(f"{output}: is there already; name a folder that is not, or empty it")
    names = dict.fromkeys(stream for streams in learned.modalities.values() for stream in streams)
    streams = {name: _stream(learned, name, settings) for name in names}
    exported = Exported(
        FORMAT,
        learned.name,
        learned.dataset,
        card.kind_of_data(learned.results, learned.table),
        learned.seed,
        tuple(f"{name}: {'+'.join(joined)}" for name, joined in learned.modalities.items()),
        streams,
        _faces(learned, names) if any(stream.settings for stream in streams.values()) else None,
        None if learned.network is None else io.weights_sha256(learned.network),
        None if learned.head is None else learned.head[1],
        versions(),
    )
    _write(learned, output, exported)
    return exported


def _write(learned: Learned, output: Path, exported: Exported) -> None:
    output.mkdir(parents=True, exist_ok=True)
    if learned.network is not None:
        io.load(learned.network)  # whole, and what its settings say
        for name in (io.WEIGHTS, io.SETTINGS):
            _copy(learned.network / name, output / name)
    if learned.head is not None:
        _copy(learned.head[0], output / HEAD)
    write_text(output / CARD, card.text(learned, exported))
    write_record(output, exported)


def find(model: Path, seed: int | None) -> Learned:
    """Return where what is to be exported lies. Raises ApplyError."""
    if (model / io.WEIGHTS).is_file() and places.of_predictions(model.parent):  # a network that a protocol tuned
        return _protocol(model.parent, int(model.name.removeprefix("seed")) if seed is None else seed)
    if (model / io.WEIGHTS).is_file():
        return _network(model, seed)
    if places.of_predictions(model) and (model / "selection.csv").is_file():
        return _protocol(model, seed)
    if (model / f"{name_of(1)}" / "selection.csv").is_file():
        raise ApplyError(
            f"{model}: is tested by folds, each of which has a head of its own; name one, {model.name}/{name_of(1)}"
        )
    raise ApplyError(
        f"{model}: no model; name a folder such as results/downstream/mosei/voxceleb2/improved/ConCluGen/linear, or "
        "results/pretrain/voxceleb2/improved/ConCluGen/seed0 for embeddings alone"
    )


def _network(model: Path, seed: int | None) -> Learned:
    about = io.about(model)
    if seed is not None and model.name != f"seed{seed}":
        raise ApplyError(f"{model}: is of {model.name}; leave --seed out, or name the folder of seed{seed}")
    if any(stream.endswith("_views") for streams in about["modalities"].values() for stream in streams):
        raise ApplyError(f"{model}: was pretrained on augmented copies; export a protocol that evaluates it")
    name = "/".join(places.of_model(model))
    corpus, *fold = about["corpus"].split("/")
    results, seed = model.parents[4 + len(fold)], int(about.get("seed", 0))
    return Learned(results, corpus, model, about["modalities"], None, name, seed, None)


def _protocol(model: Path, seed: int | None) -> Learned:
    seeds = sorted(int(m[1]) for path in model.glob("seed*.parquet") if (m := re.fullmatch(r"seed(\d+)", path.stem)))
    seed = next(iter(seeds), None) if seed is None else seed
    if seed not in seeds:
        raise ApplyError(f"{model}: has no seed {seed}; there are {', '.join(map(str, seeds)) or 'none'}")
    place = places.of_predictions(model).split("/")
    table, corpus, preset, method, protocol = place[:5]
    about = read_about(model / f"seed{seed}.parquet")
    fold = Fold(**about["fold"]) if "fold" in about else None
    stands_on = PROTOCOLS[protocol].head if protocol in PROTOCOLS and method not in FUSIONS else ()
    if not stands_on:
        why = PROTOCOLS[protocol].headless if protocol in PROTOCOLS else ""
        raise ApplyError(f"{model}: {method} ({protocol}) {why or 'keeps no head'}; export linear")
    results = model.parents[len(place)]
    dataset, task, classes = _labels(results, table)
    path = model / f"seed{seed}.{HEAD}"
    if not path.is_file():
        raise ApplyError(f"{path}: no such file; run the protocol again")
    order = about["without"] or list(about["streams"])
    represented = REPRESENTATION in stands_on
    if not PROTOCOLS[protocol].frozen:
        network = model / f"seed{seed}"
        order = io.about(network)["inputs"]
    else:
        of_corpus = results / "pretrain" / corpus / (place[-1] if fold and corpus == dataset else "")
        network = _network_of(of_corpus / preset, method, about) if represented else None
    target = classes[0] if task == "regression" else "expression"
    calibration = calibrate(results / "manifests" / f"{dataset}.parquet", target, model, seed, fold)
    temperature = 1.0 if calibration is None else calibration.temperature
    head = Head(task, classes, represented, FEATURES in stands_on, file_sha256(path), temperature)
    joined = {name: about["streams"][name] for name in order}
    row = (table, method, protocol) if len(place) == (6 if fold else 5) else None
    name = f"{'/'.join(place)}, seed {seed}"
    return Learned(results, dataset, network, joined, (path, head), name, seed, row, calibration, fold)


def _labels(results: Path, table: str) -> tuple[str, str, tuple[str, ...]]:
    """Data set, task and classes of what a table is called after."""
    for ending, target in TARGETS.items():
        dataset = table.removesuffix(ending)
        path = results / "manifests" / f"{dataset}.parquet"
        if table.endswith(ending) and path.is_file():
            about = read_about(path)
            if target in DIMENSIONS:
                return dataset, "regression", (target,)
            return dataset, about["task"], tuple(about["classes"])
    raise ApplyError(f"{results / 'manifests' / table}.parquet: no such file, so its classes are not known")


def _network_of(folder: Path, method: str, about: Mapping[str, Any]) -> Path:
    """The folder of the network that predictions come from: of their method, or of one that it is pretrained as."""
    name, pretext = about["network"]["name"], about["network"]["pretext"]
    for path in [folder / method / name, *sorted(folder.glob(f"*/{name}"))]:
        same = path.is_dir() and (pretext is None or io.weights_sha256(path) == pretext["weights_sha256"])
        if same:
            return path
    raise ApplyError(f"{folder / method / name}: the network that was evaluated is not there; run the protocol again")


def _stream(learned: Learned, name: str, settings: Callable[[str], str | None]) -> Stream:
    """What makes a stream, as the feature shards of its data set say."""
    with open_shard(_shard(learned.results / "features" / learned.dataset / name)) as shard:
        about, dim = shard.attributes, int(shard.shape[1])
    backbone = about["backbone"]
    made = None if backbone.startswith("imported:") else about.get(SETTINGS) or settings(name)
    if made is None and not backbone.startswith("imported:"):
        raise ApplyError(
            f"results/features/{learned.dataset}/{name} does not say its settings, as shards of this version do; make "
            "it again, or run the export in the checkout, which then reads them from its configuration"
        )
    known = (backbone, about["weights_sha256"], dim, about.get("licence", "not stated"), _portable(made))
    return Stream(*known, about.get("beside_sha256", ""))


def _portable(settings: str | None) -> str | None:
    """Settings as JSON, with of a weight file that lies outside the checkout the name alone."""
    if settings is None:
        return None
    values = json.loads(settings)
    if values.get("weights") and Path(values["weights"]["path"]).is_absolute():
        values["weights"] = values["weights"] | {"path": Path(values["weights"]["path"]).name}
    return dump(values)


def _faces(learned: Learned, streams: Iterable[str]) -> str | None:
    if not set(streams) & set(FACE_STREAMS):
        return None
    with FaceShard(_shard(learned.results / "faces" / learned.dataset)) as shard:
        return shard.attributes[SETTINGS]


def _shard(folder: Path) -> Path:
    """The first shard of a folder."""
    paths = sorted(folder.glob("*.h5"))
    if not paths:
        raise ApplyError(f"{folder}: holds no shard, so what makes the inputs is not known; run the pipeline again")
    return paths[0]


def _copy(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
