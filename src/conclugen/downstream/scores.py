"""The headline metric on tensors: what chooses epochs and hyper-parameters on the validation split. Higher is better.

The published metrics live in the evaluation package, which no training imports, so that a change there trains nothing
again; a test holds the two together.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from conclugen.data.scales import DIMENSION_RANGE


def headline(logits: torch.Tensor, targets: torch.Tensor, task: str) -> torch.Tensor:
    """Return what is to be as high as possible (…), of logits (…, N, C) against targets (…, N, C), NaN for unknown.

    Multi-label: the mean over classes of (recall + specificity) / 2 at probability 0.5, over the classes that have
    both kinds. Single label: the mean recall over the classes that occur (unweighted average recall). Regression: the
    mean absolute error, negative. NaN where no class counts.
    """
    if task == "regression":
        return -(outputs(logits, task) - targets).abs().double().nanmean((-2, -1))
    known, positive = ~targets.isnan(), targets > 0.5
    if task == "multi":
        predicted = logits > 0
        recall = _share(predicted, positive & known)
        specificity = _share(~predicted, ~positive & known)
        return ((recall + specificity) / 2).nanmean(-1)
    predicted = functional.one_hot(logits.argmax(-1), logits.shape[-1]).bool()
    return _share(predicted, positive & known).nanmean(-1)


def _share(hit: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
    """Share of `among` (…, N, C) that is `hit`, by class (…, C); NaN where `among` is empty."""
    return (hit & among).sum(-2).double() / among.sum(-2).double()


def weights(targets: torch.Tensor, task: str) -> torch.Tensor:
    """Return class weights (C,) from training targets (M, C); 1 for regression.

    Multi-label: negatives / positives, for BCE. Single label: M / (C · count), for cross-entropy: rare classes weigh
    more. A class without positives (or, multi-label, without negatives) has no ratio and gets weight 1.
    """
    if task == "regression":
        return torch.ones(targets.shape[1])
    known = ~targets.isnan()
    positive = ((targets > 0.5) & known).sum(0).double()
    total = known.sum(0).double()
    ratio = (total - positive) / positive if task == "multi" else total / (len(positive) * positive)
    usable = (positive > 0) & ((positive < total) | (task == "single"))
    return torch.where(usable, ratio, torch.ones_like(ratio)).float()


def first_bias(targets: torch.Tensor, task: str) -> torch.Tensor:
    """Return where the biases (C,) of a head start: 0, and for regression the median of the training targets (M, C)."""
    if task == "regression":
        return targets.nanmedian(0).values.nan_to_num(0)
    return torch.zeros(targets.shape[1])


def loss(logits: torch.Tensor, targets: torch.Tensor, class_weights: torch.Tensor, task: str) -> torch.Tensor:
    """Return the loss (…) of logits (…, N, C) against targets broadcastable to them, NaN for unknown.

    Multi-label: binary cross-entropy with `class_weights` (…, 1, C) on the positives, averaged over known labels.
    Single label: cross-entropy, averaged with the weight of each true class. Regression: smooth L1 of
    the logits as they are: half the square of errors below 1. 0 where no label is known.
    """
    known = ~targets.isnan()
    wanted = torch.where(known, targets, torch.zeros_like(targets))
    if task == "multi":
        cost = -class_weights * wanted * functional.logsigmoid(logits) - (1 - wanted) * functional.logsigmoid(-logits)
        weight = known.to(logits.dtype).expand_as(logits)
    elif task == "regression":
        cost = functional.smooth_l1_loss(logits, wanted.expand_as(logits), reduction="none")
        weight = known.to(logits.dtype).expand_as(logits)
    else:
        cost = -functional.log_softmax(logits, dim=-1)
        weight = (class_weights * wanted).expand_as(logits)
    return (cost * weight).sum((-2, -1)) / weight.sum((-2, -1)).clamp_min(1e-12)


def outputs(logits: torch.Tensor, task: str) -> torch.Tensor:
    """Sigmoid (multi-label), softmax (single label) or, for regression, what lies in the range of labels, (…, C)."""
    if task == "regression":
        return logits.clamp(*DIMENSION_RANGE)
    return logits.sigmoid() if task == "multi" else logits.softmax(-1)
