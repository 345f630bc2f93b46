"""What two splits share, or a split and the corpus pretrained on: people, sources, files, words.

What is not known is not called clean. `found` is `no` only where every utterance on both sides says what is compared;
where some do not, or where what stands for a source cannot be shared at all, such as clips of which only the file is
known, it is `unknown`. The column `by` says what tells the items apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from conclugen.data.cross_validation import Fold, names_in
from conclugen.data.manifest import Manifest, in_turn
from conclugen.evaluation.contamination import NO, OF_ANY_DATA, UNKNOWN, YES

SHARED = ("speaker", "group", "file", "text")
PAIRS = (("test", "train"), ("test", "valid"), ("valid", "train"))
SOURCES = {"ravdess": "actor", "cremad": "actor", "emodb": "actor"}  # of groups, by adapter
SOURCES |= dict.fromkeys(("mosei", "voxceleb2", "mosi", "sims"), "video")
SAME_SOURCES = frozenset(
    {"mosei", "mosi", "voxceleb2"}
)  # adapters whose groups are videos of one site, named as it names them
DIALOGUE, FILE = "dialogue", "file"


def between_splits(manifest: Manifest, folds: Sequence[Fold] = ()) -> list[dict[str, Any]]:
    """Return, per pair of splits and per thing they may share, how many utterances of the first have theirs in the
    second. `of` counts those of which it is known; texts are compared verbatim. Of folds, the turns together."""
    turns = [in_turn(manifest, fold) for fold in folds] or [manifest]
    items, rows = _items(manifest), []
    for check in SHARED:
        by = _told_by(manifest, check)
        for split, other in PAIRS:
            seen = []
            for splits in (turn.table["split"] for turn in turns):
                tested, others = items.loc[splits == split, check], items.loc[splits == other, check]
                seen += [_seen(tested, others, by)] if len(tested) and len(others) else []
            if seen:
                rows.append({"check": check, "split": split, "against": other, "by": by} | _together(seen))
    return rows


def _together(turns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rows of all turns as one: found where it was in any."""
    if len(turns) == 1:
        return turns[0]
    worst = next(word for word in (YES, UNKNOWN, NO) if word in (turn["found"] for turn in turns))
    details = [turn["detail"] for turn in turns if turn["found"] == worst]
    count, known = sum(turn["count"] for turn in turns), sum(turn["of"] for turn in turns)
    share = {"count": count, "of": known, "share": count / known if known else None}
    return share | {
        "found": worst,
        "detail": f"in {len(details)} of {len(turns)} turns; in the first of them: {details[0]}",
    }


def with_corpus(manifest: Manifest, corpus: Manifest) -> list[dict[str, Any]]:
    """Return the same for the test and validation folds against everything that the corpus holds.

    Groups are compared as they are named. Where the two sets do not name theirs alike, that none is shared says
    nothing; people are compared only where they do, since every data set has its own names for them.
    """
    items, others = _items(manifest), _items(corpus)
    # Every fold is tested in its turn.
    splits = manifest.table["split"].replace(dict.fromkeys(names_in(manifest.table["split"]), "test"))
    rows = []
    for check in ("speaker", "group", "text"):
        by = _told_by(manifest, check)
        for split in ("test", "valid"):
            tested = items.loc[splits == split, check]
            if tested.empty:
                continue
            place = {"check": f"corpus {check}", "split": split, "against": corpus.dataset, "by": by}
            rows.append(place | _against_corpus(tested, others[check], by, _named_alike(manifest, corpus, check)))
    return rows


def _against_corpus(items: pd.Series, others: pd.Series, by: str, alike: bool) -> dict[str, Any]:
    shared = _seen(items, others, by)
    if alike or not shared["of"] or not others.notna().any():
        return shared
    if by == "name":
        nothing = {"count": None, "of": None, "share": None}
        return shared | nothing | {"found": UNKNOWN, "detail": "the two data sets have names of their own for people"}
    if shared["found"] == NO:
        return shared | {"found": UNKNOWN, "detail": f"{shared['detail']}; the two data sets may name theirs otherwise"}
    return shared


def _items(manifest: Manifest) -> pd.DataFrame:
    """What is compared, by utterance, as text; None where it is not known.

    A group with the name of its utterance stands for nothing else: no more is known than the file.
    """
    table = manifest.table
    columns = {"speaker": table["speaker"], "text": table["text"], "file": table["media"].fillna(table["audio"])}
    columns["group"] = table["group"].where(table["group"] != table["utterance_id"])
    return pd.DataFrame({name: values.astype(object).map(_given) for name, values in columns.items()}, dtype=object)


def _given(value: Any) -> str | None:
    return str(value) if pd.notna(value) and str(value) else None


def _told_by(manifest: Manifest, check: str) -> str:
    """What tells the items of a check apart."""
    if check != "group":
        return {"speaker": "name", "file": "path", "text": "words"}[check]
    table = manifest.table
    if (table["group"] == table["utterance_id"]).all():
        return FILE
    if manifest.adapter == "meld":
        return DIALOGUE if table["group"].str.contains("/").any() else "episode"
    return SOURCES.get(manifest.adapter, "group")


def _named_alike(manifest: Manifest, corpus: Manifest, check: str) -> bool:
    """Whether two data sets have the same names for the same things."""
    adapters = {manifest.adapter, corpus.adapter}
    if check == "text":
        return True
    same = len(adapters) == 1 and not adapters & set(OF_ANY_DATA)
    return same or (check == "group" and adapters <= SAME_SOURCES)


def _seen(items: pd.Series, others: pd.Series, by: str) -> dict[str, Any]:
    """How many of `items` are among `others`; both hold None for what is not known."""
    known, other = items.dropna(), set(others.dropna())
    hits = known[known.isin(other)]
    verdict, detail = NO, f"{hits.nunique()} of {known.nunique()} are shared"
    if len(hits):
        verdict = YES
    elif known.empty or not other:
        verdict, detail = UNKNOWN, "each utterance told apart by its file alone" if by == FILE else "not recorded"
    elif by == DIALOGUE:
        verdict, detail = UNKNOWN, f"{detail}: a dialogue lies in one fold, its episode may not"
    elif by != "words" and (lacking := int(items.isna().sum() + others.isna().sum())):
        verdict, detail = UNKNOWN, f"{detail}; of {lacking} it is not recorded"
    return {
        "count": len(hits),
        "of": len(known),
        "share": len(hits) / len(known) if len(known) else None,
        "found": verdict,
        "detail": detail,
    }
