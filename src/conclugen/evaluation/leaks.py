"""What a score may owe to something else than recognition: leaks between folds, and losses that are not even.

Entry module. Reports and never fails: most leaks belong to the official folds of a data set (MELD's test episodes are
in its training fold), and a reader has to know them. Five checks: people, sources, files and words that two folds
share, or the corpus pretrained on holds, too (`overlap.py`); backbones whose own training saw the labels of this data
set; features of others that are the label under another name; and classes more common among the lost utterances than in
their fold. What cannot be known is `unknown`, not clean.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from conclugen.data.cross_validation import Fold
from conclugen.data.manifest import Manifest, read_manifest
from conclugen.data.targets import targets
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.contamination import UNKNOWN, YES, Seen, names_of, verdict
from conclugen.evaluation.label_copies import give_away
from conclugen.evaluation.overlap import between_splits, with_corpus
from conclugen.evaluation.qc import ALL, memberships
from conclugen.evaluation.truth import all_labels
from conclugen.store.seals import check_seal
from conclugen.store.settings import parse
from conclugen.store.shards import FeatureShard, by_stream, open_shard

COLUMNS = (
    "dataset",
    "check",
    "item",
    "split",
    "against",
    "class",
    "count",
    "of",
    "share",
    "expected",
    "found",
    "by",
    "detail",
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is known of a data set.

    Attributes:
        seen: by stream, the data sets whose emotion labels went into its backbone; None: not known.
        folds: of a data set that is tested by folds, all of them.
    """

    seen: dict[str, tuple[str, ...] | None]
    folds: tuple[Fold, ...] = ()


def row(manifest: Manifest, check: str, **values: Any) -> dict[str, Any]:
    """Return a row with every column; those not given are empty."""
    return dict.fromkeys(COLUMNS) | {"dataset": manifest.dataset, "check": check} | values


def with_transcripts(manifest: Manifest, paths: Iterable[Path]) -> Manifest:
    """Return the manifest with the words of its transcripts (utterance_id, text), where there are any."""
    words = []
    for path in paths:
        check_seal(path)
        words.append(pd.read_csv(path, dtype=str, keep_default_na=False))
    if not words:
        return manifest
    text = pd.concat(words).set_index("utterance_id")["text"]
    table = manifest.table
    return dataclasses.replace(manifest, table=table.assign(text=table["utterance_id"].map(text).fillna(table["text"])))


def overlap(manifest: Manifest, corpus: Manifest | None = None, folds: Sequence[Fold] = ()) -> list[dict[str, Any]]:
    """Return the rows on what splits share, and, where the corpus is another data set, on what it holds of them."""
    rows = between_splits(manifest, folds) + (with_corpus(manifest, corpus) if corpus is not None else [])
    return [row(manifest, **values) for values in rows]


def backbones(manifest: Manifest, streams: Mapping[str, Sequence[FeatureShard]], seen: Seen) -> list[dict[str, Any]]:
    """Return a row per stream: whether its backbone was trained on emotion labels, and on those of this data set."""
    names, rows = names_of(manifest.dataset, manifest.adapter), []
    for stream, shards in streams.items():
        for name in sorted({shard.attributes.get("backbone", "") for shard in shards}):
            value, detail = verdict(names, seen.get(stream))
            rows.append(row(manifest, "backbone", item=f"{stream}: {name}", found=value, detail=detail))
    return rows


def lost(manifest: Manifest, streams: Mapping[str, Sequence[FeatureShard]]) -> list[dict[str, Any]]:
    """Return, per stream and fold, how many utterances have no features and, per class, its share of them.

    `expected` is the class's share of the whole fold: a class above it was lost more often than others.
    """
    table, members = manifest.table, memberships(manifest)
    rows = []
    for stream, shards in streams.items():
        present_ids = {name for shard in shards for name in shard.utterance_id[shard.present].tolist()}
        for split, part in table.groupby("split", sort=True):
            ids = set(part["utterance_id"])
            missing = ids - present_ids
            place = {"item": stream, "split": split}
            whole = {"count": len(missing), "of": len(ids), "share": len(missing) / len(ids), "class": ALL}
            rows.append(row(manifest, "lost", **place, **whole))
            for name, of_class in members.items() if missing else ():
                if name == ALL or not ids & of_class:
                    continue
                count = len(missing & of_class)
                values = {"count": count, "of": len(missing), "share": count / len(missing)}
                values |= {"class": name, "expected": len(ids & of_class) / len(ids)}
                rows.append(row(manifest, "lost", **place, **values))
    return rows


