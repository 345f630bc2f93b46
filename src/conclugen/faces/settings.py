"""Settings of the face stage."""

from __future__ import annotations

import dataclasses

CROP_LINES = 720  # taller frames are scaled down to this before faces are cut
DETECTORS = ("mtcnn", "none")


@dataclasses.dataclass(frozen=True)
class FaceSettings:
    """What the face stage is told: the keys of `conclugen.config.stage_one.Faces`, and the `detector` of
    `conclugen.config.every_dataset.Dataset`."""

    detector: str
    fps: float
    detect_lines: int
    detect_every: int
    min_face: float
    min_probability: float
    margin: float
    smooth_s: float
    crop_size: int
    jpeg_quality: int
    keep: bool
    min_frames: int
    max_seconds: float
    timeout_s: float

    def __post_init__(self) -> None:
        """Raise ValueError for a detector that does not exist."""
        if self.detector not in DETECTORS:
            raise ValueError(f"detector is {self.detector!r}; allowed are {DETECTORS}")
