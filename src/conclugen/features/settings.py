"""Keys of the streams of features and of the recognition of speech."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len

from conclugen.features.catalogue import CATALOGUE, EMBEDDED
from conclugen.store.keys import Above0, Count, Keys, Place, Seed, Share


@dataclasses.dataclass(frozen=True)
class WeightFile(Keys):
    """A weight file of your own.

    Attributes:
        path: safetensors, or a PyTorch file that holds tensors alone.
        sha256: of it, at least the first 8 digits.
    """

    path: Place
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stream(Keys):
    """What each of the five streams has.

    Attributes:
        model: which network, where the backbone is a family, such as `vit_small_patch14_dinov2.lvd142m` for timm.
        weights: a file of your own; null: what the package holds, or `snakemake --cores 1 -- weights` has staged.
        dtype: of the stored features.
    """

    model: str | None = None
    weights: WeightFile | None = None
    dtype: Literal["float16", "float32"] = "float32"


@dataclasses.dataclass(frozen=True, kw_only=True)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Stream):
    """Words of the whole utterance, mean over tokens.

    Attributes:
        backbone: the network; text_encoder is a family.
        batch_texts: texts in a forward pass; bounds memory.
    """

    backbone: Literal[*CATALOGUE["text"]] = EMBEDDED["text"]
    batch_texts: Count = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
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


Range = Annotated[tuple[Above0, ...], Len(2, 2)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Views(Keys):
    """Augmented copies of the corpus's clips, made only for methods that compare views of a clip (Instance-Cont). They
    cost copies × each stream; the strengths are SimCLR's and CVRL's.

    Attributes:
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

    copies: Annotated[int, Ge(2)] = 10
    seed: Seed = 0
    crop_scale: Range = (0.3, 1.0)
    crop_ratio: Range = (0.75, 1.3333)
    flip: Share = 0.5
    jitter: Share = 0.8
    brightness: Share = 0.8
    contrast: Share = 0.8
    saturation: Share = 0.8
    hue: Annotated[float, Ge(0), Le(0.5)] = 0.2
    grayscale: Share = 0.2
    blur: Share = 0.5
    blur_sigma: Range = (0.1, 2.0)

    def __post_init__(self) -> None:
        """Raise ValueError for a range that is none."""
        for name in ("crop_scale", "crop_ratio", "blur_sigma"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f".{name}: {[low, high]} has the larger one first")
        if self.crop_scale[1] > 1:
            raise ValueError(f".crop_scale: {list(self.crop_scale)} is more than the whole frame, 1")
        if not self.crop_ratio[0] <= 1 <= self.crop_ratio[1]:
            raise ValueError(f".crop_ratio: {list(self.crop_ratio)} leaves out 1, the shape of the whole frame")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asr(Keys):
    """Recognition of speech where there is no text. What has text keeps it.

    Attributes:
        engine: `whisper_tiny_en`: embedded, English, about half a second a clip; `whisper`: any size, of a local
            folder.
        weights: the file of `whisper`, with its config and tokenizer in the same folder.
        language: what is spoken, such as `de`; null: found out.
        beams: width of the search for words; more is a little better and slower.
        speech: words are looked for where somebody speaks with more than this probability; null: everywhere.
        min_steady: least share of the words that outlast another tempo, times how sure they are; below, the speech is
            not English, which is all that whisper_tiny_en knows.
        min_language: words are dropped where with more than this probability another language than `language` is
            spoken.
        batch_windows: windows of up to 30 s that are recognised at once; bounds memory.
        max_seconds: longer utterances are cut to this length.
        timeout_s: an utterance that takes longer to decode is lost; `make retry DATASET=name` tries it again.
    """

    engine: Literal["whisper_tiny_en", "whisper"] = "whisper_tiny_en"
    weights: WeightFile | None = None
    language: str | None = None
    beams: Count = 1
    speech: Share | None = 0.5
    min_steady: Share = 0.33
    min_language: Share = 0.5
    batch_windows: Count = 8
    max_seconds: Above0 = 60.0
    timeout_s: Above0 = 60.0
