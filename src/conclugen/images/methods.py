"""The methods on images: which proposals each has, in the order of the paper's table, and which of them need clips."""

from __future__ import annotations

METHODS: dict[str, tuple[str, ...]] = {
    "SimCLR": (),
    "TimeAug": ("time_aug",),
    "HardNeg": ("time_aug", "hard_neg"),
    "CutMix": ("cut_mix",),
    "FaceSwap": ("face_swap",),
    "MaskFN": ("mask_fn",),
    "SSL-FER": ("time_aug", "hard_neg", "face_swap", "mask_fn"),
}
OF_CLIPS = ("time_aug", "hard_neg")  # another frame of the same clip: a still has none
CONTROLS = ("untrained", "pixels", "PCA", "HOG", "mobilenet_v2")  # what learned nothing here


def on_stills(method: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which proposals of a method stills allow, and which fall away.

    Without TimeAug the positive is the image itself under other changes, as in SimCLR; without HardNeg all negatives
    are other images.

    >>> on_stills("SSL-FER")
    (('face_swap', 'mask_fn'), ('time_aug', 'hard_neg'))
    """
    proposals = METHODS[method]
    return tuple(p for p in proposals if p not in OF_CLIPS), tuple(p for p in proposals if p in OF_CLIPS)
