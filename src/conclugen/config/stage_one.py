"""Stage one: the demo corpus, faces, streams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from conclugen.config import written
from conclugen.config.types import Above0, Count, Number, Section, Seed, Share
from conclugen.features.catalogue import CATALOGUE, model_mistake


class Strengths(Section):
    """How well each stream of the demo gives the emotion away, 0 to 1."""

    face: Share = 0.8
    voice: Share = 0.5
    words: Share = 0.85


class Demo(Section):
    """The demo corpus: clips per layout and how they are made."""

    utterances: dict[Literal["voxceleb2", "mosei", "meld", "caer"], Count] = {
        "voxceleb2": 200,
        "mosei": 250,
        "meld": 140,
        "caer": 140,
    }
    seconds: Above0 = 2.0
    height: Count = 240
    fps: Count = 25
    seed: Seed = 0
    strengths: Strengths = Strengths()


class Faces(Section):
    """Detection, tracking and cropping of faces, on frames sampled at `fps`."""

    fps: Above0 = 16.0
    detect_lines: Count = 360
    detect_every: Count = 4
    min_face: Share = 0.1
    min_probability: Share = 0.9
    margin: Share = 0.3
    smooth_s: Annotated[Number, Field(ge=0)] = 0.15
    crop_size: Count = 224
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 92
    keep: bool = True
    min_frames: Count = 4
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 120.0


class WeightFile(Section):
    """A weight file of your own: its path and its sha256 (at least the first 8 digits)."""

    path: str
    sha256: str

    @field_validator("path")
    @classmethod
    def _place(cls, path: str) -> str:
        return written.place(path)


class Stream(Section):
    """What every stream has: which network of a family, a weight file of one's own, what labels went into that network,
    and the stored type."""

    model: str | None = None
    weights: WeightFile | None = None
    seen: list[str] | None = None
    dtype: Literal["float16", "float32"] = "float32"


class Frames2d(Stream):
    """Still frames of the face, mean over frames."""

    backbone: Literal[tuple(CATALOGUE["frames2d"])] = "mobilenet_v2"
    fps: Above0 = 1.0
    size: Count | None = None
    batch_frames: Count = 64


class Frames3d(Stream):
    """Windows of moving face, mean over windows."""

    backbone: Literal[tuple(CATALOGUE["frames3d"])] = "i3d"
    fps: Above0 = 16.0
    window: Count = 16
    stride: Count = 16
    size: Count | None = None
    batch_frames: Count = 64


class Audio(Stream):
    """Sound of the whole utterance, mean over time."""

    backbone: Literal[tuple(CATALOGUE["audio"])] = "resemblyzer"
    max_seconds: Above0 = 60.0
    batch_seconds: Above0 = 120.0
    timeout_s: Above0 = 60.0


class Text(Stream):
    """Words of the whole utterance, mean over tokens."""

    backbone: Literal[tuple(CATALOGUE["text"])] = "minilm"
    batch_texts: Count = 64


class Keypoints(Stream):
    """Landmarks of the face, how they lie and move."""

    backbone: Literal[tuple(CATALOGUE["keypoints"])] = "mtcnn"
    fps: Above0 = 8.0
    batch_frames: Count = 64


Range = Annotated[list[Above0], Field(min_length=2, max_length=2)]


class Views(Section):
    """Augmented copies of clips, for methods that compare views of a clip; the strengths are SimCLR's and CVRL's."""

    streams: Annotated[list[Literal["frames2d", "frames3d"]], Field(min_length=1)] = ["frames3d"]
    copies: Annotated[int, Field(ge=2)] = 10
    seed: Seed = 0
    crop_scale: Range = [0.3, 1.0]
    crop_ratio: Range = [0.75, 1.3333]
    flip: Share = 0.5
    jitter: Share = 0.8
    brightness: Share = 0.8
    contrast: Share = 0.8
    saturation: Share = 0.8
    hue: Annotated[Number, Field(ge=0, le=0.5)] = 0.2
    grayscale: Share = 0.2
    blur: Share = 0.5
    blur_sigma: Range = [0.1, 2.0]

    @model_validator(mode="after")
    def _possible(self) -> Views:
        for name in ("crop_scale", "crop_ratio", "blur_sigma"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"features.views.{name}: {[low, high]} has the larger one first")
        if self.crop_scale[1] > 1:
            raise ValueError(f"features.views.crop_scale: {self.crop_scale} is more than the whole frame, 1")
        if not self.crop_ratio[0] <= 1 <= self.crop_ratio[1]:
            raise ValueError(f"features.views.crop_ratio: {self.crop_ratio} leaves out 1, the shape of the whole frame")
        return self


class Streams(Section):
    """The five streams, and augmented copies of the visual ones."""

    frames2d: Frames2d = Frames2d()
    frames3d: Frames3d = Frames3d()
    audio: Audio = Audio()
    text: Text = Text()
    keypoints: Keypoints = Keypoints()
    views: Views = Views()

    @model_validator(mode="after")
    def _models(self) -> Streams:
        mistakes = []
        for stream in CATALOGUE:
            chosen = getattr(self, stream)
            mistake = model_mistake(stream, chosen.backbone, chosen.model, chosen.weights is not None)
            mistakes += [f"features.{stream}.model: {mistake}"] if mistake else []
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self
