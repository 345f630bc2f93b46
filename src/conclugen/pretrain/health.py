"""Whether a network learned its pretext task: what is measured, and the verdict on it.

A downstream score cannot tell: a network whose clips all lie in one point still scores what its input scores, where the
input stands beside it. So each network is measured on validation rows by what it was trained for: losses between chance
and best, cross-modal retrieval, and how far apart its vectors lie.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import torch
from scipy.special import bdtrc
from torch.nn import functional

from conclugen.losses.bounds import share
from conclugen.models.network import Outputs
from conclugen.pretrain.objective import loss_module
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.verdict import COLLAPSED, LEARNED, WEAK, Verdict

MOST_ROWS = 1024  # measured; retrieval costs their square
RANK_ROWS = 512  # whose spectrum is measured; a bound of the effective rank
LEAST_RANK, MOST_COSINE = 2.0, 0.98  # a representation below, or above, is nearly one line, or one point
LEAST_SHARE = 0.02  # of the way from chance to best; less is chance
LEARNED_SHARE = 0.1
LEAST_ENTROPY = 0.1  # of log K
# By what a loss compares, the share of the way to its best from which on it counts as learned. Of a modality that is
# told from the others, most is its own: little can be explained.
LEARNED_FROM = {"modalities": LEARNED_SHARE, "views": LEARNED_SHARE, "others": LEAST_SHARE}

Present = Mapping[str, torch.Tensor]
Numbers = dict[str, float]


def effective_rank(values: torch.Tensor) -> float:
    """Return exp of the entropy of the normalised singular values of centred `values` (N, D) (Roy and Vetterli 2007).

    At most `RANK_ROWS` rows are used, evenly spaced. 1 for vectors on a line, 0 where all are alike or there is one.

    >>> effective_rank(torch.eye(4)) > 2.9
    True
    """
    rows = evenly(len(values), RANK_ROWS).to(values.device)
    centred = values[rows].double()
    centred = centred - centred.mean(0)
    if len(centred) < 2 or not bool(centred.square().sum() > 1e-20 * values[rows].double().square().sum()):
        return 0.0
    # The Gram matrix has the squares of the singular values, and is small however wide the vectors are.
    gram = centred @ centred.T if centred.shape[0] <= centred.shape[1] else centred.T @ centred
    weights = torch.linalg.eigvalsh(gram).clamp_min(0).sqrt()
    weights = weights[weights > 1e-7 * weights.max()]
    weights = weights / weights.sum()
    return math.exp(-float((weights * weights.log()).sum()))


def mean_cosine(values: torch.Tensor) -> float:
    """Return the mean cosine between two different rows of `values` (N, D); 1 for one point, NaN for a single row."""
    count = len(values)
    if count < 2:
        return math.nan
    unit = functional.normalize(values.double(), dim=1)
    # The sum over all pairs is the square of the summed vectors; the diagonal is taken off.
    return float((unit.sum(0).square().sum() - unit.square().sum()) / (count * (count - 1)))


def retrieval(projections: Mapping[str, torch.Tensor], present: Present) -> tuple[float, float, int, int]:
    """Return cross-modal recall at 1 over all ordered pairs of modalities, its chance, hits and queries.

    `projections` (N, P) by modality; a query in one modality is right when the nearest vector of another modality,
    by cosine, is that of the same row. Ties count as their share: vectors that are all alike score chance.
    """
    hits, chances, queries = 0.0, 0.0, 0
    for first, second in itertools.permutations(projections, 2):
        joint = present[first] & present[second]
        if int(joint.sum()) < 2:
            continue
        unit = [functional.normalize(projections[m][joint].float(), dim=1) for m in (first, second)]
        similarity = unit[0] @ unit[1].T
        top = similarity >= similarity.max(1, keepdim=True).values - 1e-6
        hits += float((top.diagonal() / top.sum(1)).sum())
        chances, queries = chances + 1.0, queries + len(similarity)
    return (hits / queries, chances / queries, round(hits), queries) if queries else (math.nan, math.nan, 0, 0)


def binomial_p(hits: int, queries: int, chance: float) -> float:
    """Return the probability of at least so many hits by chance.

    >>> binomial_p(0, 10, 0.1)
    1.0
    >>> round(binomial_p(2, 2, 0.1), 4)
    0.01
    """
    if not queries:
        return math.nan
    return float(bdtrc(hits - 1, queries, chance)) if hits else 1.0


def measure(outputs: Outputs, present: Present, losses: Mapping[str, float], settings: Settings) -> Numbers:
    """Return the measures of a network on rows whose `outputs`, presence and `losses` are given, by name.

    For each loss its value, chance, best and share of the way; `retrieval` and its chance; `effective_rank` and
    `mean_cosine` of the representations, the mean over modalities.
    """
    numbers: Numbers = {"rows": len(next(iter(present.values())))}
    for name, value in losses.items():
        chance, best = loss_module(name).bounds(outputs, present, settings)
        numbers |= {name: value, f"{name}_chance": chance, f"{name}_best": best}
        numbers[f"{name}_share"] = share(value, chance, best)
    if "modalities" in compared(settings).values() and outputs.projection:
        recall, chance, hits, queries = retrieval(outputs.projection, present)
        numbers |= {"retrieval": recall, "retrieval_chance": chance}
        numbers["retrieval_p"] = binomial_p(hits, queries, chance)
    representations = [
        value[present[m]].float() for m, value in outputs.representation.items() if bool(present[m].any())
    ]
    for name, metric in (("effective_rank", effective_rank), ("mean_cosine", mean_cosine)):
        values = [metric(value) for value in representations]
        numbers[name] = sum(values) / len(values) if values else math.nan
    return numbers


def judge(numbers: Numbers, trained: Numbers, untrained: Numbers, settings: Settings) -> Verdict:
    """Return the verdict on a network measured on validation rows (`numbers`) and on training rows (`trained`), beside
    the same network before training (`untrained`), on validation rows.

    Collapsed: the vectors are nearly one line or one point; or all clips are in one cluster; or a contrast is at chance
    on the training rows themselves while the vectors have drawn together; or a reconstruction alone is at chance.
    """
    rank, cosine = numbers["effective_rank"], numbers["mean_cosine"]
    if rank < LEAST_RANK or cosine > MOST_COSINE:
        shape = (
            f"the representations of all clips are nearly alike (effective rank {rank:.1f}, mean cosine {cosine:.2f})"
        )
        return Verdict(COLLAPSED, f"{shape}; {_cause(settings)}")
    if numbers.get("clusters_used", 2) < 2 or numbers.get("cluster_entropy_share", 1) < LEAST_ENTROPY:
        return Verdict(COLLAPSED, f"clustering has drawn all clips to one centroid; {_cause(settings)}")
    contrasts = compared(settings)
    flat = [name for name in contrasts if trained[f"{name}_share"] < LEAST_SHARE]
    drawn = rank < untrained["effective_rank"] / 2 or 1 - cosine < (1 - untrained["mean_cosine"]) / 2
    if flat and drawn:
        return Verdict(COLLAPSED, f"{flat[0]} is at chance on the training rows themselves; {_cause(settings)}")
    if not contrasts:
        explained = numbers[f"{next(name for name in settings.losses if name != 'clustering')}_share"]
        if explained < LEAST_SHARE:
            return Verdict(COLLAPSED, f"the decoders rebuild no more than the mean vector; {_cause(settings)}")
        word = LEARNED if explained >= LEARNED_SHARE else WEAK
        return Verdict(word, "" if word == LEARNED else "the decoders explain hardly any variance")
    return _contrast_verdict(numbers, contrasts)


def compared(settings: Settings) -> dict[str, str]:
    """Return what each loss compares, of those that compare anything: modalities or views with each other, or a
    modality with what the others tell of it."""
    compares = {name: getattr(loss_module(name), "COMPARES", "") for name in settings.losses}
    return {name: what for name, what in compares.items() if what}


def _contrast_verdict(numbers: Numbers, contrasts: Mapping[str, str]) -> Verdict:
    """`learned` where every contrast is better than chance on rows that were not trained on, beyond doubt."""
    for name, what in contrasts.items():
        if what == "modalities" and not numbers["retrieval_p"] < 0.001:
            return Verdict(
                WEAK, "retrieval on rows not trained on is not beyond chance: too little is shared, or learned"
            )
        if numbers[f"{name}_share"] < LEARNED_FROM[what]:
            return Verdict(WEAK, f"{name} on rows not trained on is near chance: too little is shared, or learned")
    return Verdict(LEARNED, "")


def _cause(settings: Settings) -> str:
    """The likeliest cause of a collapse, by what the settings leave unbounded."""
    if "clustering" in settings.losses and not settings.objective.clustering_normalise:
        return "likely since clustering logits are unbounded (objective.clustering_normalise: true bounds them)"
    if not settings.architecture.standardise:
        return "likely since inputs are not standardised (architecture.standardise: true)"
    if settings.schedule.cycle_epochs is not None:
        return "likely since the rate restarts (schedule.cycle_epochs: null ends one cycle with training)"
    return f"likely since the rate ({settings.learning_rate:g}) does not suit the corpus; try a tenth of it"


def evenly(count: int, most: int) -> torch.Tensor:
    """Return at most `most` row numbers of `count`, evenly spaced, (M,) int64."""
    if count <= most:
        return torch.arange(count)
    return torch.div(torch.arange(most) * count, most, rounding_mode="floor")
