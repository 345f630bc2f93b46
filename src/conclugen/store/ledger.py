"""The ledger: what became of every utterance in every stage, with a reason for each loss."""

from __future__ import annotations

import csv
import dataclasses
import enum
import io
from collections.abc import Iterable
from pathlib import Path

from conclugen.store.seals import check_seal, write_sealed


class Status(enum.StrEnum):
    """What became of an utterance in a stage. All but OK are losses of that stage."""

    OK = "ok"
    MISSING_MEDIA = "missing_media"
    CORRUPT = "corrupt"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    NO_VIDEO = "no_video"
    NO_FRAMES = "no_frames"
    NO_FACE = "no_face"
    NO_AUDIO = "no_audio"
    SILENT = "silent"
    TOO_SHORT = "too_short"
    NO_TEXT = "no_text"
    OTHER_LANGUAGE = "other_language"
    NO_LABEL = "no_label"
    BAD_TIMES = "bad_times"
    NON_FINITE = "non_finite"


@dataclasses.dataclass(frozen=True)
class LedgerRow:
    """One utterance in one stage; `seconds` is the wall time spent on it, `tries` how often it was tried in all."""

    utterance_id: str
    stage: str
    status: Status
    reason: str
    seconds: float
    tries: int = 1


QUOTE = "'"
RUN = ("=", "+", "-", "@", QUOTE)
FIELDS = tuple(field.name for field in dataclasses.fields(LedgerRow))


def write_ledger(path: str | Path, rows: Iterable[LedgerRow]) -> None:
    """Write a ledger CSV and its seal atomically, in the order given.

    An id or a reason that a spreadsheet would run as a formula gets a quote in front, which `read_ledger` takes away.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in rows:
        reason = " ".join(row.reason.split())[:300]
        seconds = f"{row.seconds:.3f}"
        writer.writerow([_plain(row.utterance_id), row.stage, row.status.value, _plain(reason), seconds, row.tries])
    write_sealed(Path(path), text.getvalue())


def read_ledger(path: str | Path) -> list[LedgerRow]:
    """Read a ledger CSV; raises ValueError where a status is not in the enum, SealError where it was altered."""
    check_seal(Path(path))
    with open(path, encoding="utf-8", newline="") as handle:
        return [
            LedgerRow(
                r["utterance_id"].removeprefix(QUOTE),
                r["stage"],
                Status(r["status"]),
                r["reason"].removeprefix(QUOTE),
                float(r["seconds"]),
                int(r.get("tries") or 1),  # ledgers of before there were retries lack it
            )
            for r in csv.DictReader(handle)
        ]


def _plain(text: str) -> str:
    return f"{QUOTE}{text}" if text.startswith(RUN) else text
