"""The table of methods: what each row of the paper's Tables 3–5 is pretrained with.

Plain values, standard library only. A method's name is part of the paths of its results. Recipes of one's own stand in
the configuration, under `pretrain.recipes` (`config/recipes.py`), and become the same `Recipe`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

MODALITIES = ("video", "audio", "text")
LOSSES = ("mms", "clustering", "reconstruction", "infonce")  # modules of conclugen.losses
RAW = "raw-features"  # no method: the control without pretraining, of all modalities, or of one whose name follows
# No methods either: networks as they are drawn, and linear maps that are computed (pretrain/controls.py).
UNTRAINED, PCA, GCCA = CONTROLS = ("untrained", "PCA", "GCCA")
CLUSTERED, OTHERS = 9e-5, 3.6e-4  # the paper's learning rates: of methods that cluster, and of those that do not
WEIGHT_DECAY = 3.2e-4


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


def unused_modules(losses: Sequence[str]) -> list[str]:
    """Return the modules that pretraining with `losses` never runs: no part of such a job's code."""
    unused = [f"conclugen.losses.{name}" for name in LOSSES if name not in losses]
    return unused if "clustering" in losses else [*unused, "conclugen.pretrain.kmeans"]
