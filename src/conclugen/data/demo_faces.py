"""People of the demo corpus, all made from one free photograph (NASA's portrait that scikit-image brings).

Coordinates named `photo` are pixels of that 512 by 512 photograph, measured by hand; a texture is its cut-out at
`SCALE` times that size.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch.nn.functional import grid_sample

from conclugen.data.demo_plan import generator

LEFT, TOP, WIDTH, HEIGHT = 52, 8, 300, 266  # of the cut-out, in photo pixels
SCALE = 1.25

HEAD = (
    (182, 132), (176, 130), (171, 121), (165, 112), (157, 102), (154, 90), (153, 70), (157, 58), (167, 47), (180, 38),
    (190, 30), (200, 22), (215, 17), (235, 16), (255, 20), (270, 26), (283, 38), (293, 52), (299, 68), (301, 85),
    (299, 100), (292, 115), (280, 128), (273, 137), (268, 136), (262, 152), (256, 163), (255, 186), (236, 191),
    (200, 187), (187, 180), (185, 150),
)  # fmt: skip
BODY = (
    (185, 149), (150, 154), (135, 162), (120, 180), (113, 200), (116, 214), (100, 226), (80, 242), (60, 258), (55, 276),
    (345, 276), (345, 262), (325, 242), (303, 232), (290, 205), (270, 182), (255, 174),
)  # fmt: skip
SKIN = (
    (187, 70), (195, 80), (215, 81), (235, 83), (252, 86), (262, 90), (268, 102), (270, 118), (276, 128), (272, 137),
    (267, 136), (262, 152), (256, 163), (255, 186), (236, 191), (200, 187), (187, 180), (185, 150), (182, 132),
    (175, 129), (172, 121), (180, 122), (182, 105), (184, 92), (186, 80),
)  # fmt: skip
JAW = (
    (184, 128),
    (196, 136),
    (223, 134),
    (252, 138),
    (266, 130),
    (258, 160),
    (240, 176),
    (222, 179),
    (206, 174),
    (190, 156),
)
LIPS = ((201, 138), (223, 136), (248, 139), (240, 152), (223, 159), (208, 152))
EYES = ((204, 102), (247, 104))

# Bumps by which people differ: (x, y, width, height, dx, dy) in photo pixels, dx and dy at one standard deviation.
TRAITS = {
    "jaw": ((188, 155, 22, 26, 4.0, 0.0), (260, 155, 22, 26, -4.0, 0.0)),
    "cheeks": ((185, 118, 18, 22, 3.5, 0.0), (265, 120, 18, 22, -3.5, 0.0)),
    "chin": ((222, 180, 34, 18, 0.0, 4.5),),
    "nose_width": ((213, 126, 9, 10, 2.2, 0.0), (235, 126, 9, 10, -2.2, 0.0)),
    "nose_length": ((224, 130, 14, 12, 0.0, 3.2),),
    "eye_distance": ((204, 102, 15, 10, -2.2, 0.0), (247, 104, 15, 10, 2.2, 0.0)),
    "eye_height": ((204, 102, 17, 12, 0.0, 1.6), (247, 104, 17, 12, 0.0, 1.6)),
    "mouth_width": ((203, 141, 12, 12, 2.4, 0.0), (246, 142, 12, 12, -2.4, 0.0)),
    "mouth_height": ((224, 148, 28, 14, 0.0, 2.4),),
    "brow_height": ((201, 91, 15, 9, 0.0, 1.6), (251, 93, 15, 9, 0.0, 1.6)),
    "forehead": ((226, 70, 45, 18, 0.0, 5.0),),
    "hair_top": ((228, 25, 60, 28, 0.0, 8.0),),
    "hair_sides": ((158, 85, 22, 40, 8.0, 0.0), (297, 85, 22, 40, -8.0, 0.0)),
}  # fmt: skip

SKIN_TONES = (
    (1.0, 1.0, 1.0),
    (1.04, 0.98, 0.92),
    (0.92, 0.84, 0.76),
    (0.78, 0.66, 0.56),
    (0.6, 0.48, 0.4),
    (0.46, 0.36, 0.3),
)
HAIR_TONES = (
    (1.0, 1.0, 1.0),
    (0.3, 0.28, 0.3),
    (0.55, 0.42, 0.34),
    (1.25, 1.15, 0.8),
    (1.1, 0.6, 0.35),
    (1.2, 1.25, 1.4),
)
HAIR_TONES += ((0.35, 0.5, 1.2), (0.3, 0.9, 0.6), (1.0, 0.3, 0.45))  # hats and dye


@dataclasses.dataclass(frozen=True)
class Person:
    """texture (4, H, W) RGBA in [0, 1], its colour multiplied by its opacity; shape (2, H, W), the displacement in
    photo pixels of each point; habit, the resting expression; nods, how lively the head moves."""

    texture: torch.Tensor
    shape: torch.Tensor
    habit: np.ndarray
    nods: float


def bumps(parts: tuple[tuple[float, ...], ...]) -> torch.Tensor:
    """Return the sum (2, H, W) of Gaussian displacements over the cut-out, in photo pixels."""
    y, x = photo_grid()
    field = torch.zeros(2, *x.shape)
    for cx, cy, sx, sy, dx, dy in parts:
        weight = torch.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2)
        field += torch.stack([dx * weight, dy * weight])
    return field


@functools.cache
def photo_grid() -> tuple[torch.Tensor, torch.Tensor]:
    """Photo coordinates y, x (H, W) of the texture's pixels."""
    y = TOP + (torch.arange(round(HEIGHT * SCALE)) + 0.5) / SCALE
    x = LEFT + (torch.arange(round(WIDTH * SCALE)) + 0.5) / SCALE
    return tuple(torch.meshgrid(y, x, indexing="ij"))


