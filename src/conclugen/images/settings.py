"""Settings of the stages on images: what arrives as JSON. Fields and what they allow, nothing that computes."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge

from conclugen.store.keys import Count, Keys

PROPOSALS = ("time_aug", "hard_neg", "cut_mix", "face_swap", "mask_fn")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape(Keys):
    """Of a network.

    Attributes:
        network: `resnet10`: small, for faces of 48 pixels; `resnet50`: the paper's; `mobilenet_v2`: starts from
            ImageNet.
        width: of the first stage of resnet10, whose representation is eight times as wide.
    """

    network: Literal["resnet10", "resnet50", "mobilenet_v2"] = "resnet10"
    width: Annotated[int, Ge(4)] = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Length(Keys):
    """Of pretraining.

    Attributes:
        epochs: times that the training images are gone through; of clips, each is drawn from once an epoch.
        batch_size: images or clips of a step, of which there are two views each, and two more with HardNeg.
    """

    epochs: Count = 100
    batch_size: Annotated[int, Ge(2)] = 256


@dataclasses.dataclass(frozen=True)
class Changes:
    """What may be done to a picture, and how often.

    Attributes:
        crop: share of the area that is kept, least and most; least = most: a crop of fixed size, at a random place.
        mirror: probability of a mirror image.
        brightness, contrast, saturation: a factor from 1 - x to 1 + x.
        hue: share of the circle of colours, up to which it turns; grey pictures have none.
        colour: probability of these four.
        blur: probability of a 3 x 3 Gaussian.
        grey: probability of no colour.
        mask: probability that one of mouth, left and right eye is covered.
    """

    crop: tuple[float, float]
    mirror: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    colour: float
    blur: float
    grey: float
    mask: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pretraining(Shape, Length):
    """What a network is pretrained by.

    Attributes:
        dataset, preset, method: their names, for the record.
        size: pixels of the square that the network sees.
        proposals: of SSL-FER, those that the images allow.
        absent: those of the method that they do not.
        temperature: τ of the contrast.
        learning_rate, weight_decay: of the optimiser.
        decoupled: weights decay apart from gradients (AdamW); otherwise decay is part of the gradient (Adam).
        annealed: the rate rises over the first twentieth and falls to 0 along a cosine, step by step; otherwise it is
            that of the authors' code, which hardly falls.
        swapped: share of the positives that FaceSwap or CutMix changes.
        attraction: λ: how much MaskFN's false negative counts as a positive; 0: it is only taken out.
        balanced: eyes and mouth count alike in MaskFN's likeness; otherwise the longer descriptor counts for more.
        changes: of each view.
    """

    dataset: str
    preset: str
    method: str
    proposals: tuple[str, ...]
    absent: tuple[str, ...]
    size: int
    learning_rate: float
    weight_decay: float
    temperature: float
    decoupled: bool
    annealed: bool
    swapped: float
    attraction: float
    balanced: bool
    changes: Changes

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.proposals) - set(PROPOSALS)):
            raise ValueError(f"proposals {unknown} are unknown; known are {', '.join(PROPOSALS)}")
