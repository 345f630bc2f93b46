"""Linear representations that are computed, not trained: principal components, and generalised canonical correlation.

Both see a modality X_m (n_m, D_m) as its rows in which it is present, each column shifted and scaled by training rows.
Rows are taken in blocks: memory is that of the features and of the squares of the widths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import scipy.linalg
import torch

from conclugen.models.heads import Standardise

ROWS_AT_ONCE = 8192
LEAST_VARIANCE = 1e-8  # of the largest: what float32 still tells from rounding
MOST_SHRINKAGE = 0.999

Tensors = Mapping[str, torch.Tensor]


def principal(values: torch.Tensor, present: torch.Tensor, scale: Standardise, width: int) -> np.ndarray:
    """Return the first principal axes (K, D) of the present rows of `values` (N, D), the strongest first.

    K is `width`, or less where there are fewer columns, fewer rows less one, or fewer directions that vary.
    """
    count, second, _ = _second_moment(values, present, scale)
    variances, axes = _decompose(second / max(count, 1))
    return _upright(axes.T[: min(width, max(0, count - 1), _varying(variances))])


def canonical(
    values: Tensors, present: Tensors, scales: Mapping[str, Standardise], width: int
) -> dict[str, np.ndarray]:
    """Return, by modality, U_mᵀ (K, D_m): MAXVAR generalised canonical correlation (Kettenring 1971).

    What all modalities have in common, G (N, K) with GᵀG = I, is what has the least Σ_m |K_m (G − X_m U_m)|², where K_m
    keeps the rows in which m is present (van de Velden & Takane 2012): the first eigenvectors of
    K^-½ (Σ_m X_m C_m⁻¹ X_mᵀ) K^-½, with K = Σ_m K_m. C_m is X_mᵀ X_m with a ridge as large as the shrinkage of Ledoit
    & Wolf (2004) asks for. The N × N matrix is A Aᵀ with A = K^-½ [X_m C_m^-½]; here AᵀA is decomposed instead.

    K is `width`, or less where no modality has so many columns, or the rows less one are fewer.
    """
    names = list(values)
    roots = {m: _inverse_root(*_second_moment(values[m], present[m], scales[m])) for m in names}
    ends = np.cumsum([0, *(len(roots[m]) for m in names)])
    parts = {m: slice(start, end) for m, start, end in zip(names, ends[:-1], ends[1:], strict=True)}
    gram = np.zeros((ends[-1], ends[-1]))
    for block in _joint_blocks(values, present, scales, parts):
        gram += block.T @ block
    outer = scipy.linalg.block_diag(*(roots[m] for m in names))
    gram = outer @ gram @ outer
    rows = int(torch.stack([present[m] for m in names]).any(0).sum())
    most = min(width, max(len(root) for root in roots.values()), rows - 1)
    correlations, axes = _decompose(gram, most)
    count = min(most, _varying(correlations))
    solution = _upright((outer @ (axes[:, :count] * np.sqrt(correlations[:count]))).T)
    return {m: solution[:, parts[m]] for m in names}


def ridge(count: int, second: np.ndarray, fourth: float) -> float:
    """Return what is added to the diagonal of X'X (D, D) of `count` rows so that it is shrunk by the share that Ledoit
    & Wolf (2004) estimate; `fourth`: the sum of the rows' fourth powers of length."""
    width, covariance = len(second), second / count
    mean = np.trace(covariance) / width
    squares = float((covariance**2).sum())
    noise, apart = (fourth / count - squares) / (width * count), squares / width - mean**2
    share = min(noise / apart, MOST_SHRINKAGE) if apart > 0 else MOST_SHRINKAGE
    return count * mean * share / (1 - share)


def _second_moment(values: torch.Tensor, present: torch.Tensor, scale: Standardise) -> tuple[int, np.ndarray, float]:
    """The number of present rows, the sum of their outer products (D, D), and of their fourth powers of length."""
    second, fourth = np.zeros((values.shape[1], values.shape[1])), 0.0
    for block, present_rows in zip(values.split(ROWS_AT_ONCE), present.split(ROWS_AT_ONCE), strict=True):
        rows = scale(block[present_rows]).double().numpy()
        second += rows.T @ rows
        fourth += float(((rows**2).sum(1) ** 2).sum())
    return int(present.sum()), second, fourth


def _inverse_root(count: int, second: np.ndarray, fourth: float) -> np.ndarray:
    """C_m^-½ (D, D); zero for a modality that never varies."""
    if not second.any():
        return np.zeros_like(second)
    strengths, axes = np.linalg.eigh(second + ridge(count, second, fourth) * np.eye(len(second)))
    usable = strengths > LEAST_VARIANCE * strengths[-1]
    return (axes[:, usable] / np.sqrt(strengths[usable])) @ axes[:, usable].T


def _joint_blocks(
    values: Tensors, present: Tensors, scales: Mapping[str, Standardise], parts: Mapping[str, slice]
) -> Iterator[np.ndarray]:
    """Blocks of the rows K^-½ [X_m]: modalities side by side, zero where absent, lighter the more there are."""
    total = max(part.stop for part in parts.values())
    count = len(next(iter(values.values())))
    for start in range(0, count, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        rows_present = {m: present[m][rows].numpy() for m in parts}
        together = np.maximum(1, np.sum(list(rows_present.values()), axis=0))
        block = np.zeros((len(together), total))
        for m, part in parts.items():
            block[rows_present[m], part] = scales[m](values[m][rows][rows_present[m]]).double().numpy()
        yield block / np.sqrt(together)[:, None]


def _decompose(symmetric: np.ndarray, most: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (K,), falling, and eigenvectors (D, K), all or the first `most`."""
    size = len(symmetric)
    largest = None if most is None else (size - max(1, min(most, size)), size - 1)
    strengths, axes = scipy.linalg.eigh(symmetric, subset_by_index=largest)
    return strengths[::-1], axes[:, ::-1]


def _varying(strengths: np.ndarray) -> int:
    """How many of falling eigenvalues tell something."""
    return int((strengths > LEAST_VARIANCE * strengths[0]).sum()) if strengths[0] > 0 else 0


def _upright(axes: np.ndarray) -> np.ndarray:
    """Axes (K, D) with the largest entry of each above 0; a single one of zeros where there are none."""
    if not len(axes):
        return np.zeros((1, axes.shape[1]))
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])
    return axes * np.where(signs == 0, 1, signs)[:, None]
