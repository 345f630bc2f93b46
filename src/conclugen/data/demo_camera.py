"""The camera of the demo corpus: puts moving faces before a wall, with pose, light and sensor noise."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch.nn.functional import interpolate

from conclugen.data.demo_expression import NAMES, activity, animate, depth
from conclugen.data.demo_faces import Person, background, grid, person, sample
from conclugen.data.demo_plan import Clip, Framing, generator

FACE = (224.0, 122.0)  # the photograph's face centre, in its pixels
COARSE = 4  # displacements are smooth: they are worked out on every fourth pixel
CHUNK = 8  # frames composed at once


@dataclasses.dataclass(frozen=True)
class Pose:
    """Where the head is in each of T frames: zoom (pixels per photo pixel), centre in pixels, roll in radians."""

    zoom: np.ndarray
    x: np.ndarray
    y: np.ndarray
    roll: np.ndarray
    mirrored: bool


@dataclasses.dataclass(frozen=True)
class Actor:
    """A person with a pose and the activity (T, units) of the face."""

    who: Person
    pose: Pose
    units: np.ndarray


@dataclasses.dataclass(frozen=True)
class Light:
    """Exponent of the tone curve, gain (3, h, w), flicker (T,) and sensor noise (h + 64, w + 64) in steps of 1/255."""

    gamma: float
    gain: torch.Tensor
    flicker: np.ndarray
    grain: torch.Tensor


def film(clip: Clip, loudness: np.ndarray) -> np.ndarray:
    """Return (T, height, width, 3) uint8 RGB frames of a clip whose speech has the given loudness (T,) in 0..1."""
    rng, framing, n = generator("film", clip.seed), clip.framing, len(loudness)
    light, shifts = _light(rng, framing, n), rng.integers(0, 64, (n, 2))
    actors = [_lit(actor, light) for actor in _cast(clip, loudness, rng)]
    wall = background(clip.identity, clip.scene, framing.width, framing.height) ** light.gamma
    buffers = [actor.who.texture.repeat(CHUNK, 1, 1, 1) for actor in actors]
    frames = np.empty((n, framing.height, framing.width, 3), np.uint8)
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        scene = wall[None].repeat(rows.stop - start, 1, 1, 1)
        for actor, buffer in zip(actors, buffers, strict=True):
            layer = _layer(actor, rows, framing, buffer[: len(scene)])
            scene = scene.mul_(1 - layer[:, 3:]).add_(layer[:, :3])
        frames[rows] = _expose(scene, light, rows, shifts[rows])
    return frames


def _cast(clip: Clip, loudness: np.ndarray, rng: np.random.Generator) -> list[Actor]:
    """Who is in view: the speaker, or in the bad cases nobody, or a silent listener beside the speaker."""
    framing, n = clip.framing, len(loudness)
    if clip.case == "no_face":
        return []
    who, two = person(clip.identity, clip.scene), clip.case == "two_faces"
    pose = _pose(rng, framing, n, clip.identity, x=0.36 if two else 0.5)
    speaker = Actor(who, pose, activity(clip.face, who, loudness, framing.fps, rng))
    if not two:
        return [speaker]
    listener = clip.identity + 100_003
    who, pose = person(listener, clip.scene), _pose(rng, framing, n, listener, x=0.8, zoom=0.62)
    return [Actor(who, pose, activity({}, who, 0 * loudness, framing.fps, rng)), speaker]


def _pose(rng: np.random.Generator, framing: Framing, n: int, identity: int, x: float, zoom: float = 1.0) -> Pose:
    """Draw a pose that drifts a little during the clip."""
    unit = framing.height / 240
    size = rng.uniform(*framing.zoom) * unit * zoom
    drift = np.linspace(-0.5, 0.5, n)[:, None] * rng.normal(0, 1, 4) * (0.03, 8 * unit, 5 * unit, 0.03)
    sway = (
        np.sin(np.linspace(0, rng.uniform(2, 12), n))[:, None] * rng.normal(0, 1, 4) * (0.0, 2 * unit, 2 * unit, 0.02)
    )
    moves = drift + sway
    centre_x = framing.width * (x + 0.035 * rng.normal())
    centre_y = framing.height * (0.5 + 0.03 * rng.normal())
    mirrored = bool(generator("mirror", identity).random() < 0.5)
    roll = 0.06 * rng.normal() + moves[:, 3]
    return Pose(size * (1 + moves[:, 0]), centre_x + moves[:, 1], centre_y + moves[:, 2], roll, mirrored)


def _light(rng: np.random.Generator, framing: Framing, n: int) -> Light:
    """Draw brightness, contrast, tint, a lamp on one side, flicker and noise."""
    height, width = framing.height, framing.width
    across = 1 + torch.linspace(-1, 1, width) * float(rng.normal(0, 0.09))
    across = across + torch.linspace(-1, 1, height)[:, None] * float(rng.normal(0, 0.06))
    tint = torch.from_numpy(rng.normal(1, 0.05, (3, 1, 1))).float()
    grain = torch.from_numpy(rng.normal(0, rng.uniform(1, 7), (height + 64, width + 64))).float()
    gain = float(255 * rng.uniform(0.75, 1.12)) * across * tint
    return Light(float(rng.uniform(0.8, 1.25)), gain, 1 + rng.normal(0, 0.01, n), grain)


def _lit(actor: Actor, light: Light) -> Actor:
    texture = actor.who.texture.clone()
    texture[:3] = texture[:3].clamp(min=0) ** light.gamma
    return dataclasses.replace(actor, who=dataclasses.replace(actor.who, texture=texture))


def _layer(actor: Actor, rows: slice, framing: Framing, buffer: torch.Tensor) -> torch.Tensor:
    """Return (n, 4, height, width): the actor alone in some frames; `buffer` (n, 4, H, W) is worked in."""
    points = _points(actor, rows, framing)
    return sample(animate(actor.who, actor.units[rows], buffer), points)


def _expose(scene: torch.Tensor, light: Light, rows: slice, shifts: np.ndarray) -> np.ndarray:
    """Light frames (n, 3, h, w), add noise from a corner of the grain each; return (n, h, w, 3) uint8."""
    height, width = scene.shape[2:]
    flicker = torch.from_numpy(light.flicker[rows]).float()[:, None, None, None]
    grain = torch.stack([light.grain[y : y + height, x : x + width] for y, x in shifts.tolist()])
    scene = scene.mul_(light.gain * flicker).add_(grain[:, None]).clamp_(0, 255)
    return scene.to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _points(actor: Actor, rows: slice, framing: Framing) -> torch.Tensor:
    """Return (n, 2, height, width): the point of the cut-out that each pixel of some frames shows."""
    pose = actor.pose
    zoom, cx, cy, roll = (_column(v[rows]) for v in (pose.zoom, pose.x, pose.y, pose.roll))
    yaw, pitch = (_column(actor.units[rows, NAMES.index(name)]) for name in ("yaw", "pitch"))
    height, width = -(-framing.height // COARSE), -(-framing.width // COARSE)
    v, u = torch.meshgrid(*((torch.arange(n) + 0.5) * COARSE for n in (height, width)), indexing="ij")
    right, down = (u - cx) / zoom, (v - cy) / zoom
    if pose.mirrored:
        right = -right
    x = FACE[0] + right * roll.cos() + down * roll.sin()
    y = FACE[1] - right * roll.sin() + down * roll.cos()
    fields = torch.cat([actor.who.shape, depth()[None]])
    near = sample(fields[None].expand(len(x), -1, -1, -1), grid(x, y))
    points = grid(x - near[:, 0] - yaw * near[:, 2], y - near[:, 1] - pitch * near[:, 2])
    points = interpolate(points, (height * COARSE, width * COARSE), mode="bilinear")
    return points[:, :, : framing.height, : framing.width]


def _column(values: np.ndarray) -> torch.Tensor:
    """(n,) to (n, 1, 1)."""
    return torch.from_numpy(values.astype(np.float32))[:, None, None]
