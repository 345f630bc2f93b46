"""What can be had without looking at the data: the rows that every table starts with."""

from __future__ import annotations

import numpy as np

from conclugen.evaluation.regression import seven
from conclugen.evaluation.truth import Truth

SEED = 0

DRAWS = 100  # of `prior sampling`


def rows(truth: Truth, draws: int = DRAWS) -> dict[str, np.ndarray]:
    """Return scores (S, N, C) of each chance row, by name, in table order.

    `majority` decides by the training priors (multi-label: class by class). `all-negative` and `all-positive`
    (multi-label only) never and always say yes. `training priors` gives the priors themselves as probabilities.
    `prior sampling` draws each decision from the training priors, `draws` times; the others have S = 1. Sentiment: the
    training split's median, its mean, its most common of seven classes, its more common sign (as 1 or -1), and values
    drawn from it. Of folds, each is guessed from what the others know.
    """
    if truth.folds:  # in its turn each fold has priors of its own
        by_fold = [rows(fold, draws) for fold in truth.folds]
        return {name: np.concatenate([fold_scores[name] for fold_scores in by_fold], axis=1) for name in by_fold[0]}
    count, priors = len(truth.ids), truth.priors
    if truth.task == "regression":
        return _sentiment(truth, draws)
    if truth.task == "multi":
        chance_scores = {
            "majority": np.tile(priors > 0.5, (1, count, 1)),
            "all-negative": np.zeros((1, count, len(priors))),
            "all-positive": np.ones((1, count, len(priors))),
        }
    else:
        chance_scores = {"majority": np.tile(np.eye(len(priors))[priors.argmax()], (1, count, 1))}
    total = priors.sum() if truth.task == "single" and priors.sum() > 0 else 1
    chance_scores["training priors"] = np.tile(priors / total, (1, count, 1))
    chance_scores["prior sampling"] = _sample(truth, draws)
    return {name: scores.astype(np.float32) for name, scores in chance_scores.items()}


def _sentiment(truth: Truth, draws: int) -> dict[str, np.ndarray]:
    known = truth.train[~np.isnan(truth.train)]
    known = known if len(known) else np.zeros(1)
    classes, counts = np.unique(seven(known), return_counts=True)
    constants = {
        "training median": np.median(known),
        "training mean": known.mean(),
        "majority of seven": classes[counts.argmax()],
        "majority sign": 1.0 if (known > 0).sum() >= (known < 0).sum() else -1.0,
    }
    shape = (len(truth.ids), 1)
    chance_scores = {name: np.full((1, *shape), value) for name, value in constants.items()}
    chance_scores["prior sampling"] = np.random.default_rng(SEED).choice(known, size=(draws, *shape))
    return {name: scores.astype(np.float32) for name, scores in chance_scores.items()}


def _sample(truth: Truth, draws: int) -> np.ndarray:
    generator, (count, classes) = np.random.default_rng(SEED), truth.labels.shape
    if truth.task == "multi":
        return generator.random((draws, count, classes)) < truth.priors
    total = truth.priors.sum()
    shares = truth.priors / total if total > 0 else np.full(classes, 1 / classes)
    return np.eye(classes)[generator.choice(classes, size=(draws, count), p=shares)]
