"""Keys of the face stage."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le

from conclugen.store.keys import Above0, Count, Keys, Share

Detector = Literal["mtcnn", "none"]
DETECTORS = get_args(Detector)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Faces(Keys):
    """Finding and cutting of faces. A change redoes faces, the visual streams, and all that follows.

    Attributes:
        fps: frames kept per second; frames2d, frames3d and keypoints choose among them.
        detect_lines: frames are scaled down to this height to look for faces; more is slower and finds smaller faces.
        detect_every: a face is looked for in every n-th kept frame; boxes between are interpolated.
        min_face: smallest face, relative to the height of the frame.
        min_probability: a face of which the detector is less sure is none.
        margin: by which the face's square is enlarged before it is cut, relative to its side.
        smooth_s: seconds over which boxes are steadied (standard deviation of a Gaussian); 0: not at all.
        crop_size: height and width of the crops, pixels.
        jpeg_quality: of the crops.
        keep: crops are kept on disk, about 170 kB a second; false: each visual stream decodes the videos again.
        min_frames: a damaged file that gives fewer is lost.
        max_seconds: longer utterances are cut to this length.
        timeout_s: an utterance that takes longer is lost, its decoder killed; `make retry DATASET=name` tries it again.
    """

    fps: Above0 = 16.0
    detect_lines: Count = 360
    detect_every: Count = 4
    min_face: Share = 0.1
    min_probability: Share = 0.9
    margin: Share = 0.3
    smooth_s: Annotated[float, Ge(0)] = 0.15
    crop_size: Count = 224
    jpeg_quality: Annotated[int, Ge(1), Le(100)] = 92
    keep: bool = True
    min_frames: Count = 4
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 120.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaceSettings(Faces):
    """What the face stage is told: its keys, and the detector of the data set."""

    detector: Detector
