"""Presets of pretraining on images: plain values, of which a job is told those of its own.

`paper` is what the authors' scripts run, for the paper's body says less: Adam with its decay in the gradient, a rate
that never comes down (its cosine is stepped once an epoch and as long as an epoch has batches), crops of one size,
112 of 128 pixels. `improved` anneals the rate to 0, decays weights apart from gradients, and crops at any scale.
"""

from __future__ import annotations

from typing import Any

_COLOUR = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2, "mirror": 0.5, "blur": 0.5, "grey": 0.2}

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "temperature": 0.07,
        "learning_rate": 3e-4,
        "weight_decay": 1e-4,
        "decoupled": False,
        "annealed": False,
        "swapped": 0.8,
        "attraction": 0.8,
        "balanced": False,
        "changes": _COLOUR | {"crop": [0.765625, 0.765625], "colour": 0.8, "mask": 0.8},
    },
    "improved": {
        "temperature": 0.07,
        "learning_rate": 1e-3,
        "weight_decay": 1e-2,
        "decoupled": True,
        "annealed": True,
        "swapped": 0.5,
        "attraction": 0.0,
        "balanced": True,
        "changes": _COLOUR | {"crop": [0.5, 1.0], "colour": 0.8, "mask": 0.2},
    },
}
