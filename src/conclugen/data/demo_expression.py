"""Moving faces of the demo corpus: expressions by action units, speech on the lips, blinks and head motion."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import torch

from conclugen.data.demo_faces import EYES, LEFT, SCALE, TOP, Person, bumps, grid, photo_grid, sample

# The moving part of the face, in photo pixels: left, top, right, bottom.
REGION = (172, 70, 278, 192)
MOUTH_X, MOUTH_HALF, LIP_Y, GAP = (
    223.5,
    22.0,
    141.5,
    8.5,
)  # of the photograph's smile: centre, half width, upper lip, gap

# Action units after Ekman and Friesen as bumps (x, y, width, height, dx, dy) at full strength, in photo pixels.
UNITS: dict[str, tuple[tuple[float, ...], ...]] = {
    "inner_brow_raiser": ((211, 92, 9, 7, 0, -4.5), (240, 93, 9, 7, 0, -4.5)),
    "outer_brow_raiser": ((194, 91, 10, 8, 0, -4.5), (259, 94, 10, 8, 0, -4.5)),
    "brow_lowerer": ((210, 92, 10, 7, 2.5, 4.0), (241, 93, 10, 7, -2.5, 4.0)),
    "cheek_raiser": (
        (192, 117, 14, 10, 0, -3.0),
        (258, 119, 14, 10, 0, -3.0),
        (204, 108, 10, 4, 0, -1.8),
        (247, 110, 10, 4, 0, -1.8),
    ),
    "nose_wrinkler": (
        (214, 121, 8, 10, 1, -3.0),
        (235, 121, 8, 10, -1, -3.0),
        (212, 94, 9, 6, 1.0, 2.0),
        (239, 95, 9, 6, -1.0, 2.0),
    ),
    "upper_lip_raiser": ((214, 138, 9, 6, 0, -3.5), (234, 138, 9, 6, 0, -3.5)),
    "lip_corner_puller": (
        (203, 140, 10, 10, -4.5, -5.0),
        (246, 142, 10, 10, 4.5, -5.0),
        (190, 130, 14, 12, 0, -2),
        (258, 132, 14, 12, 0, -2),
    ),
    "lip_corner_depressor": ((204, 141, 9, 10, 0.5, 4.5), (245, 143, 9, 10, -0.5, 4.5), (223, 166, 14, 8, 0, -1.5)),
    "lip_stretcher": ((202, 142, 10, 8, -5.0, 0.5), (247, 144, 10, 8, 5.0, 0.5)),
    "lip_pucker": ((203, 142, 11, 10, 5.5, 0.0), (246, 144, 11, 10, -5.5, 0.0)),
}
NAMES = (*UNITS, "eyes_open", "lips_press", "jaw", "teeth", "yaw", "pitch")

# What an emotion does at amplitude 1. `eyes_open` is 0 at rest, below it closing; `jaw` opens the mouth by so many
# of the photograph's smiles; `teeth` shows them.
EXPRESSIONS = {
    "happy": {"lip_corner_puller": 1.0, "cheek_raiser": 0.8, "jaw": 0.5, "teeth": 0.7, "eyes_open": -0.15},
    "sad": {
        "inner_brow_raiser": 1.0,
        "brow_lowerer": 0.4,
        "lip_corner_depressor": 1.0,
        "eyes_open": -0.45,
        "pitch": 2.0,
    },
    "anger": {"brow_lowerer": 1.1, "lips_press": 1.0, "eyes_open": 0.25, "lip_corner_depressor": 0.3},
    "surprise": {"inner_brow_raiser": 1.0, "outer_brow_raiser": 1.1, "eyes_open": 0.65, "jaw": 1.3, "lip_pucker": 0.4},
    "disgust": {
        "nose_wrinkler": 1.2,
        "upper_lip_raiser": 1.1,
        "eyes_open": -0.4,
        "lip_corner_depressor": 0.4,
        "brow_lowerer": 0.3,
    },
    "fear": {
        "inner_brow_raiser": 1.0,
        "brow_lowerer": 0.4,
        "eyes_open": 0.7,
        "lip_stretcher": 1.1,
        "jaw": 0.5,
        "teeth": 0.3,
    },
}
LIMIT = 1.7  # beyond it the face would fold over itself
REST = {"lip_corner_puller": -0.9, "cheek_raiser": -0.3}  # undoes the smile of the photograph


def activity(
    emotions: Mapping[str, float], person: Person, loudness: np.ndarray, fps: float, rng: np.random.Generator
) -> np.ndarray:
    """Return (T, len(NAMES)): how strongly each unit acts in each of T frames.

    An expression rises to its apex and falls back a little; to it come the person's habits, chance movements, the
    lips' speech by the `loudness` (T,) in 0..1, blinks and turns of the head.
    """
    t = np.arange(len(loudness)) / fps
    units = np.zeros((len(t), len(NAMES)))
    for name, value in REST.items():
        units[:, NAMES.index(name)] += value
    faces = len(UNITS) + 2  # those of `UNITS`, eyes and lips
    units[:, :faces] += 0.8 * person.habit[:faces] + rng.normal(0, 0.1, faces)
    units[:, :faces] += 0.08 * _wander(rng, t, faces)
    for emotion, amplitude in emotions.items():
        curve = 1.9 * amplitude * _apex(rng, t)
        for name, value in EXPRESSIONS[emotion].items():
            units[:, NAMES.index(name)] += value * rng.uniform(0.6, 1.2) * curve
    units[:, :faces] = np.clip(units[:, :faces], -LIMIT, LIMIT)
    units[:, NAMES.index("jaw")] += rng.uniform(0.5, 0.8) * loudness
    units[:, NAMES.index("teeth")] += rng.uniform(0.1, 0.5)
    units[:, NAMES.index("eyes_open")] -= 2.2 * _blinks(rng, t)
    units[:, NAMES.index("yaw")] += rng.normal(0, 2.0) + person.nods * 1.5 * _wander(rng, t, 1)[:, 0]
    units[:, NAMES.index("pitch")] += rng.normal(0, 1.5) + person.nods * 1.5 * _wander(rng, t, 1)[:, 0]
    return units


def animate(person: Person, units: np.ndarray, frames: torch.Tensor) -> torch.Tensor:
    """Draw each frame's expression into `frames` (T, 4, H, W), which hold copies of the person's texture."""
    top, bottom, left, right = _region()
    y, x = (axis[top:bottom, left:right] for axis in photo_grid())
    acts = torch.from_numpy(units.astype(np.float32))
    shift = torch.tensordot(acts[:, : len(UNITS)], _fields(), 1)  # (T, 2, h, w)
    y, x = y - shift[:, 1], x - shift[:, 0]
    at = dict(zip(NAMES, acts.T[:, :, None, None], strict=True))
    y = _eyes(x, y, at["eyes_open"])
    y = _press(x, y, at["lips_press"])
    y, shade = _mouth(x, y, at["jaw"].clamp(0, 2.2), at["teeth"].clamp(0, 1))
    moved = sample(person.texture[None].expand(len(x), -1, -1, -1), grid(x, y))
    moved[:, :3] *= shade
    frames[:, :, top:bottom, left:right] = moved
    return frames


@functools.cache
def depth() -> torch.Tensor:
    """Return (H, W) in 0..1: how far a point of the face stands out, for the parallax of a turning head."""
    y, x = photo_grid()
    skull = (1 - ((x - 225) / 62) ** 2 - ((y - 112) / 80) ** 2).clamp(min=0).sqrt()
    nose = torch.exp(-(((x - 224) / 8) ** 2 + ((y - 124) / 12) ** 2) / 2)
    return 0.75 * skull + 0.25 * nose


def _region() -> tuple[int, int, int, int]:
    left, top, right, bottom = REGION
    rows, columns = ((top - TOP) * SCALE, (bottom - TOP) * SCALE), ((left - LEFT) * SCALE, (right - LEFT) * SCALE)
    return (*map(round, rows), *map(round, columns))


@functools.cache
def _fields() -> torch.Tensor:
    """Return (units, 2, h, w), fading out at the border of the region."""
    top, bottom, left, right = _region()
    fade_y, fade_x = (
        torch.hann_window(n, periodic=False).sqrt().mul(3).clamp(max=1) for n in (bottom - top, right - left)
    )
    return torch.stack([bumps(parts)[:, top:bottom, left:right] for parts in UNITS.values()]) * fade_y[:, None] * fade_x


def _eyes(x: torch.Tensor, y: torch.Tensor, opening: torch.Tensor) -> torch.Tensor:
    """Stretch (opening > 0) or squeeze the eyes' height about their lower third."""
    for cx, cy in EYES:
        near = torch.exp(-(((x - cx) / 11) ** 2 + ((y - cy) / 6.5) ** 2) / 2)
        y = y - (y - cy - 2) * near * opening * torch.where(opening > 0, 0.4, 0.8)
    return y


