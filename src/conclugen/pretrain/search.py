"""A search over rates and decays of pretraining: every candidate is trained, validation rows choose.

It reads no label, so it is as fair to one method as to another, and it costs as many trainings as there are candidates.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from conclugen.models.network import Network
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.loop import Trained
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.pretrain.verdict import COLLAPSED
from conclugen.store.atomic import write_text

COLUMNS = ("learning_rate", "weight_decay", "epochs", "exported_epoch", "valid_loss", "pretext", "seconds", "chosen")


@dataclasses.dataclass(frozen=True, eq=False)
class Tried:
    """A candidate after training: its own settings, its network, how it went, its state on disk, and seconds."""

    settings: Settings
    network: Network
    trained: Trained
    state: State
    seconds: float

    @property
    def valid_loss(self) -> float:
        """Of the exported epoch, NaN for a corpus without validation rows."""
        exported = [row for row in self.trained.history if row["exported"]]
        return float(exported[0].get("valid_loss", math.nan)) if exported else math.nan

    @property
    def rank(self) -> tuple[bool, float]:
        """The higher the better: a network that did not collapse, then the lower validation loss."""
        loss = self.valid_loss
        return self.trained.pretext.verdict.word != COLLAPSED, -loss if math.isfinite(loss) else -math.inf


def candidates(settings: Settings) -> Iterator[Settings]:
    """Yield the settings of each candidate, which are those of a training without a search."""
    for rate, decay in settings.candidates:
        yield dataclasses.replace(settings, learning_rate=rate, weight_decay=decay, candidates=((rate, decay),))


def search(
    corpus: Corpus,
    settings: Settings,
    seed: int,
    train: Callable[[Network, Settings, State], Trained],
    state: Callable[[Settings], State],
) -> list[Tried]:
    """Train every candidate, all from the same first weights, and return them, the best first.

    `train` trains a network in place, `state` gives a candidate's state; those that are trained already go on from it.
    Raises ValueError where there is a choice and no validation row to choose on.
    """
    if len(settings.candidates) > 1 and not len(corpus.valid):
        raise ValueError(
            "pretrain.search chooses on validation rows, and this corpus has none: raise pretrain.validation_fraction, "
            "or leave the search out"
        )
    tried = []
    for candidate in candidates(settings):
        started = time.monotonic()
        torch.manual_seed(seed)
        network, progress = fresh_network(corpus, candidate), state(candidate)
        tried.append(
            Tried(candidate, network, train(network, candidate, progress), progress, time.monotonic() - started)
        )
        if len(settings.candidates) > 1:
            word = tried[-1].trained.pretext.verdict.word
            label = f"learning_rate {candidate.learning_rate:g}, weight_decay {candidate.weight_decay:g}"
            print(f"{label}: valid_loss {tried[-1].valid_loss:.6g}, {word}", flush=True)
    return sorted(tried, key=lambda candidate: candidate.rank, reverse=True)


def write_search(path: Path, tried: list[Tried]) -> None:
    """Write `search.csv`: a row per candidate, the chosen one first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, result in enumerate(tried):
        writer.writerow(_row(result) | {"chosen": number == 0})
    write_text(path, text.getvalue())


def _row(result: Tried) -> dict[str, Any]:
    pretext, loss = result.trained.pretext, result.valid_loss
    return {
        "learning_rate": f"{result.settings.learning_rate:g}",
        "weight_decay": f"{result.settings.weight_decay:g}",
        "epochs": pretext.epochs,
        "exported_epoch": pretext.epoch,
        "valid_loss": f"{loss:.8g}" if math.isfinite(loss) else "",
        "pretext": pretext.verdict.word,
        "seconds": f"{result.seconds:.3f}",
    }