def copies(manifest: Manifest, shards: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return a row per feature of `shards` (paths by stream) that tells a class without an error; `label_copies`."""
    if manifest.task == "none":
        return []
    known = dict(zip(manifest.table["utterance_id"], targets(manifest), strict=True))
    rows = []
    for stream, paths in shards.items():

        def blocks(paths: Sequence[str] = paths) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for path in paths:
                with open_shard(path) as shard:
                    for part, features in shard.blocks():
                        present_rows = shard.present[part]
                        if present_rows.any():
                            yield (
                                features[present_rows],
                                np.stack([known[name] for name in shard.utterance_id[part][present_rows]]),
                            )

        for column, of_class in give_away(blocks, len(manifest.classes)):
            name = manifest.classes[of_class]
            values = {"item": f"{stream}: column {column}", "class": name, "found": YES}
            rows.append(row(manifest, "label", **values, detail=f"tells {name} from all else without an error"))
    return rows


def describe(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return, for people, a line per leak that was found and, since unknown is not clean, per reason not to know."""
    leak_lines, unknown = [], {}
    for leak in rows:
        if leak["found"] == UNKNOWN:
            where = leak["item"] or f"{leak['split']} in {leak['against']}"
            unknown.setdefault((leak["check"], leak["detail"]), []).append(where)
        elif leak["found"] == YES and leak["check"] in ("backbone", "label"):
            leak_lines.append(f"  {leak['item']}: {leak['detail']}")
        elif leak["found"] == YES:
            share = f"{leak['count']} of {leak['of']} ({leak['share']:.1%})"
            leak_lines.append(
                f"  {leak['split']} utterances whose {leak['check']} is in {leak['against']}, too: {share}"
            )
    lines = leak_lines or ["  no leak found" + (" in what is known" if unknown else "")]
    return "\n".join(
        lines + [f"  {check} unknown: {', '.join(where)} ({why})" for (check, why), where in unknown.items()]
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Write the rows and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", nargs="*", action="extend", default=[], help="…/STREAM/SHARD.h5")
    parser.add_argument("--corpus", type=Path, help="manifest of the corpus pretrained on, where it is another")
    parser.add_argument("--settings", required=True, help="JSON: what the backbone of each stream has seen")
    parser.add_argument("--transcripts", nargs="*", action="extend", default=[], type=Path, help="of the data set")
    parser.add_argument("--corpus-transcripts", nargs="*", action="extend", default=[], type=Path, help="of the corpus")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    paths = by_stream(arguments.features)
    streams = {stream: [_account(path) for path in shards] for stream, shards in paths.items()}
    manifest = with_transcripts(all_labels(arguments.manifest), arguments.transcripts)
    corpus = arguments.corpus and with_transcripts(read_manifest(arguments.corpus), arguments.corpus_transcripts)
    settings = parse(Settings, arguments.settings)
    rows = overlap(manifest, corpus, settings.folds)
    rows += backbones(manifest, streams, settings.seen) + lost(manifest, streams)
    if manifest.adapter == "features":  # what others extracted may hold anything
        rows += copies(manifest, paths)
    write_csv(arguments.output, rows, COLUMNS)
    print(f"{manifest.dataset}:\n{describe(rows)}")


def _account(path: str) -> FeatureShard:
    """A shard without its features: a large corpus would fill the memory with them."""
    with open_shard(path) as shard:
        return FeatureShard(shard.utterance_id, np.empty((0, *shard.shape[1:])), shard.present, shard.attributes)


if __name__ == "__main__":
    main()
