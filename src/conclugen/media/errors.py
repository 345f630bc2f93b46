"""What goes wrong with media, as a ledger status and a reason."""

from __future__ import annotations

from conclugen.store.ledger import Status


class MediaError(Exception):
    """A file, segment or stream that cannot be used; `status` and `reason` go into the ledger."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.status.value}: {self.reason}"
