"""What is told of a network's pretext task: learned, weak or collapsed, with the numbers; and the file that keeps it.

Standard library only, for tables read it, too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conclugen.store.atomic import write_text

LEARNED, WEAK, COLLAPSED = "learned", "weak", "collapsed"
WORDS = (LEARNED, WEAK, COLLAPSED)  # the later, the worse
WARN, FAIL = "warn", "fail"
FILE = "pretext.json"

Numbers = Mapping[str, float]


class CollapsedError(RuntimeError):
    """A network that has collapsed, where the configuration says that this fails the run."""


class PretextError(RuntimeError):
    """A file on a pretext task that is missing or altered."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`learned`, `weak` (no better than chance, or hardly, but not degenerate) or `collapsed`, and why."""

    word: str
    cause: str


@dataclasses.dataclass(frozen=True)
class Pretext:
    """How a network does the task that it was trained for.

    Attributes:
        verdict: the word, and why.
        epoch, epochs: the one that was exported, from 0, and how many there were.
        measured_on: `valid`, or `train` for a corpus without validation rows.
        valid, train, untrained: the measures of `health.measure` on those rows, on training rows, and those of the
            network before training.
    """

    verdict: Verdict
    epoch: int
    epochs: int
    measured_on: str
    valid: Numbers
    train: Numbers
    untrained: Numbers

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.valid.items())
        return f"pretext {self.verdict.word}, epoch {self.epoch + 1} of {self.epochs} exported: {numbers}"

    def warning(self) -> str:
        """Return a line on what is wrong and its likely cause; nothing where the network learned."""
        word, cause = self.verdict.word, self.verdict.cause
        if not cause:
            return ""
        return f"WARNING: this network {'has collapsed' if word == COLLAPSED else 'is weak'}: {cause}"


def refuse(pretext: Pretext, policy: str) -> None:
    """Raise CollapsedError for a collapsed network where `policy` is `fail`."""
    if policy == FAIL and pretext.verdict.word == COLLAPSED:
        raise CollapsedError(
            f"{pretext.verdict.cause}; pretrain.collapsed is fail, so nothing is written (warn goes on with it)"
        )


def write(folder: Path, pretext: Pretext, weights_sha256: str) -> None:
    """Write `pretext.json` beside the weights it is about, with their hash and its own checksum."""
    measures = {"numbers": pretext.valid, "train": pretext.train, "untrained": pretext.untrained}
    record: dict[str, Any] = {
        "pretext": pretext.verdict.word,
        "cause": pretext.verdict.cause,
        "epoch": pretext.epoch,
        "epochs": pretext.epochs,
        "measured_on": pretext.measured_on,
        "weights_sha256": weights_sha256,
        # JSON has no NaN: what is not defined is null.
        **{part: {k: v if math.isfinite(v) else None for k, v in values.items()} for part, values in measures.items()},
    }
    record["sha256"] = _checksum(record)
    write_text(folder / FILE, json.dumps(record, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read(folder: Path, weights_sha256: str) -> dict[str, Any]:
    """Return the record that `write` left beside weights of this hash, with NaN where a number is not defined.

    Raises PretextError for a file that is missing, altered, or about other weights.
    """
    path = folder / FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PretextError(f"{path}: cannot be read ({error}); pretrain again") from error
    if not isinstance(record, dict) or record.get("sha256") != _checksum(record):
        raise PretextError(f"{path}: contents do not match their checksum; delete it and pretrain again")
    if record["weights_sha256"] != weights_sha256:
        raise PretextError(f"{path}: is about other weights than lie beside it; delete it and pretrain again")
    for part in ("numbers", "train", "untrained"):
        record[part] = {name: math.nan if value is None else value for name, value in record[part].items()}
    return record


def _checksum(record: Mapping[str, Any]) -> str:
    """The sha256 of a record without its own."""
    plain = {key: value for key, value in record.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
