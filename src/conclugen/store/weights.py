"""Weight files: loaded without running code from them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from conclugen.store.listing import WeightsError


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """Load a state dict from safetensors or, with `weights_only`, from a PyTorch file."""
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


class NumpyOnlyUnpickler(pickle.Unpickler):
    """Unpickle dicts and numpy arrays, nothing else: a file that names any other object is refused."""

    ALLOWED = frozenset(
        (module, name)
        for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
        for name in ("ndarray", "dtype", "_reconstruct", "scalar")
    ) | {("_codecs", "encode")}

    def find_class(self, module: str, name: str) -> Any:
        """Resolve a global only if it is one of numpy's array constructors."""
        if (module, name) not in self.ALLOWED:
            raise WeightsError(f"a weight file names {module}.{name}; only numpy arrays are admitted")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load_numpy_pickle(data: bytes, encoding: str = "latin1") -> Any:
    """Unpickle bytes that hold only plain containers and numpy arrays. Raises WeightsError for anything else."""
    return NumpyOnlyUnpickler(io.BytesIO(data), encoding=encoding).load()
