"""Probabilities that mean what they say: one temperature, fitted on validation (Guo et al. 2017, temperature scaling).

Logits are divided by it, so no decision changes: neither the highest of several probabilities nor which lie above 0.5.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar

from conclugen.data.cross_validation import Fold
from conclugen.evaluation import calibration
from conclugen.evaluation.predictions import read
from conclugen.evaluation.truth import Truth, read_truth

LEAST_ROWS = 50  # of validation: of fewer, the temperature is mostly noise
RANGE = (0.05, 20.0)  # where it is looked for; beyond, all probabilities are alike or all are 0 and 1
SMALLEST = 1e-7  # probability, as float32 keeps it beside 1


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What was fitted, and what it does to utterances that it was not fitted on.

    Attributes:
        temperature: 1 where nothing was fitted.
        rows: validation utterances with a known label.
        test_rows: test utterances with a known label.
        before, after: expected calibration error on these (`evaluation.calibration`).
    """

    temperature: float
    rows: int
    test_rows: int
    before: float
    after: float


def tempered(scores: np.ndarray, task: str, temperature: float) -> np.ndarray:
    """Return probabilities (N, C) of the same logits divided by `temperature`; NaN stays, as does sentiment."""
    if task == "regression" or temperature == 1:
        return scores
    probabilities = np.clip(scores.astype(float), SMALLEST, 1 - SMALLEST)
    if task == "multi":
        return 1 / (1 + (1 / probabilities - 1) ** (1 / temperature))
    logits = np.log(probabilities) / temperature
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def fitted(truth: np.ndarray, scores: np.ndarray, task: str) -> float:
    """Return the temperature under which labels (N, C), NaN for unknown, are likeliest, given probabilities (N, C)."""

    def cost(log_temperature: float) -> float:
        probabilities = np.clip(tempered(scores, task, float(np.exp(log_temperature))), SMALLEST, 1 - SMALLEST)
        likely = truth * np.log(probabilities) + ((1 - truth) * np.log(1 - probabilities) if task == "multi" else 0)
        return -float(np.nanmean(likely))

    return float(np.exp(minimize_scalar(cost, bounds=tuple(np.log(RANGE)), method="bounded").x))


def calibrate(
    manifest: Path, target: str, predictions: Path, seed: int, fold: Fold | None = None
) -> Calibration | None:
    """Return the calibration of a seed's head, from the predictions that it wrote, in the turn of a
    fold where there are any; None for sentiment.

    Validation labels alone choose the temperature; test labels only say how far it holds.
    """
    valid = read_truth(manifest, target, "valid", fold)
    if valid.task == "regression":
        return None
    scores = _scores(predictions, valid, seed)
    temperature = fitted(valid.labels, scores, valid.task) if len(scores) >= LEAST_ROWS else 1.0
    test = read_truth(manifest, target, fold=fold)
    test_scores = _scores(predictions, test, seed)
    errors = [
        calibration.compute(test.labels, tempered(test_scores, test.task, divisor), test.task)
        for divisor in (1, temperature)
    ]
    return Calibration(temperature, len(scores), len(test_scores), *map(float, errors))


def _scores(folder: Path, truth: Truth, seed: int) -> np.ndarray:
    predictions = read(folder, truth)
    return predictions.scores[predictions.seeds.index(seed)]
