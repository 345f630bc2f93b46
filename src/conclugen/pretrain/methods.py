"""The table of methods: what each row of the paper's Tables 3–5 is pretrained with.

Plain values, standard library only. A method's name is part of the paths of its results. Recipes of one's own stand in
the configuration, under `pretrain.recipes` (`config/recipes.py`), and become the same `Recipe`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

MODALITIES = ("video", "audio", "text")
CLUSTERED, OTHERS = 9e-5, 3.6e-4  # the paper's learning rates: of methods that cluster, and of those that do not
WEIGHT_DECAY = 3.2e-4


@dataclasses.dataclass(frozen=True)
class Head:
    """The keys that only this head of the network reads, of `sizes` and of `architecture`."""

    sizes: tuple[str, ...]
    architecture: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Loss:
    """What a loss works on.

    Attributes:
        heads: of `HEADS`.
        switches: the keys of `objective` that it reads.
        clusters: whether it needs the centroids of k-means, and reads `clusters`.
        modalities: how many it needs at least.
    """

    heads: tuple[str, ...]
    switches: tuple[str, ...]
    clusters: bool = False
    modalities: int = 1


HEADS = {
    "projection": Head(
        ("projection", "projection_hidden"), ("projection_shared", "projection_batch_norm", "projection_relu")
    ),
    "clustering": Head(("clustering",)),
    "decoder": Head(("decoder_hidden",), ("decoder_relu",)),
    "temperature": Head(()),
    "decode_others": Head(()),
    "decode_all": Head(()),
}
# Heads that change what another one gives, so that its other losses would not be what they are.
BENDS = {"temperature": "projection", "decode_others": "decoder", "decode_all": "decoder"}
# Each is the module of its name in conclugen.losses, with `term` and `bounds`.
LOSSES = {
    "mms": Loss(("projection",), ("margin", "normalise", "temperature"), modalities=2),
    "clustering": Loss(
        ("projection", "clustering"),
        ("margin", "clustering", "clustering_temperature", "clustering_normalise"),
        clusters=True,
    ),
    "clip": Loss(("projection", "temperature"), (), modalities=2),
    "pairwise": Loss(("projection",), ("instance_temperature",), modalities=2),
    "vicreg": Loss(("projection",), (), modalities=2),
    "barlow": Loss(("projection",), (), modalities=2),
    "masked": Loss(("decoder", "decode_others"), (), modalities=2),
    "shared": Loss(("decoder", "decode_all"), ()),
    "reconstruction": Loss(("decoder",), ("reconstruction_weight",)),
    "infonce": Loss(("projection",), ("instance_temperature",)),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a method is pretrained with, and what of it is evaluated.

    Attributes:
        row: its name in the paper's tables.
        losses: of `LOSSES`, added up.
        learning_rate, weight_decay: AdamW's (section 6 of the paper).
        modalities: those that are pretrained on.
        streams: by modality, the streams it joins; None: those that the configuration joins.
        others: modalities of the configuration beyond `MODALITIES`, such as keypoints, join in.
        pretrained_as: the method whose pretrained networks this one uses, where it is the same pretraining judged on
            fewer modalities.
        evaluate: the modalities that downstream evaluation sees; None: all that are pretrained on.
    """

    row: str
    losses: tuple[str, ...]
    learning_rate: float
    modalities: tuple[str, ...] = MODALITIES
    weight_decay: float = WEIGHT_DECAY
    streams: Mapping[str, tuple[str, ...]] | None = None
    others: bool = True
    pretrained_as: str | None = None
    evaluate: tuple[str, ...] | None = None

    @property
    def views(self) -> bool:
        """Whether it is pretrained on augmented copies of each clip (streams named `{stream}_views`; where `streams`
        is None, of those that the configuration makes copies of), and evaluated on the clips."""
        return "infonce" in self.losses


# In the paper, the weight decay of Multi-Cont is blank and that of Instance-Cont is 00032; both take the others'.
METHODS: dict[str, Recipe] = {
    "ConCluGen": Recipe("ConCluGen", ("mms", "clustering", "reconstruction"), CLUSTERED),
    "ConClu": Recipe("ConClu", ("mms", "clustering"), CLUSTERED),
    "ConGen": Recipe("ConGen", ("mms", "reconstruction"), OTHERS),
    "Multi-Cont": Recipe("Multi-Cont", ("mms",), OTHERS),
    "Instance-Cont": Recipe("Instance-Cont", ("infonce",), OTHERS, modalities=("video",), others=False),
    "Generative": Recipe("Generative", ("reconstruction",), OTHERS),
    "ConCluGen-vision": Recipe(
        "ConCluGen/(vision)",
        ("mms", "clustering", "reconstruction"),
        CLUSTERED,
        pretrained_as="ConCluGen",
        evaluate=("video",),
    ),
    "Multi-Cont-wo-text": Recipe("Multi-Cont Wout/text", ("mms",), OTHERS, modalities=("video", "audio")),
    "Multi-Cont-wo-audio": Recipe("Multi-Cont Wout/audio", ("mms",), OTHERS, modalities=("video", "text")),
}


def heads_of(losses: Sequence[str]) -> list[str]:
    """Return the heads that a network needs for `losses`."""
    return [head for head in HEADS if any(head in LOSSES[name].heads for name in losses)]


def clusters(losses: Sequence[str]) -> bool:
    """Return whether k-means runs for any of `losses`."""
    return any(LOSSES[name].clusters for name in losses)


def least_modalities(losses: Sequence[str]) -> int:
    """Return how many modalities pretraining with `losses` needs."""
    return max((LOSSES[name].modalities for name in losses), default=1)


def clashes(losses: Sequence[str]) -> dict[str, list[str]]:
    """Return, by head, the losses that cannot go together: one of them bends the head to a use of its own."""
    by_head = {}
    for bent, head in BENDS.items():
        sharing = [name for name in losses if head in LOSSES[name].heads]
        if len(sharing) > 1 and any(bent in LOSSES[name].heads for name in sharing):
            by_head[head] = sharing
    return by_head


def told(losses: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what pretraining with `losses` is told of `values` (sizes and switches, by part): only what it reads.

    So a key of one loss is no setting of the methods without it, whose networks stay as they are when it changes, or
    when a loss with keys of its own is added.
    """
    heads, used = heads_of(losses), [LOSSES[name] for name in losses]
    of_others = [head for name, head in HEADS.items() if name not in heads]
    read = {key for loss in used for key in loss.switches}
    unread = {
        "sizes": {key for head in of_others for key in head.sizes},
        "architecture": {key for head in of_others for key in head.architecture},
        "objective": {key for loss in LOSSES.values() for key in loss.switches} - read,
    }
    parts = {part: {k: v for k, v in values[part].items() if k not in keys} for part, keys in unread.items()}
    return {**values, **parts, "heads": heads, "clusters": values["clusters"] if clusters(losses) else None}


def chosen_modules(losses: Sequence[str]) -> list[str]:
    """Return the modules of `losses`, which training finds by name: part of such a job's code."""
    return [f"conclugen.losses.{name}" for name in losses]


def unused_modules(losses: Sequence[str]) -> list[str]:
    """Return the modules that pretraining with `losses` never runs: no part of such a job's code."""
    return [] if clusters(losses) else ["conclugen.losses.clustering", "conclugen.pretrain.kmeans"]
