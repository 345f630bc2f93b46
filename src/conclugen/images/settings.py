"""Settings of the stages on images: what arrives as JSON. Fields and what they allow, nothing that computes."""

from __future__ import annotations

import dataclasses

from conclugen.images.augment import Changes

PROPOSALS = ("time_aug", "hard_neg", "cut_mix", "face_swap", "mask_fn")


@dataclasses.dataclass(frozen=True)
class Pretraining:
    """What a network is pretrained by: keys of `conclugen.config.images.Images`, and more.

    Attributes:
        dataset, method: their names, for the record.
        size: pixels of the square that the network sees.
        proposals: of SSL-FER, those that the images allow.
        absent: those of the method that they do not.
        temperature: τ of the contrast.
        weight_decay: of the optimiser.
        decoupled: weights decay apart from gradients (AdamW); otherwise decay is part of the gradient (Adam).
        annealed: the rate rises over the first twentieth and falls to 0 along a cosine, step by step; otherwise it is
            that of the authors' code, which hardly falls.
        swapped: share of the positives that FaceSwap or CutMix changes.
        attraction: λ: how much MaskFN's false negative counts as a positive; 0: it is only taken out.
        balanced: eyes and mouth count alike in MaskFN's likeness; otherwise the longer descriptor counts for more.
        changes: of each view (`conclugen.images.augment.Changes`).
    """

    dataset: str
    preset: str
    method: str
    proposals: tuple[str, ...]
    absent: tuple[str, ...]
    network: str
    width: int
    size: int
    epochs: int
    batch_size: int
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
        if self.batch_size < 2:
            raise ValueError(f"batch_size is {self.batch_size}; a contrast needs at least 2 images")