@functools.lru_cache(maxsize=64)
def person(identity: int, scene: int) -> Person:
    """Return an identity as it looks in a scene (its clothes); the same for the same numbers."""
    rng, dress = generator("person", identity), generator("dress", identity, scene)
    skin = np.asarray(SKIN_TONES[rng.integers(len(SKIN_TONES))]) * rng.normal(1, 0.04, 3)
    hair = np.asarray(HAIR_TONES[rng.choice(len(HAIR_TONES), p=_HAIR)]) * rng.normal(1, 0.08, 3)
    clothes = dress.dirichlet((1, 1, 1)) * dress.uniform(0.6, 2.4)
    colour = _photograph()
    head, body, face, jaw, lips = (_mask(polygon) for polygon in (HEAD, BODY, SKIN, JAW, LIPS))
    colour = _blend(colour, colour.mean(-1, keepdims=True) * clothes * 1.2, body * (1 - head))
    colour = _blend(colour, colour * hair, head * (1 - face))
    colour = _blend(colour, np.clip(colour * skin + _freckles(rng)[..., None], 0, 1), face)
    if rng.random() < 0.3:
        colour = _blend(colour, colour * hair * 0.45, (jaw * (1 - lips)) * _stubble(rng) * rng.uniform(0.4, 0.9))
    if rng.random() < 0.3:
        colour = _glasses(colour, rng)
    opacity = np.maximum(head, body)[..., None]
    texture = np.concatenate([np.clip(colour, 0, 1) * opacity, opacity], -1)
    texture = torch.from_numpy(texture.astype(np.float32)).permute(2, 0, 1).contiguous()
    shape = sum(bumps(parts) * float(np.clip(rng.normal(0, 0.65), -1.4, 1.4)) for parts in TRAITS.values())
    return Person(texture, shape, rng.normal(0, 0.14, 16), rng.uniform(0.5, 1.5))


_HAIR = (0.16, 0.2, 0.2, 0.12, 0.12, 0.08, 0.04, 0.04, 0.04)