def _press(x: torch.Tensor, y: torch.Tensor, press: torch.Tensor) -> torch.Tensor:
    """Make the lips thinner."""
    near = torch.exp(-(((x - MOUTH_X) / 20) ** 2 + ((y - LIP_Y) / 6) ** 2) / 2)
    return y + (y - LIP_Y) * near * press.clamp(-0.4, 1.5) * 0.7


def _mouth(
    x: torch.Tensor, y: torch.Tensor, jaw: torch.Tensor, teeth: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Close the photograph's open smile, or open it further; return the row to read and the shade (T, 3, h, w).

    `jaw` is the opening in units of the photograph's. What lies below the upper lip is moved up or down with the
    lower lip, less and less towards the chin.
    """
    profile = (1 - ((x - MOUTH_X) / MOUTH_HALF) ** 2).clamp(min=0)
    had, wanted = GAP * profile, (GAP * profile * jaw).clamp(min=1e-3)
    inside = y - LIP_Y
    below = inside - wanted
    moved = y + (had - wanted) * torch.exp(-((below.clamp(min=0) / torch.where(jaw > 1, 32.0, 24.0)) ** 2))
    within = (inside / wanted).clamp(0, 1)
    row = torch.where(inside <= 0, y, torch.where(below >= 0, moved, LIP_Y + within * had))
    dark = 0.25 + 0.75 * teeth * (1 - 0.85 * within * (jaw - 0.5).clamp(0, 1))
    edge = (torch.minimum(inside, -below) / 0.7).clamp(0, 1) * (profile > 0)
    return row, 1 - edge[:, None] * (1 - dark[:, None] * torch.tensor([1.1, 0.85, 0.85])[:, None, None])


def _apex(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    """A rise, an apex and a partial fall, (T,) in 0..1."""
    end = max(float(t[-1]), 0.1)
    onset, rise, fall = rng.uniform(0, 0.3) * end, rng.uniform(0.15, 0.5), rng.uniform(0.0, 0.6)
    up = np.clip((t - onset) / rise, 0, 1)
    down = np.clip((t - 0.7 * end) / (0.3 * end), 0, 1)
    return up * up * (3 - 2 * up) * (1 - fall * down)


def _wander(rng: np.random.Generator, t: np.ndarray, n: int) -> np.ndarray:
    """Slow random movement (T, n) of about unit size."""
    speed, phase = rng.uniform(0.15, 1.0, (3, n)), rng.uniform(0, 2 * np.pi, (3, n))
    return np.sin(2 * np.pi * speed * t[:, None, None] + phase).sum(1) * 0.8


def _blinks(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    """Blinks of a fifth of a second, one in three seconds or so, (T,) in 0..1."""
    times = rng.uniform(0, max(float(t[-1]), 0.1), rng.poisson(t[-1] / 3))
    return np.clip(sum((np.exp(-(((t - at) / 0.07) ** 2)) for at in times), np.zeros(len(t))), 0, 1)
