"""What the tests of losses between pairs of modalities share: outputs and inputs of a batch with absent rows."""

from __future__ import annotations

import itertools

import torch

from conclugen.models.network import NetworkSettings, Outputs

NAMES = ("video", "audio", "text")
DIMS = {"video": 12, "audio": 7, "text": 5}
PLAIN = NetworkSettings(
    input_dims=DIMS,
    representation_dim=16,
    hidden_dim=10,
    gated=False,
    representation_relu=False,
    residual=False,
    narrow=(),
    standardise=False,
    decoder_hidden_dim=11,
)


def draw(rows: int = 12, dim: int = 5, seed: int = 0) -> dict[str, torch.Tensor]:
    """Return vectors (N, P) by modality, float64."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(rows, dim, generator=generator, dtype=torch.float64) for name in NAMES}


def inputs(rows: int = 12) -> dict[str, torch.Tensor]:
    """Return inputs (N, D_m) of `PLAIN`."""
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(rows, dim, generator=generator) for name, dim in DIMS.items()}


def absent(rows: int = 12) -> dict[str, torch.Tensor]:
    """Return presence (N,) by modality: each lacks other rows."""
    return {name: torch.arange(rows) % 5 != number for number, name in enumerate(NAMES)}


def outputs(projection: dict[str, torch.Tensor]) -> Outputs:
    """Return outputs of a network that have projections alone."""
    return Outputs({}, {}, projection, {}, {})


def joint_pairs(values: dict[str, torch.Tensor], present: dict[str, torch.Tensor]):
    """Yield each pair of modalities as arrays (M, P) of the rows that have both."""
    for a, b in itertools.combinations(values, 2):
        both = present[a] & present[b]
        yield values[a][both].numpy(), values[b][both].numpy()


def stays_in_the_rows(term, values: dict[str, torch.Tensor]) -> bool:
    """Whether absent rows, however large, change nothing of a loss and get no gradient."""
    present = absent(len(values["video"]))
    loud = {name: torch.where(present[name][:, None], value, 1e3).requires_grad_() for name, value in values.items()}
    found = term(outputs(loud), present)
    found.backward()
    alike = bool(torch.isclose(found.detach(), term(outputs(values), present)))
    return alike and all(bool((v.grad[~present[n]] == 0).all() & (v.grad != 0).any()) for n, v in loud.items())
