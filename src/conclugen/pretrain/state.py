"""Training state that survives a kill: written whole or not at all, found again by what it depends on."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import torch

from conclugen.store.atomic import atomic_path


class StateError(RuntimeError):
    """A state file that cannot be read."""


class State:
    """A folder `{root}/{key}`; the key is the hash of everything the training depends on."""

    def __init__(self, root: str | Path, *parts: str) -> None:
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
        self.folder = Path(root) / key
        self.path = self.folder / "state.pt"

    def save(self, values: dict[str, Any]) -> None:
        """Write tensors and plain values, replacing what was there."""
        with atomic_path(self.path) as temporary:
            torch.save(values, temporary)

    def load(self) -> dict[str, Any] | None:
        """Return what `save` wrote last, on the CPU; None when there is nothing. Raises StateError."""
        if not self.path.exists():
            return None
        try:
            return torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged file raises whatever its damage leads to
            raise StateError(f"{self.path}: cannot be read ({error}); delete it to start afresh") from error

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