def background(identity: int, scene: int, width: int, height: int) -> torch.Tensor:
    """Return (3, height, width) in [0, 1]: a blurred wall of a few tones, with edges such as doors and shelves."""
    rng = generator("wall", identity, scene)
    tones = rng.uniform(0.15, 0.85) + rng.normal(0, 0.1, (1, 1, 4, 5)) + rng.normal(0, 0.05, (1, 3, 4, 5))
    tones += rng.normal(0, 0.07, (1, 3, 1, 1))
    smooth = torch.nn.functional.interpolate(torch.from_numpy(tones).float(), (height, width), mode="bicubic")[0]
    for _ in range(rng.integers(0, 5)):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = int(rng.integers(4, width // 2)), int(rng.integers(4, height))
        smooth[:, y : y + h, x : x + w] += torch.from_numpy(rng.normal(0, 0.1) + rng.normal(0, 0.04, (3, 1, 1))).float()
    return smooth.clamp(0.02, 0.98)


def grid(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return (N, 2, h, w) in -1..1 over the cut-out, from photo coordinates x, y (N, h, w)."""
    return torch.stack([(x - LEFT) * (2 / WIDTH) - 1, (y - TOP) * (2 / HEIGHT) - 1], 1)


def sample(images: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Return (N, C, h, w): images (N, C, H, W) of the cut-out, read at the points (N, 2, h, w) of a grid."""
    return grid_sample(images, points.permute(0, 2, 3, 1), align_corners=False, padding_mode="border")


@functools.cache
def _photograph() -> np.ndarray:
    """The cut-out (H, W, 3), float in [0, 1]. Raises RuntimeError when scikit-image is absent."""
    try:
        from skimage.data import astronaut
    except ImportError as error:
        raise RuntimeError("the demo corpus needs a photograph: pip install 'scikit-image>=0.25'") from error
    crop = Image.fromarray(astronaut()).crop((LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT))
    size = (round(WIDTH * SCALE), round(HEIGHT * SCALE))
    return np.asarray(crop.resize(size, Image.Resampling.BICUBIC), dtype=np.float64) / 255


@functools.cache
def _mask(polygon: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return (H, W) in [0, 1], one inside the polygon, with a soft edge."""
    image = Image.new("L", (round(WIDTH * SCALE), round(HEIGHT * SCALE)))
    ImageDraw.Draw(image).polygon(_texture_points(polygon), fill=255)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(1.2 * SCALE)), dtype=np.float64) / 255
    return np.clip((soft - 0.4) / 0.6, 0, 1)  # a little inside the edge, where the photograph's wall shines through


def _texture_points(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    return [((x - LEFT) * SCALE, (y - TOP) * SCALE) for x, y in points]


def _blend(under: np.ndarray, over: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return under + (over - under) * weight[..., None]


def _noise(rng: np.random.Generator, blur: float) -> np.ndarray:
    """Smooth noise (H, W) of zero mean and unit variance."""
    size = (round(WIDTH * SCALE), round(HEIGHT * SCALE))
    image = Image.fromarray(rng.integers(0, 256, size[::-1], dtype=np.uint8)).filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(image, dtype=np.float64)
    return (values - values.mean()) / (values.std() + 1e-9)


def _freckles(rng: np.random.Generator) -> np.ndarray:
    return _noise(rng, 2.0) * rng.uniform(0, 0.02) + _noise(rng, 12.0) * rng.uniform(0, 0.03)


def _stubble(rng: np.random.Generator) -> np.ndarray:
    return np.clip(0.75 + 0.12 * _noise(rng, 1.2), 0, 1)


def _glasses(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    image = Image.fromarray((np.clip(colour, 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    ink, line = tuple(int(v) for v in rng.integers(0, 110, 3)), int(rng.integers(2, 5))
    w, h = rng.uniform(14, 17), rng.uniform(9, 13)
    for x, y in EYES:
        draw.ellipse(_texture_points(((x - w, y - h), (x + w, y + h + 2))), outline=ink, width=line)
    (lx, ly), (rx, ry) = EYES
    for a, b in (((lx + w, ly), (rx - w, ry)), ((lx - w, ly), (180, 100)), ((rx + w, ry), (271, 105))):
        draw.line(_texture_points((a, b)), fill=ink, width=line)
    return np.asarray(image, dtype=np.float64) / 255
