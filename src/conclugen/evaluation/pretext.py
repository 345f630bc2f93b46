"""How the networks behind a row did their own task: what every table tells beside the score.

A classifier can score well on top of a network that tells nothing apart, where the input stands beside it, or where the
labels are easy. So each row carries the verdict on its networks (`pretrain/health.py`), the worst of them in `pretext`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conclugen.pretrain.verdict import COLLAPSED, WORDS

Network = Mapping[str, Any]

UNKNOWN = "unknown"  # predictions that do not say which network they come from
NUMBERS = (
    "mms_share",
    "clustering_share",
    "reconstruction_share",
    "infonce_share",
    "retrieval",
    "retrieval_chance",
    "effective_rank",
    "mean_cosine",
    "clusters_used",
    "cluster_entropy_share",
)
WORD_COLUMNS = ("pretext", "networks", "networks_collapsed")


def word_cells(networks: Sequence[Network | None] | None) -> dict[str, Any]:
    """Return `pretext` (the worst word of the networks), how many networks there are, and how many have collapsed.

    `networks`: `downstream.networks.origin` of each seed, the same network more than once; None for predictions that
    do not tell. The cells are empty for a row without network, and for a control, which was trained for nothing.
    """
    if networks is None:
        return {"pretext": UNKNOWN, "networks": None, "networks_collapsed": None}
    words = [pretext["pretext"] for pretext in distinct(networks)]
    if not words:
        return {"pretext": "", "networks": None, "networks_collapsed": None}
    worst = max(words, key=WORDS.index)
    return {"pretext": worst, "networks": len(words), "networks_collapsed": words.count(COLLAPSED)}


def cells(networks: Sequence[Network | None] | None) -> dict[str, Any]:
    """Return `word_cells`, and as `pretext_{name}` the mean over networks of each of `NUMBERS`, empty if undefined."""
    by_network = [pretext["numbers"] for pretext in distinct(networks or ())]
    means = {}
    for name in NUMBERS:
        known = [numbers[name] for numbers in by_network if numbers.get(name) is not None]
        means[f"pretext_{name}"] = float(np.mean(known)) if known else math.nan
    return word_cells(networks) | means


def distinct(networks: Sequence[Network | None]) -> list[Mapping[str, Any]]:
    """Return the pretext of each different network, in order."""
    pretexts = {
        _of(network): network["pretext"]
        for network in networks
        if network is not None and network["pretext"] is not None
    }
    return list(pretexts.values())


def _of(network: Network) -> tuple[str, str]:
    """What tells one network from another: its seed, and its weights, since each fold has a seed 0."""
    return network["name"], network["pretext"].get("weights_sha256", "")


def flag(row: Mapping[str, Any]) -> str:
    """Return what people are told of a row of a table whose networks have collapsed; empty for every other."""
    if row["pretext"] != COLLAPSED:
        return ""
    return f"COLLAPSED: {row['networks_collapsed']} of {row['networks']} networks"
