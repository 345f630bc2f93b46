"""From the rates of stage one to hours and bytes of the four data sets, by plain multiplication.

The arithmetic of the paper's networks is counted on one input of each; the hours of a GPU follow from a rate that is
assumed, and are without reading, decoding and faces.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import DistilBertConfig, DistilBertModel

from conclugen.features.backbones.davenet import Davenet
from conclugen.features.backbones.r3d101 import R3D101

ASSUMED_TFLOPS = 50.0  # that such networks reach in 16 bit on a GPU of a data centre


@dataclasses.dataclass(frozen=True)
class DataSet:
    """Its utterances, hours of film (docs/scale.md says where they are from) and the layout measured for it."""

    utterances: int
    hours: float
    layout: str


SETS = {
    "VoxCeleb2 dev": DataSet(1_092_009, 2_370.0, "voxceleb2"),
    "CMU-MOSEI": DataSet(22_856, 66.0, "mosei"),
    "MELD": DataSet(13_708, 14.0, "mosei"),
    "CAER": DataSet(13_201, 11.0, "mosei"),
}
DIMENSIONS = {"embedded": 1280 + 1024 + 1024 + 384, "paper": 2048 + 2048 + 1024 + 768}
BYTES = {"embedded": 4, "paper": 2}  # float32, and float16 as in configs/paper.yaml
TOKENS = 30  # of an utterance, about


def paper_gflop() -> dict[str, float]:
    """Operations of the paper's networks at its sampling, in 1e9: on a second of film, and on an utterance's text."""
    inputs: dict[str, tuple[nn.Module, Any]] = {
        "frames2d": (torchvision.models.resnet152(), torch.zeros(1, 3, 180, 180)),  # one image a second
        "frames3d": (R3D101(), torch.zeros(1, 3, 16, 180, 180)),  # one window of 16 images a second
        "audio": (Davenet(), [torch.zeros(16_000)]),
        "text": (DistilBertModel(DistilBertConfig()), torch.zeros(1, TOKENS, dtype=torch.long)),
    }
    counted = {}
    for stream, (network, given) in inputs.items():
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            network.eval()(given)
        counted[stream] = counter.get_total_flops() / 1e9
    return counted


def costs(rates: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row per data set and kind of networks, from rows of `stage_rates.measure`."""
    gflop = paper_gflop()
    return [cost(name, kind, rates, gflop) for name in SETS for kind in DIMENSIONS]


def cost(name: str, kind: str, rates: pd.DataFrame, gflop: dict[str, float]) -> dict[str, Any]:
    """Return hours of one core, hours of a GPU (the paper's networks alone) and gigabytes of one data set."""
    data = SETS[name]
    faces = rates[(rates.stage == "faces") & (rates.layout == data.layout)].iloc[0]
    networks = rates[(rates.stage != "faces") & (rates.networks == kind)]
    if kind == "embedded":
        networks = networks[networks.layout == data.layout]
    at_least_0 = networks.cpu_s_per_film_s.clip(lower=0)  # texts take less than the start of their job varies
    row = {"data_set": name, "networks": kind, "utterances": data.utterances, "film_hours": data.hours}
    hours = {"faces_core_hours": faces.cpu_s_per_film_s * data.hours}
    hours |= {f"{stage}_core_hours": rate * data.hours for stage, rate in zip(networks.stage, at_least_0, strict=True)}
    seconds = data.hours * 3600
    total = (
        sum(gflop[stream] for stream in ("frames2d", "frames3d", "audio")) * seconds + gflop["text"] * data.utterances
    )
    return {
        **row,
        **hours,
        "core_hours": sum(hours.values()),
        "petaflop": total / 1e6 if kind == "paper" else "",
        "gpu_hours_assumed": total / ASSUMED_TFLOPS / 1e3 / 3600 if kind == "paper" else "",
        "faces_gb": faces.kb_per_film_s * seconds / 1e6,
        "features_gb": data.utterances * DIMENSIONS[kind] * BYTES[kind] / 1e9,
    }
