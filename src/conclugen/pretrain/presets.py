"""The presets: every switch between the paper as printed, the authors' code as it behaves, and what helps.

Plain values, standard library only; what each switch does is told by the dataclasses of `pretrain/settings.py`, whose
fields these are. What neither the paper nor its code says follows Multimodal Clustering Networks (Chen et al. 2021),
the method they build on: k-means starts from the last centroids and is refitted every 20 batches.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

PAPER: dict[str, dict[str, Any]] = {
    "architecture": {
        "gated": False,
        "representation_relu": False,
        "residual": False,
        "keep_input": False,
        "narrow": (),
        "projection_shared": False,
        "projection_batch_norm": False,
        "projection_relu": False,
        "decoder_relu": False,
        "standardise": False,
    },
    "objective": {
        "reduction": "sum",
        "reconstruction_weight": 1.0,
        "margin": 0.001,
        "temperature": None,
        "clustering": "joint",
        "clustering_temperature": None,
        "clustering_normalise": False,
        "instance_temperature": 0.07,
    },
    "clusters": {
        "count": 8,
        "start_epoch": 12,
        "queue_batches": 4,
        "queue_reset": False,
        "refit_every": 20,
        "warm_start": True,
        "spherical": False,
        "iterations": 20,
    },
    "schedule": {
        "warmup_epochs": 0,
        "warmup_from": 1.0,
        "cycle_epochs": 20,
        "cycle_factor": 2,
        "floor": 1e-6,
        "stepwise": False,
    },
}

OFFICIAL_CODE: dict[str, dict[str, Any]] = {
    "architecture": {
        "gated": True,
        "representation_relu": True,
        "residual": False,
        "keep_input": False,
        "narrow": ("audio",),
        "projection_shared": True,
        "projection_batch_norm": True,
        "projection_relu": True,
        "decoder_relu": True,
        "standardise": False,
    },
    "objective": {**PAPER["objective"], "reduction": "mean"},
    "clusters": {**PAPER["clusters"], "queue_reset": True, "refit_every": 1, "warm_start": False, "spherical": True},
    "schedule": {**PAPER["schedule"], "warmup_epochs": 5, "warmup_from": 0.1},
}

# The kept input has the largest effect on validation data (docs/results.md has the figures and how far they carry);
# standardised inputs matter where it is not kept. Switches without an effect are not here but among the variants below.
IMPROVED: dict[str, dict[str, Any]] = {
    **PAPER,
    "architecture": {**PAPER["architecture"], "standardise": True, "keep_input": True},
}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {"paper": PAPER, "official-code": OFFICIAL_CODE, "improved": IMPROVED}

# `improved` but for one switch (or those that only make sense together): the rows of the ablation table. To add one,
# add an entry, or a preset of your own in the configuration.
VARIANTS: dict[str, dict[str, Any]] = {
    "improved-without-standardise": {"architecture": {"standardise": False}},
    "improved-without-kept-input": {"architecture": {"keep_input": False}},
    "improved-with-temperature": {"objective": {"temperature": 0.1}},
    "improved-with-clustering-cosine": {
        "objective": {"clustering_temperature": 0.1, "clustering_normalise": True},
        "clusters": {"spherical": True},
    },
    "improved-with-earlier-clusters": {"clusters": {"start_epoch": 5}},
    "improved-with-clusters-anew": {"clusters": {"queue_reset": True, "refit_every": 1, "warm_start": False}},
    "improved-with-individual-clustering": {"objective": {"clustering": "individual"}},
    "improved-with-one-cycle": {
        "schedule": {"warmup_epochs": 5, "warmup_from": 0.1, "cycle_epochs": None, "cycle_factor": 1, "stepwise": True}
    },
    "improved-with-mean": {"objective": {"reduction": "mean"}},
    "improved-with-reconstruction-x100": {"objective": {"reconstruction_weight": 100.0}},
    "improved-with-residual": {"architecture": {"residual": True}},
    "improved-with-gate": {"architecture": {"gated": True}},
    "improved-with-relu": {"architecture": {"representation_relu": True, "decoder_relu": True}},
    "improved-with-shared-projection": {"architecture": {"projection_shared": True}},
    "improved-with-batch-norm": {"architecture": {"projection_batch_norm": True}},
}


def changes_of(name: str, own: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the built-in preset that `name` is or is based on, and by part what differs from it.

    `own` are the configuration's presets: `based_on`, and what differs.
    """
    if name in own:
        return own[name]["based_on"], {part: value for part, value in own[name].items() if part != "based_on"}
    return ("improved", VARIANTS[name]) if name in VARIANTS else (name, {})


def switches(name: str, own: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return all switches of the preset `name`, a built-in one, a variant or one of `own`."""
    base, changes = changes_of(name, own)
    values = copy.deepcopy(PRESETS[base])
    for part, changed in changes.items():
        values[part] |= changed
    return values
