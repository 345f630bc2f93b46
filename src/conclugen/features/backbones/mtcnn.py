"""The landmarks of the face detector, which are in the face shard already: no network looks at anything."""

from __future__ import annotations

import dataclasses

from conclugen.features.backbone import WeightFile, embedded
from conclugen.features.landmarks import SUMMARY


@dataclasses.dataclass(frozen=True)
class DetectorLandmarks:
    """The landmarks that are in the face shard already; as a backbone, it says of itself what a shard records."""

    name: str = "mtcnn landmarks"
    dim: int = 44  # summary_dim(FIVE_SHAPE)
    licence: str = "MIT"
    preprocessing: str = (
        "five landmarks per detected frame; shape: nose and mouth corners in a frame with its origin between the eyes, "
        f"its x axis along them and their distance as unit, mouth width, distance from nose to mouth; {SUMMARY}"
    )

    def attributes(self, sha256: str) -> dict[str, str]:
        """Return what a shard records."""
        return {
            "backbone": self.name,
            "weights_sha256": sha256,
            "preprocessing": self.preprocessing,
            "licence": self.licence,
        }


def build(weights: WeightFile | None = None) -> DetectorLandmarks:
    """Return the backbone. Raises ValueError where a file is named."""
    embedded("mtcnn", weights)
    return DetectorLandmarks()
