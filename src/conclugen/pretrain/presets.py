"""The presets: every switch between the paper as printed, the authors' code as it behaves, and what helps.

Plain values, standard library only; what each switch does is told by the dataclasses of `pretrain/settings.py`, whose
fields these are. What neither the paper nor its code says follows Multimodal Clustering Networks (Chen et al. 2021),
the method they build on: k-means starts from the last centroids and is refitted every 20 batches, and projections are
scaled to unit length before MMS (the authors' code does so, too). Eq. 3 and 4 print plain dot products, which
`objective.normalise: false` gives; lengths are then free, and with them how sharp the softmax is.
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
        "normalise": True,  # see the top
        "temperature": None,
        "clustering": "joint",
        "clustering_temperature": None,
        "clustering_normalise": False,
        "instance_temperature": 0.07,
    },
    "clusters": {
        "count": 8,
        "start_epoch": 12,
        "start_share": None,
        "queue_batches": 4,
        "queue_reset": False,
        "refit_every": 20,
        "refit_share": None,
        "warm_start": True,
        "queue_before": False,
        "spherical": False,
        "plain_means": False,
        "iterations": 20,
        "tolerance": 0.0,
    },
    "schedule": {
        "least_steps": 0,
        "patience": None,
        "patience_share": None,
        "warmup_epochs": 0,
        "warmup_share": None,
        "warmup_from": 1.0,
        "cycle_epochs": 20,
        "cycle_factor": 2,
        "floor": 1e-6,
        "stepwise": False,
    },
}

# The authors' modules as they compute: heads, k-means, losses, schedule. What the release leaves open or this preset
# leaves out:
# - Several losses need weights, which the release does not name: with none it stops at an assertion. They are 1 here.
# - It has no configuration of pretraining. Its defaults multiply the base rate by 0.75 at each restart of the schedule,
#   its downstream configuration does not; nor does this preset. Widths are those of configs/official-code.yaml.
# - k-means labels are those before the last move of the centroids there (which is below the tolerance); here, after it.
# - Losses on validation rows use the last centroids of training; there, each validation batch is clustered anew and
#   enters the queue.
# - Utterances without a modality are masked; there, they do not exist.
# - Mean and deviation of frames2d are swapped there; faces are found in BGR and boxes of all frames are joined and
#   squashed to 180 x 180; class weights of downstream training are typed in (CAER: the frequencies instead of their
#   inverse; CMU-MOSEI and MELD in a wrong order, with Fear and Surprise exchanged); downstream training sees 10
#   augmented copies of each clip; its rate and decay are typed in, too.
OFFICIAL_CODE: dict[str, dict[str, Any]] = {
    "architecture": {
        "gated": True,
        "representation_relu": True,
        "residual": False,
        "narrow": ("audio",),
        "projection_shared": True,
        "projection_batch_norm": True,
        "projection_relu": True,
        "decoder_relu": True,
        "standardise": False,
    },
    "objective": {**PAPER["objective"], "reduction": "mean"},
    "clusters": {
        **PAPER["clusters"],
        "queue_reset": True,
        "refit_every": 1,
        "warm_start": False,
        "queue_before": True,
        "spherical": True,
        "plain_means": True,
        "iterations": 100,
        "tolerance": 1e-4,
    },
    "schedule": {**PAPER["schedule"], "warmup_epochs": 5, "warmup_from": 0.1, "patience": 15},
}

# What keeps networks from collapsing, and what learns more on data whose truth is known (docs/control.md):
# - standardised inputs, for one loud stream drowns all other losses;
# - batch norm in the projection head, with which rates from 3e-4 to 3e-3 do alike;
# - a temperature, for unit vectors without one move the loss by a nat at most;
# - clustering by cosine, bounded on both sides: plain dot products grow until one centroid takes all;
# - one cycle of the rate that ends with training, enough steps on a small corpus, and an early end where it only learns
#   its rows by heart;
# - clusters that start after a fifth of training and are fitted again at least four times an epoch;
# - a lighter reconstruction: what a modality has for itself is most of its vector, and no other modality tells it.
IMPROVED: dict[str, dict[str, Any]] = {
    "architecture": {**PAPER["architecture"], "projection_batch_norm": True, "standardise": True},
    "objective": {
        **PAPER["objective"],
        "temperature": 0.1,
        "reconstruction_weight": 0.1,
        "clustering_temperature": 0.1,
        "clustering_normalise": True,
    },
    "clusters": {**PAPER["clusters"], "start_share": 0.2, "refit_share": 0.25, "spherical": True},
    "schedule": {
        **PAPER["schedule"],
        "least_steps": 200,
        "patience_share": 0.3,
        "warmup_share": 0.1,
        "warmup_from": 0.1,
        "cycle_epochs": None,
        "cycle_factor": 1,
        "stepwise": True,
    },
}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {"paper": PAPER, "official-code": OFFICIAL_CODE, "improved": IMPROVED}

# `improved` but for one switch (or those that only make sense together): the rows of the ablation table. To add one,
# add an entry, or a preset of your own in the configuration.
VARIANTS: dict[str, dict[str, Any]] = {
    "improved-without-standardise": {"architecture": {"standardise": False}},
    "improved-without-batch-norm": {"architecture": {"projection_batch_norm": False}},
    "improved-without-temperature": {"objective": {"temperature": None}},
    "improved-with-plain-clustering": {
        "objective": {"clustering_temperature": None, "clustering_normalise": False},
        "clusters": {"spherical": False},
    },
    "improved-with-restarts": {"schedule": {"cycle_epochs": 20, "cycle_factor": 2, "stepwise": False}},
    "improved-with-seldom-clusters": {"clusters": {"refit_share": None}},
    "improved-with-late-clusters": {"clusters": {"start_share": 0.4}},
    "improved-with-clusters-anew": {
        "clusters": {"queue_reset": True, "queue_before": True, "refit_every": 1, "warm_start": False}
    },
    "improved-with-individual-clustering": {"objective": {"clustering": "individual"}},
    "improved-with-mean": {"objective": {"reduction": "mean"}},
    "improved-with-full-reconstruction": {"objective": {"reconstruction_weight": 1.0}},
    "improved-with-residual": {"architecture": {"residual": True}},
    "improved-with-gate": {"architecture": {"gated": True}},
    "improved-with-relu": {"architecture": {"representation_relu": True, "decoder_relu": True}},
    "improved-with-shared-projection": {"architecture": {"projection_shared": True}},
}


def changes_of(name: str, presets: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the built-in preset that `name` is or is based on, and by part what differs from it.

    `presets` are the configuration's presets: `based_on`, and what differs.
    """
    if name in presets:
        return presets[name]["based_on"], {part: value for part, value in presets[name].items() if part != "based_on"}
    return ("improved", VARIANTS[name]) if name in VARIANTS else (name, {})


def switches(name: str, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return all switches of the preset `name`, a built-in one, a variant or one of `presets`."""
    base, changes = changes_of(name, presets)
    values = copy.deepcopy(PRESETS[base])
    for part, changed in changes.items():
        values[part] |= changed
    return values
