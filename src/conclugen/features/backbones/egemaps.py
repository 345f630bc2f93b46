"""eGeMAPS v02 (Eyben et al. 2016) by openSMILE: 88 functionals of pitch, loudness, voice quality and spectrum.

No network: an expert's measures, the customary baseline of affective speech. Needs the extra `speech`; openSMILE's
licence allows research and private use only.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from conclugen.features.backbone import Backbone, WeightFile, embedded
from conclugen.store.listing import WeightsError
from conclugen.store.packaged import packaged

WEIGHTS = packaged("egemaps")
RATE = 16_000


class EGeMAPS(nn.Module):
    """Waves, a list of (T,) at 16 kHz, to their functionals (N, 88); computed on the CPU, wave by wave.

    Sound too short for a functional (below about 0.1 s) gives NaN, which the stream records as a loss.
    """

    def __init__(self) -> None:
        super().__init__()
        import opensmile

        self.smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals, num_workers=1
        )

    def forward(self, waves: list[torch.Tensor]) -> torch.Tensor:
        """Return (N, 88)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Segment too short")
            rows = [self.smile.process_signal(wave.cpu().numpy(), RATE).to_numpy()[0] for wave in waves]
        return torch.tensor(np.stack(rows)).to(waves[0].device)


def construct(path: Path) -> nn.Module:
    """Build; `path` is the verified definition of the functionals."""
    return EGeMAPS()


def build(weights: WeightFile | None = None) -> Backbone:
    """Return the backbone. Raises WeightsError where openSMILE is not installed."""
    embedded("egemaps", weights)
    if importlib.util.find_spec("opensmile") is None:
        raise WeightsError("egemaps needs openSMILE: install the extra `speech`, or set backbone to resemblyzer")
    return Backbone(
        name="egemaps",
        weights=WEIGHTS,
        construct=construct,
        preprocessing="16 kHz, eGeMAPS v02 functionals of the whole utterance",
        dim=88,
        licence="audEERING research licence (no commercial use)",
        rate=RATE,
    )
