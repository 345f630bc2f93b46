"""Blendshapes of MediaPipe's face landmarker: a face to 52 coefficients of movements, such as jawOpen.

Two networks of the published task file, run by LiteRT on the CPU (extra `blendshapes`): 478 landmarks of the face, then
the coefficients of 146 of them. They are named after ARKit's movements, not after action units: the raiser of the
cheeks (AU 6) and the wrinkler of the nose (AU 9) have no counterpart that is measured on its own, so they are not
called so. Left and right are those of the person; a mirrored face gives other coefficients, and not just exchanged
ones.
"""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, embedded
from conclugen.features.face_points import Reading
from conclugen.features.landmarks import moments
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import packaged

WEIGHTS = packaged("blendshapes")
SIZE = 256
LEAST_PRESENCE = 0.5  # of a face, as the landmarker itself asks by default
CALLED = """
_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight
eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight
jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight
mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft
mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight
"""
NAMES = CALLED.split()
# Which of the 478 landmarks the second network takes, as MediaPipe's face_blendshapes_graph.cc lists them.
TAKEN = """
0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 88 91 93 95 103 105
107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 160 161 162 163 168 172 173 176 178 181
185 191 195 197 234 246 249 251 263 267 269 270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 311 312 314
317 318 321 323 324 332 334 336 338 356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390
397 398 400 402 405 409 415 454 466 468 469 470 471 472 473 474 475 476 477
"""
SUBSET = [int(number) for number in TAKEN.split()]


class Network:
    """A network of the task file: one array in, the arrays that it gives out."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # an extra

        self.interpreter = Interpreter(model_content=content, num_threads=torch.get_num_threads())
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.outputs = {output["name"]: output["index"] for output in self.interpreter.get_output_details()}

    def __call__(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Return each output, flat, by its name."""
        self.interpreter.set_tensor(self.input, values[None])
        self.interpreter.invoke()
        return {name: self.interpreter.get_tensor(index).ravel() for name, index in self.outputs.items()}


class Blendshapes(nn.Module):
    """Faces (N, 3, 256, 256), RGB in [0, 1], upright and with a margin, to coefficients (N, 52) from 0 to 1; NaN where
    the network sees no face."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with zipfile.ZipFile(path) as task:
            self.landmarks = Network(task.read("face_landmarks_detector.tflite"))
            self.shapes = Network(task.read("face_blendshapes.tflite"))
        self.reading = Reading(whole=True, vector=pooled)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Return (N, 52)."""
        images = faces.permute(0, 2, 3, 1).float().cpu().numpy()
        rows = np.stack([self._one(np.ascontiguousarray(image)) for image in images])
        return torch.from_numpy(rows).to(faces.device)

    def _one(self, image: np.ndarray) -> np.ndarray:
        outputs = self.landmarks(image)
        if 1 / (1 + np.exp(-float(outputs["Identity_1"][0]))) < LEAST_PRESENCE:
            return np.full(len(NAMES), np.nan, np.float32)
        points = outputs["Identity"].reshape(-1, 3)[SUBSET, :2]  # pixels; the network takes their size out
        return next(iter(self.shapes(points).values()))


def pooled(times: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """Return mean, deviation, and mean and 0.95 quantile of the speed, (208,), of coefficients (T, 52) at seconds (T,);
    frames without a face are left out, None where there is no other."""
    seen = np.isfinite(rows).all(1)
    return moments(times[seen], rows[seen]) if seen.any() else None


def construct(path: Path) -> nn.Module:
    """Build from the task file."""
    return Blendshapes(path)


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone; its module gives coefficients, of which `pooled` makes the vector. Raises WeightsError where
    LiteRT is not installed."""
    embedded("blendshapes", weights)
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise WeightsError("blendshapes needs LiteRT: install the extra `blendshapes`, or set backbone to mtcnn")
    return Backbone(
        name="blendshapes",
        weights=WEIGHTS,
        construct=construct,
        preprocessing=(
            "faces turned upright by the detector's eyes, its square with margin, 256 x 256; 478 landmarks, 52 "
            "coefficients; mean, deviation, mean and 0.95 quantile of the speed"
        ),
        dim=208,  # four measures of each movement
        licence="Apache-2.0 (MediaPipe), in a package under MIT",
        size=SIZE,
    )
