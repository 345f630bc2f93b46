"""What the adapter makes of a data set, read as the pipeline will read it, in sentences."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conclugen import choices, planning, slices
from conclugen.config import Config
from conclugen.config.datasets import AnyDataset
from conclugen.config.files import read_files
from conclugen.config.present import available_kinds
from conclugen.data import folds
from conclugen.data.cross_validation import names_in
from conclugen.data.manifest import SPLITS, Manifest, write_manifest
from conclugen.store.settings import parse
from conclugen.store.tables import read_about
from conclugen.survey.found import SurveyError


def alone(name: str, entry: dict[str, Any]) -> Config:
    """Return the shipped configuration with one data set and no other, unchecked: enough to read its manifest.

    Raises SurveyError for options that its adapter does not have.
    """
    try:
        dataset = TypeAdapter(AnyDataset).validate_python(entry)
    except ValidationError as error:
        raise SurveyError(f"{name}: {error.errors()[0]['msg']}") from None
    return read_files([]).model_copy(update={"datasets": {name: dataset}})


def manifest_of(config: Config, name: str) -> Manifest:
    """Return the manifest that the adapter of a data set builds. Raises LayoutError as it does."""
    dataset = config.datasets[name]
    adapter = importlib.import_module(f"conclugen.data.{dataset.adapter}")
    options = slices.stage_settings(config, "manifest", {"dataset": name})
    with contextlib.redirect_stderr(io.StringIO()):  # the account says it shorter
        return adapter.build(name, Path(dataset.root), parse(adapter.Settings, json.dumps(options)))


def sentences(config: Config, name: str, manifest: Manifest) -> Iterator[str]:
    """Yield what a data set has: utterances, labels, splits, speakers, texts, and what is missing of each."""
    table, root = manifest.table, Path(config.datasets[name].root)
    counts = table["split"].value_counts()
    splits = [split for split in (*names_in(counts.index), *SPLITS) if split in counts]
    yield f"{len(table)} utterances: " + ", ".join(f"{split} {counts[split]}" for split in splits)
    if manifest.task == "none":
        yield "no labels"
    elif manifest.task == "single":
        label_counts = table["label"].value_counts()
        yield f"labels, one of {len(manifest.classes)}: " + ", ".join(
            f"{c} {label_counts.get(c, 0)}" for c in manifest.classes
        )
    else:
        label_counts = {c: int((table[c] > 0).sum()) for c in manifest.classes}
        yield f"labels, any of {len(label_counts)}: " + ", ".join(f"{c} {count}" for c, count in label_counts.items())
    speakers = table["speaker"].dropna().nunique()
    yield f"{speakers} speakers" if speakers else "speakers are not known, so splits may share them"
    kinds = ("text",) if manifest.adapter == "features" else available_kinds(config, name)
    spoken = int((table["text"] != "").sum())
    yield f"texts: {spoken} of {len(table)}" + ("" if spoken or "audio" not in kinds else "; asr: {} recognises speech")
    if manifest.adapter != "features":
        held = " and ".join(kind for kind in kinds if kind != "text") or "nothing"
        yield "files hold {}; missing: {} of {}".format(held, *missing(root, manifest))


def mistakes(config: Config, name: str, manifest: Manifest) -> list[str]:
    """Return what would stop the run while its jobs are planned, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "manifest.parquet")
        write_manifest(path, manifest)
        about = read_about(path)
    limits = slices.stage_settings(config, "qc", {"dataset": name})
    lines = planning.lost_in_reading(config, name, about)
    gone, count = missing(Path(config.datasets[name].root), manifest)
    if count and folds.too_many(gone, count, limits["max_lost"], limits["min_lost"]):
        lines.append(f"{name}: {gone} of {count} files are not below {config.datasets[name].root}; put them there")
    if name in config.downstream.datasets:
        lines += planning.label_mistakes(config, name, choices.TARGETS[""], about)
    return lines


def missing(root: Path, manifest: Manifest) -> tuple[int, int]:
    """Return how many utterances name a file and have none, and how many name one."""
    pairs = zip(manifest.table["media"], manifest.table["audio"], strict=True)
    files = [[path for path in pair if isinstance(path, str)] for pair in pairs]
    named = [paths for paths in files if paths]
    return sum(not any(os.path.exists(root / path) for path in paths) for paths in named), len(named)
