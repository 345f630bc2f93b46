"""What the file of a network says of itself, so that it alone gives the network back. Standard library only."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from conclugen.store.listing import WeightsError
from conclugen.store.safetensors_header import metadata

NETWORKS = ("resnet10", "resnet50", "mobilenet_v2")


@dataclasses.dataclass(frozen=True)
class Shape:
    """How a network is built, and what it sees.

    Attributes:
        network: a module of `conclugen.images.networks`.
        width: of its first stage.
        channels: of its pictures, 1 or 3.
        size: pixels of the square it sees.
        share: of the picture's area that this square shows.
    """

    network: str
    width: int
    channels: int
    size: int
    share: float

    def texts(self) -> dict[str, str]:
        """Return the fields as a file keeps them."""
        return {name: str(value) for name, value in dataclasses.asdict(self).items()}


def of(about: dict[str, Any]) -> Shape:
    """Return the shape that settings.json tells of a network."""
    return Shape(**{field.name: about[field.name] for field in dataclasses.fields(Shape)})


def read(path: Path) -> Shape:
    """Return the shape that a file of weights tells. Raises WeightsError where it tells none that is known."""
    stated = metadata(path)
    try:
        shape = Shape(
            stated["network"], *(int(stated[n]) for n in ("width", "channels", "size")), float(stated["share"])
        )
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path}: is no network of docs/images.md: it does not say {error}") from error
    if shape.network not in NETWORKS or shape.channels not in (1, 3) or not 0 < shape.share <= 1 or shape.size < 1:
        raise WeightsError(f"{path}: tells of a network that is not known here: {shape}")
    return shape
