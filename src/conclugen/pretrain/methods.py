"""The table of methods: what each row of the paper's Tables 3–5 is pretrained with.

Plain values, standard library only. A method's name is part of the paths of its results. To add one, add an entry:

    "Cont-Audio-Text": recipe(
        "Multi-Cont, audio and text", losses=("mms",), learning_rate=3.6e-4, modalities=("audio", "text")
    ),
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MODALITIES = ("video", "audio", "text")
LOSSES = ("mms", "clustering", "reconstruction", "infonce")  # modules of conclugen.losses


def recipe(
    row: str,
    losses: Sequence[str],
    learning_rate: float,
    modalities: Sequence[str] = MODALITIES,
    weight_decay: float = 3.2e-4,
    others: bool = True,
    views: bool = False,
    pretrained_as: str | None = None,
    evaluate: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return one entry of `METHODS`.

    Args:
        row: its name in the paper's tables.
        losses: of `LOSSES`, added up.
        learning_rate, weight_decay: AdamW's (section 6 of the paper).
        modalities: those that are pretrained on.
        others: modalities of the configuration beyond `MODALITIES`, such as keypoints, join in.
        views: pretrained on augmented copies of each clip (streams named `{stream}_views`; the configuration says of
            which streams), and evaluated on the clips.
        pretrained_as: the method whose pretrained networks this one uses, where it is the same pretraining judged on
            fewer modalities.
        evaluate: the modalities that downstream evaluation sees; those pretrained on unless said otherwise.
    """
    return {
        "row": row,
        "modalities": tuple(modalities),
        "others": others and not views,
        "losses": tuple(losses),
        "views": views,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "pretrained_as": pretrained_as,
        "evaluate": tuple(evaluate or modalities),
    }


# In the paper, the weight decay of Multi-Cont is blank and that of Instance-Cont is 00032; both take the others'.
METHODS: dict[str, dict[str, Any]] = {
    "ConCluGen": recipe("ConCluGen", ("mms", "clustering", "reconstruction"), 9e-5),
    "ConClu": recipe("ConClu", ("mms", "clustering"), 9e-5),
    "ConGen": recipe("ConGen", ("mms", "reconstruction"), 3.6e-4),
    "Multi-Cont": recipe("Multi-Cont", ("mms",), 3.6e-4),
    "Instance-Cont": recipe("Instance-Cont", ("infonce",), 3.6e-4, modalities=("video",), views=True),
    "Generative": recipe("Generative", ("reconstruction",), 3.6e-4),
    "ConCluGen-vision": recipe(
        "ConCluGen/(vision)",
        ("mms", "clustering", "reconstruction"),
        9e-5,
        pretrained_as="ConCluGen",
        evaluate=("video",),
    ),
    "Multi-Cont-wo-text": recipe("Multi-Cont Wout/text", ("mms",), 3.6e-4, modalities=("video", "audio")),
    "Multi-Cont-wo-audio": recipe("Multi-Cont Wout/audio", ("mms",), 3.6e-4, modalities=("video", "text")),
}


def unused_modules(losses: Sequence[str]) -> list[str]:
    """Return the modules that pretraining with `losses` never runs: no part of such a job's code."""
    unused = [f"conclugen.losses.{name}" for name in LOSSES if name not in losses]
    return unused if "clustering" in losses else [*unused, "conclugen.pretrain.kmeans"]
