"""Training state that survives a kill: written whole or not at all, found again by what it depends on.

The file begins with the sha256 of the rest: a flipped bit would make another model, and PyTorch looks at no checksum.
"""

from __future__ import annotations

import hashlib
import io
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
        content = io.BytesIO()
        torch.save(values, content)
        with atomic_path(self.path) as temporary, open(temporary, "wb") as file:
            file.write(hashlib.sha256(content.getbuffer()).digest())
            file.write(content.getbuffer())

    def load(self) -> dict[str, Any] | None:
        """Return what `save` wrote last, on the CPU; None when there is nothing. Raises StateError."""
        if not self.path.exists():
            return None
        digest, content = _halves(self.path.read_bytes())
        if hashlib.sha256(content).digest() != digest:
            raise StateError(f"{self.path}: contents do not match their checksum; delete it to start afresh")
        try:
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except Exception as error:  # of another version of PyTorch, say
            raise StateError(f"{self.path}: cannot be read ({error}); delete it to start afresh") from error

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _halves(content: bytes) -> tuple[bytes, memoryview]:
    size = hashlib.sha256().digest_size
    return content[:size], memoryview(content)[size:]
