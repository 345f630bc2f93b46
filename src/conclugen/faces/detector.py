"""Face detection in batches of frames: the MTCNN cascade.

Zhang, Zhang, Li, Qiao (2016), figure 1: proposals on an image pyramid, refinement, decision; each followed by
non-maximum suppression. Candidates of the second and third stage are cut by bilinear sampling from the halved copy of
the frame that is nearest in scale. Coordinates are continuous: pixel (0, 0) covers 0..1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate

from conclugen.faces.boxes import Faces, overlap, squares
from conclugen.faces.mtcnn import load_networks, preprocess

WINDOW, STRIDE = 12, 2  # P-Net's field of view and step
FACTOR = 0.709  # between levels of the pyramid: half the area
PROPOSAL, REFINEMENT = 0.6, 0.7  # probabilities that let a candidate pass the first and the second stage
BATCH = 512  # candidates at a time


@dataclasses.dataclass(frozen=True)
class _Candidates:
    """Candidates of all frames of a batch: frame (n,) index, box (n, 4), score (n,)."""

    frame: np.ndarray
    box: np.ndarray
    score: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> _Candidates:
        return _Candidates(self.frame[rows], self.box[rows], self.score[rows])


class Detector:
    """MTCNN on the CPU. Raises WeightsError where the weights are missing or altered."""

    def __init__(self) -> None:
        self._proposal, self._refinement, self._output = load_networks()

    @torch.inference_mode()
    def __call__(self, images: np.ndarray, min_face: float, min_probability: float) -> list[Faces]:
        """Return the faces of each of N frames (N, H, W, 3) RGB uint8; a frame without a face gives an empty Faces.

        Args:
            images: frames of one size.
            min_face: smallest longer side of a face, pixels.
            min_probability: of a face to be returned.
        """
        halved = _halved(preprocess(torch.from_numpy(images)))
        candidates = self._refine(self._propose(halved, min_face), halved)
        candidates, landmarks = self._decide(candidates, halved, min_face, min_probability)
        faces = []
        for frame in range(len(images)):
            rows = np.flatnonzero(candidates.frame == frame)
            rows = rows[np.argsort(-candidates.score[rows], kind="stable")]
            faces.append(Faces(candidates.box[rows], landmarks[rows], candidates.score[rows]))
        return faces

    def _propose(self, halved: list[Tensor], min_face: float) -> _Candidates:
        height, width = halved[0].shape[2:]
        scale, levels = WINDOW / max(min_face, WINDOW), [_nothing()]
        while min(height, width) * scale >= WINDOW:
            levels.append(self._propose_at(halved, scale))
            scale *= FACTOR
        parts = zip(*((level.frame, level.box, level.score) for level in levels), strict=True)
        candidates = _Candidates(*(np.concatenate(part) for part in parts))
        return candidates[_suppress(candidates, 0.7)]

    def _propose_at(self, halved: list[Tensor], scale: float) -> _Candidates:
        height, width = halved[0].shape[2:]
        size = (max(WINDOW, round(height * scale)), max(WINDOW, round(width * scale)))
        source = [level for level in halved if level.shape[2] >= size[0] and level.shape[3] >= size[1]][-1]
        score, shift = self._proposal(interpolate(source, size=size, mode="area"))
        frame, row, column = (index.numpy() for index in torch.nonzero(score >= PROPOSAL, as_tuple=True))
        corner = np.stack([column, row], 1) * STRIDE
        stretch = np.array([width / size[1], height / size[0]])
        windows = np.concatenate([corner * stretch, (corner + WINDOW) * stretch], 1).astype(np.float32)
        candidates = _Candidates(frame, windows, score.numpy()[frame, row, column])
        kept = _suppress(candidates, 0.5)
        candidates = candidates[kept]
        shift = shift.numpy()[frame[kept], :, row[kept], column[kept]]
        return _Candidates(candidates.frame, _corrected(candidates.box, shift), candidates.score)

    def _refine(self, candidates: _Candidates, halved: list[Tensor]) -> _Candidates:
        if not len(candidates.score):
            return candidates
        square = squares(candidates.box, 0)
        score, shift = _in_batches(self._refinement, _cut(halved, candidates.frame, square, 24))
        good = score >= REFINEMENT
        candidates, shift = _Candidates(candidates.frame, square, score)[good], shift[good]
        kept = _suppress(candidates, 0.7)
        candidates = candidates[kept]
        return _Candidates(candidates.frame, _corrected(candidates.box, shift[kept]), candidates.score)

    def _decide(
        self, candidates: _Candidates, halved: list[Tensor], min_face: float, min_probability: float
    ) -> tuple[_Candidates, np.ndarray]:
        """Return the faces and their landmarks (n, 5, 2)."""
        if not len(candidates.score):
            return candidates, np.zeros((0, 5, 2), np.float32)
        square = squares(candidates.box, 0)
        score, shift, points = _in_batches(self._output, _cut(halved, candidates.frame, square, 48))
        side = square[:, 2:] - square[:, :2]
        landmarks = points.transpose(0, 2, 1) * side[:, None] + square[:, None, :2]
        box = _corrected(square, shift)
        good = (score >= min_probability) & ((box[:, 2:] - box[:, :2]).max(1) >= min_face)
        candidates, landmarks = _Candidates(candidates.frame, box, score)[good], landmarks[good]
        kept = _suppress(candidates, 0.7, by_smaller=True)
        return candidates[kept], landmarks[kept]


def _nothing() -> _Candidates:
    return _Candidates(np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def _halved(x: Tensor) -> list[Tensor]:
    """Return images (N, 3, H, W) at 1, 1/2, 1/4 ... of their size, as long as a side is above 24 pixels."""
    levels = [x]
    while min(levels[-1].shape[2:]) >= 48:
        levels.append(avg_pool2d(levels[-1], 2))
    return levels


def _cut(halved: list[Tensor], frame: np.ndarray, box: np.ndarray, size: int) -> Tensor:
    """Cut boxes (n, 4) of frames (n,) to (n, 3, size, size); what lies outside the frame repeats its edge."""
    side = box[:, 2] - box[:, 0]
    level = np.clip(np.log2(np.maximum(side / size, 1.0)).round().astype(int), 0, len(halved) - 1)
    height, width = halved[0].shape[2:]
    steps = (np.arange(size, dtype=np.float32) + 0.5) / size
    x = (box[:, :1] + side[:, None] * steps) * (2 / width) - 1
    y = (box[:, 1:2] + (box[:, 3] - box[:, 1])[:, None] * steps) * (2 / height) - 1
    grid = np.stack(np.broadcast_arrays(x[:, None, :], y[:, :, None]), 3).astype(np.float32)
    cut = torch.empty(len(box), 3, size, size, memory_format=torch.channels_last)
    for f, v in {*zip(frame.tolist(), level.tolist(), strict=True)}:
        rows = np.flatnonzero((frame == f) & (level == v))
        where = torch.from_numpy(grid[rows]).view(1, -1, size, 2)
        sampled = grid_sample(halved[v][f : f + 1], where, padding_mode="border", align_corners=False)
        cut[torch.from_numpy(rows)] = sampled.view(3, len(rows), size, size).transpose(0, 1)
    return cut


def _in_batches(network: Callable[[Tensor], tuple[Tensor, ...]], x: Tensor) -> list[np.ndarray]:
    """Run a network over x (n, ...) in batches and join its outputs as arrays."""
    outputs = [network(part) for part in x.split(BATCH)]
    return [torch.cat(parts).numpy() for parts in zip(*outputs, strict=True)]


def _corrected(box: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Move the sides of boxes (n, 4) by shares (n, 4) of their width and height."""
    return box + shift * np.tile(box[:, 2:] - box[:, :2], 2)


def _suppress(candidates: _Candidates, threshold: float, by_smaller: bool = False) -> np.ndarray:
    """Return the rows left by non-maximum suppression within each frame.

    Overlap is intersection over union or, `by_smaller`, over the smaller area.
    """
    kept: list[int] = []
    for frame in np.unique(candidates.frame):
        rows = np.flatnonzero(candidates.frame == frame)
        rows = rows[np.argsort(-candidates.score[rows], kind="stable")]
        rivals = overlap(candidates.box[rows], candidates.box[rows], by_smaller) > threshold
        alive = np.ones(len(rows), dtype=bool)
        for i in range(len(rows)):
            if alive[i]:
                alive[i + 1 :] &= ~rivals[i, i + 1 :]
        kept.extend(rows[alive])
    return np.asarray(kept, dtype=np.int64)
