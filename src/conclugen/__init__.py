"""ConCluGen: multi-modal self-supervised pretraining on talking-face video, measured honestly.

`load` (an exported model) and `read` (a file of a run) are found when they are asked for: every job imports this
package, and few need them.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["load", "read"]

_FOUND_IN = {"load": "model", "read": "read"}


def __getattr__(name: str) -> Any:
    """Return `load` or `read`, imported by name, or their code would be part of that of every stage; or the version,
    which pyproject.toml says."""
    if name == "__version__":
        from importlib.metadata import version

        return version("conclugen")
    if name not in _FOUND_IN:
        raise AttributeError(f"module 'conclugen' has no attribute {name!r}")
    return getattr(importlib.import_module(f"conclugen.applied.{_FOUND_IN[name]}"), name)
