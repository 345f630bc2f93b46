"""Where a result comes from: file hashes and software versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

PACKAGES = ("conclugen", "torch", "torchvision", "transformers", "facenet-pytorch", "faiss-gpu", "av", "numpy")


def file_sha256(path: str | Path) -> str:
    """Return the sha256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def versions(packages: tuple[str, ...] = PACKAGES) -> str:
    """Return `name version` of each installed package, joined by commas."""
    lines = []
    for name in packages:
        try:
            lines.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(lines)
