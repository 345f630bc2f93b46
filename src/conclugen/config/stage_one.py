"""Stage one: the demo corpus, faces, streams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from conclugen.config import written
from conclugen.config.types import Above0, Count, Number, Section, Seed, Share
from conclugen.features.catalogue import CATALOGUE, EMBEDDED, model_mistake, weights_mistake


class Strengths(Section):
    """Probability that an emotion of an utterance shows in a stream at all.

    Attributes:
        face: in the picture.
        voice: in the sound.
        words: in the text.
    """

    face: Share = 0.8
    voice: Share = 0.5
    words: Share = 0.85


class Demo(Section):
    """The demo corpus, written in the official layouts.

    Attributes:
        utterances: clips of each layout. More give steadier numbers and cost about a second of work each.
        seconds: mean length of a clip.
        height: lines of a frame; VoxCeleb2's are 224 by 224 always.
        fps: frames per second.
        seed: everything is drawn from it; others give other clips.
    """

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
    smooth_s: Annotated[Number, Field(ge=0)] = 0.15
    crop_size: Count = 224
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 92
    keep: bool = True
    min_frames: Count = 4
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 120.0


class WeightFile(Section):
    """A weight file of your own.

    Attributes:
        path: safetensors, or a PyTorch file that holds tensors alone.
        sha256: of it, at least the first 8 digits.
    """

    path: str
    sha256: str

    @field_validator("path")
    @classmethod
    def _place(cls, path: str) -> str:
        return written.place(path)


class Stream(Section):
    """What each of the five streams has.

    Attributes:
        model: which network, where the backbone is a family, such as `vit_small_patch14_dinov2.lvd142m` for timm.
        weights: a file of your own; null: what the package holds, or `snakemake --cores 1 -- weights` has staged.
        seen: data sets whose emotion labels went into a network of your own, `[]` for none; null: what is known of it.
            A score on one of them is flagged in the tables. A change extracts and trains nothing anew.
        dtype: of the stored features.
    """

    model: str | None = None
    weights: WeightFile | None = None
    seen: list[str] | None = None
    dtype: Literal["float16", "float32"] = "float32"


class Frames2d(Stream):
    """Still frames of the face, mean over frames.

    Attributes:
        backbone: the network; timm and torchvision are families.
        fps: frames per second that are looked at; a clip has at least one.
        size: pixels of the square input; null: what the backbone asks for.
        batch_frames: frames in a forward pass, over utterances; bounds memory.
    """

    backbone: Literal[*CATALOGUE["frames2d"]] = EMBEDDED["frames2d"]
    fps: Above0 = 1.0
    size: Count | None = None
    batch_frames: Count = 64


class Frames3d(Stream):
    """Windows of moving face, mean over windows.

    Attributes:
        backbone: the network; videomae is a family.
        fps: frames per second of the windows.
        window: frames in a window.
        stride: frames from one window to the next.
        size: pixels of the square input, with whose square the cost grows; null: what the backbone asks for.
        batch_frames: frames in a forward pass, over utterances, at least one window; bounds memory.
    """

    backbone: Literal[*CATALOGUE["frames3d"]] = EMBEDDED["frames3d"]
    fps: Above0 = 16.0
    window: Count = 16
    stride: Count = 16
    size: Count | None = None
    batch_frames: Count = 64


class Audio(Stream):
    """Sound of the whole utterance, mean over time.

    Attributes:
        backbone: the network (see docs/audio-backbone.md); speech_encoder and whisper are families.
        max_seconds: a longer utterance is cut to this length; beyond two minutes the vector is the mean of its pieces'.
        batch_seconds: seconds of sound in a forward pass, over utterances; bounds memory.
        timeout_s: an utterance that takes longer to decode is lost; `make retry DATASET=name` tries it again.
    """

    backbone: Literal[*CATALOGUE["audio"]] = EMBEDDED["audio"]
    max_seconds: Above0 = 60.0
    batch_seconds: Above0 = 120.0
    timeout_s: Above0 = 60.0


class Text(Stream):
    """Words of the whole utterance, mean over tokens.

    Attributes:
        backbone: the network; text_encoder is a family.
        batch_texts: texts in a forward pass; bounds memory.
    """

    backbone: Literal[*CATALOGUE["text"]] = EMBEDDED["text"]
    batch_texts: Count = 64


class Keypoints(Stream):
    """Landmarks of the face, how they lie and move; needs `detector: mtcnn`, and a modality must name it.

    Attributes:
        backbone: `mtcnn`: the detector's five, which cost nothing; `face68`: 68 by a network, from the crops;
            `blendshapes`: no landmarks, but how strongly the face makes each of 52 movements.
        fps: frames per second that a network looks at; a clip has at least one.
        batch_frames: frames in a forward pass, over utterances; bounds memory.
    """

    backbone: Literal[*CATALOGUE["keypoints"]] = EMBEDDED["keypoints"]
    fps: Above0 = 8.0
    batch_frames: Count = 64


Range = Annotated[list[Above0], Field(min_length=2, max_length=2)]


class Views(Section):
    """Augmented copies of the corpus's clips, made only for methods that compare views of a clip (Instance-Cont). They
    cost copies × each stream; the strengths are SimCLR's and CVRL's.

    Attributes:
        streams: of which copies are made; with both, a copy is augmented alike in each.
        copies: of each clip; two are drawn at each step. A copy is augmented alike in all its frames.
        seed: other seeds give other copies.
        crop_scale: smallest and largest share of the frame's area that is kept.
        crop_ratio: smallest and largest width of what is kept over its height; it becomes a square.
        flip: probability that left and right are exchanged.
        jitter: probability that colours are changed, by the four strengths that follow.
        brightness: strength: a factor within 1 ± this.
        contrast: strength: a factor within 1 ± this.
        saturation: strength: a factor within 1 ± this.
        hue: strength: a turn by up to this share of the circle.
        grayscale: probability that colours are dropped.
        blur: probability of a blur.
        blur_sigma: smallest and largest standard deviation of its Gaussian, pixels of the result.
    """

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
    """What is extracted of each utterance: a vector per stream, by one frozen backbone each (docs/backbones.md)."""

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
            lacking = weights_mistake(stream, chosen.backbone, chosen.weights is not None)
            mistakes += [f"features.{stream}.weights: {lacking}"] if lacking else []
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self
