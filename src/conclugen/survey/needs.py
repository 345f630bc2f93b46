"""What a configuration needs, and whether it is there: weights by stream, and the data sets with their counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conclugen import choices, planning
from conclugen.config import Config
from conclugen.config.present import available_streams, used
from conclugen.data.errors import ManifestError
from conclugen.features.catalogue import CATALOGUE
from conclugen.features.said import licence
from conclugen.survey import estimate
from conclugen.survey.account import manifest_of, mistakes, sentences
from conclugen.survey.layouts import OFFICIAL
from conclugen.survey.machine import Finding


def weights(config: Config) -> Iterator[Finding]:
    """Yield the backbone of each stream in use, and what its weights or those of detectors and recognisers lack."""
    filmed = [name for name in used(config) if config.datasets[name].adapter != "features"]
    lacking: dict[str, None] = {}
    for stream in choices.backbone_streams(config):
        chosen = getattr(config.features, stream)
        lines = [
            line
            for name in filmed[:1]
            for line in planning.missing_weights(config, name, [stream], same_environment=True)
        ]
        lacking |= dict.fromkeys(lines)
        if not lines:
            where = "of one's own" if chosen.weights else licence(chosen.backbone)
            yield Finding(f"{stream}: {chosen.backbone}{f' {chosen.model}' if chosen.model else ''} ({where})")
    for name in filmed:
        lacking |= dict.fromkeys(
            planning.missing_weights(config, name, ["faces", "transcripts"], same_environment=True)
        )
    yield from (Finding(line, fine=False) for line in lacking)


def data_set(config: Config, name: str) -> Iterator[Finding]:
    """Yield where a data set is, what it holds, how that compares with what its owners give out, and what lacks."""
    dataset = config.datasets[name]
    root, kind = Path(dataset.root), choices.kind_of_data(config, name)
    if kind != "own" and not root.exists():
        yield Finding(f"{dataset.root}: made by a program, when it is needed")
        return
    if not root.is_dir():
        yield Finding(f"{dataset.root}: no such folder; set datasets.{name}.root", fine=False)
        return
    try:
        manifest = manifest_of(config, name)
    except ManifestError as error:
        yield Finding(" ".join(str(error).split()), fine=False)
        return
    yield Finding(f"{dataset.root}: {kind} data, adapter {dataset.adapter}")
    yield from map(Finding, sentences(config, name, manifest))
    if dataset.adapter != "features":
        lost = [stream for stream in CATALOGUE if stream not in available_streams(config, name)]
        yield Finding(f"streams it cannot have: {', '.join(lost) or 'none'}")
        yield from estimate.costs(config, name, manifest)
    official = OFFICIAL.get(dataset.adapter)
    if kind == "own" and official is not None and len(manifest.table) != official:
        yield Finding(f"its owners give out {official:,} utterances; here are {len(manifest.table):,}")
    yield from (Finding(line, fine=False) for line in mistakes(config, name, manifest))
