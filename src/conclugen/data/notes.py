"""What reading a data set made of each utterance: the ledger of the manifest, which quality control judges."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence

from conclugen.store.ledger import LedgerRow, Status

STAGE = "manifest"
log = logging.getLogger(__name__)


class Notes:
    """Losses and remarks by utterance, gathered while a manifest is made; each kind is logged with its number."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self._status: dict[str, Status] = {}
        self._reasons: dict[str, list[str]] = {}

    def lose(self, status: Status, utterances: Mapping[str, str] | Iterable[str], message: str) -> None:
        """Note what of these utterances is lost; `utterances` may say by id what was there instead."""
        self._add(utterances, message)
        for name in utterances:
            self._status.setdefault(name, status)

    def remark(self, utterances: Mapping[str, str] | Iterable[str], message: str) -> None:
        """Note what was understood otherwise than written, without a loss."""
        self._add(utterances, message)

    def _add(self, utterances: Mapping[str, str] | Iterable[str], message: str) -> None:
        values = utterances if isinstance(utterances, Mapping) else dict.fromkeys(utterances, "")
        for name, value in values.items():
            self._reasons.setdefault(name, []).append(f"{message}: {value!r}" if value else message)
        warn(self.dataset, message, [f"{name} ({value})" if value else name for name, value in values.items()])

    def lost(self) -> dict[str, str]:
        """Return why each utterance is lost that is."""
        return {name: self._reasons[name][0] for name, status in self._status.items() if status is not Status.OK}

    def ledger(self, ids: Collection[str]) -> list[LedgerRow]:
        """Return a row per utterance of the manifest."""
        return [
            LedgerRow(name, STAGE, self._status.get(name, Status.OK), "; ".join(self._reasons.get(name, ())), 0.0)
            for name in sorted(ids)
        ]


def warn(dataset: str, message: str, examples: Sequence[str]) -> None:
    """Log how many rows a finding concerns, with the first three; nothing where it concerns none."""
    if examples:
        listed = ", ".join(examples[:3])
        log.warning("%s: %s: %d, such as %s", dataset, message, len(examples), listed)
