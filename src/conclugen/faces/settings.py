"""Settings of the face stage."""

from __future__ import annotations

import dataclasses

CROP_LINES = 720  # taller frames are scaled down to this before faces are cut
DETECTORS = ("mtcnn", "none")


@dataclasses.dataclass(frozen=True)
class FaceSettings:
    """What the face stage is told.

    Attributes:
        detector: `mtcnn`, or `none` where the videos are tight faces already: then the centre square is kept.
        fps: frames kept per second.
        detect_lines: height that frames are scaled down to for detection.
        detect_every: a face is looked for in every n-th kept frame; boxes between are interpolated.
        min_face: smallest face looked for, relative to the height of the frame.
        min_probability: of a detected face.
        margin: by which the face's square is enlarged before it is cut, relative to its side.
        smooth_s: standard deviation of the Gaussian that steadies boxes over time, seconds; 0: none.
        crop_size: height and width of the crops, pixels.
        jpeg_quality: of the crops, 1 to 100.
        keep: the shard holds the crops; if not, those who need them cut them from the video again.
        min_frames: a damaged file that gives fewer is lost.
        max_seconds: longer utterances are cut to this length.
        timeout_s: wall-clock limit per utterance.
    """

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
