"""What a score may owe to something else than recognition: leaks between folds, and losses that are not even.

Entry module. Reports and never fails: most leaks belong to the official folds of a data set (MELD's test episodes are
in its training fold), and a reader has to know them. Four checks: people, sources and words that two folds share; the
same sources in the corpus pretrained on; backbones whose own training saw the labels of this data set; and classes that
are more common among the lost utterances than in their fold.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from conclugen.data.manifest import Manifest, read_manifest
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.contamination import NO, UNKNOWN, YES, Seen, names_of, verdict
from conclugen.evaluation.qc import ALL, memberships
from conclugen.evaluation.truth import all_labels
from conclugen.store.devices import set_threads
from conclugen.store.settings import parse
from conclugen.store.shards import FeatureShard, read_shard

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
    "detail",
)
SHARED = ("speaker", "group", "text")
PAIRS = (("test", "train"), ("test", "valid"), ("valid", "train"))


@dataclasses.dataclass(frozen=True)
class Settings:
    """By stream, the data sets whose emotion labels went into its backbone; null: not known."""

    seen: dict[str, tuple[str, ...] | None]


def row(manifest: Manifest, check: str, **values: Any) -> dict[str, Any]:
    """Return a row with every column; those not given are empty."""
    return dict.fromkeys(COLUMNS) | {"dataset": manifest.dataset, "check": check} | values


def with_transcripts(manifest: Manifest, paths: Iterable[Path]) -> Manifest:
    """Return the manifest with the words of its transcripts (utterance_id, text), where there are any."""
    words = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths]
    if not words:
        return manifest
    text = pd.concat(words).set_index("utterance_id")["text"]
    table = manifest.table
    return dataclasses.replace(manifest, table=table.assign(text=table["utterance_id"].map(text).fillna(table["text"])))


def overlap(manifest: Manifest) -> list[dict[str, Any]]:
    """Return a row per pair of folds and per thing they may share: how many utterances of the first have theirs in the
    second. `of` counts those of which it is known; texts are compared verbatim."""
    table = manifest.table
    folds = {split: table[table["split"] == split] for pair in PAIRS for split in pair}
    return [
        row(manifest, check, split=split, against=other) | _seen(folds[split][check], folds[other][check])
        for check in SHARED
        for split, other in PAIRS
        if len(folds[split]) and len(folds[other])
    ]


def corpus_overlap(manifest: Manifest, corpus: Manifest) -> list[dict[str, Any]]:
    """Return the same for this data set's test and validation folds against everything pretrained on.

    Groups are compared as they are named: VoxCeleb2 and CMU-MOSEI name the same source videos alike. People are not
    compared, since every data set has its own names for them.
    """
    table = manifest.table
    return [
        row(manifest, f"corpus {check}", split=split, against=corpus.dataset)
        | _seen(table.loc[table["split"] == split, check], corpus.table[check])
        for check in ("group", "text")
        for split in ("test", "valid")
        if (table["split"] == split).any()
    ]


def _seen(values: pd.Series, others: pd.Series) -> dict[str, Any]:
    known, other = _given(values), set(_given(others))
    hits = known[known.isin(other)]
    found = UNKNOWN if known.empty or not other else YES if len(hits) else NO
    shared = f"{hits.nunique()} of {known.nunique()} are shared"
    return {
        "count": len(hits),
        "of": len(known),
        "share": len(hits) / len(known) if len(known) else None,
        "found": found,
        "detail": "not recorded" if found == UNKNOWN else shared,
    }


def _given(values: pd.Series) -> pd.Series:
    """The values that say something, as text."""
    text = values[values.notna()].astype(str)
    return text[text != ""]


def backbones(manifest: Manifest, streams: Mapping[str, Sequence[FeatureShard]], seen: Seen) -> list[dict[str, Any]]:
    """Return a row per stream: whether its backbone was trained on emotion labels, and on those of this data set."""
    names, rows = names_of(manifest.dataset, manifest.adapter), []
    for stream, shards in streams.items():
        for name in sorted({shard.attributes.get("backbone", "") for shard in shards}):
            found, detail = verdict(names, seen.get(stream))
            rows.append(row(manifest, "backbone", item=f"{stream}: {name}", found=found, detail=detail))
    return rows


def lost(manifest: Manifest, streams: Mapping[str, Sequence[FeatureShard]]) -> list[dict[str, Any]]:
    """Return, per stream and fold, how many utterances have no features and, per class, its share of them.

    `expected` is the class's share of the whole fold: a class above it was lost more often than others.
    """
    table, members = manifest.table, memberships(manifest)
    rows = []
    for stream, shards in streams.items():
        here = {name for shard in shards for name in shard.utterance_id[shard.present].tolist()}
        for split, part in table.groupby("split", sort=True):
            ids = set(part["utterance_id"])
            missing = ids - here
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


def describe(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a line per leak that was found, for people."""
    lines = []
    for one in rows:
        if one["found"] != YES:
            continue
        if one["check"] == "backbone":
            lines.append(f"  {one['item']}: {one['detail']}")
        else:
            share = f"{one['count']} of {one['of']} ({one['share']:.1%})"
            lines.append(f"  {one['split']} utterances whose {one['check']} is in {one['against']}, too: {share}")
    return "\n".join(lines) or "  no leak found"


def main(argv: Sequence[str] | None = None) -> None:
    """Write the rows and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--features", nargs="*", action="extend", default=[], metavar="STREAM=PATH")
    parser.add_argument("--corpus", type=Path, help="manifest of the corpus pretrained on, where it is another")
    parser.add_argument("--settings", required=True, help="JSON: what the backbone of each stream has seen")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--transcripts", nargs="*", action="extend", default=[], type=Path, help="of the data set")
    parser.add_argument("--corpus-transcripts", nargs="*", action="extend", default=[], type=Path, help="of the corpus")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args(argv)
    set_threads(arguments.threads)
    streams: dict[str, list[FeatureShard]] = {}
    for item in arguments.features:
        stream, equals, path = item.partition("=")
        if not (stream and equals and path):
            parser.error(f"--features {item!r}: expected STREAM=PATH")
        streams.setdefault(stream, []).append(_account(path))
    manifest = with_transcripts(all_labels(arguments.manifest), arguments.transcripts)
    rows = overlap(manifest)
    if arguments.corpus is not None:
        rows += corpus_overlap(
            manifest, with_transcripts(read_manifest(arguments.corpus), arguments.corpus_transcripts)
        )
    rows += backbones(manifest, streams, parse(Settings, arguments.settings).seen) + lost(manifest, streams)
    write_csv(arguments.output, rows, COLUMNS)
    print(f"{manifest.dataset}:\n{describe(rows)}")


def _account(path: str) -> FeatureShard:
    """A shard without its features: a large corpus would fill the memory with them."""
    shard = read_shard(path, verify=False)
    return FeatureShard(shard.utterance_id, shard.features[:0].copy(), shard.present, shard.attributes)


if __name__ == "__main__":
    main()
