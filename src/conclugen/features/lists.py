"""The text list of a shard: the words of each utterance, and where they come from."""

from __future__ import annotations

import csv
from pathlib import Path

from conclugen.store.seals import check_recorded, check_seal

COLUMNS = ("utterance_id", "text", "text_source")


def read_texts(path: Path) -> list[tuple[str, str, str]]:
    """Return (utterance_id, text, text_source) in the order of `{shard}.text.csv`; white space becomes single blanks.

    Raises ValueError where a column is missing, SealError where it is not what the plan or the recogniser wrote.
    """
    check_recorded(path)
    check_seal(path)
    with open(path, encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise ValueError(f"{path}: columns {missing} are missing")
        return [(row["utterance_id"], " ".join(row["text"].split()), row["text_source"]) for row in reader]
