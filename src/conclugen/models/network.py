"""The network that is pretrained: one representation per modality, and the heads its losses work on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import nn

from conclugen.models import fused, heads

HEADS = ("projection", "clustering", "decoder", "temperature", "decode_others", "decode_all")
NEEDED = {
    "clustering": "projection",
    "temperature": "projection",
    "decode_others": "decoder",
    "decode_all": "decoder",
}
Tensors = Mapping[str, torch.Tensor]


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """Everything that decides the shape of a network; plain values only: the switches of a preset, which
    `conclugen.pretrain.settings.Architecture` explains, and more. What a head that is not there would read has a value
    that nothing is made of.

    Attributes:
        input_dims: by modality, the width of its input.
        heads: those that exist beside the representation: of `HEADS`; `clustering` and `temperature`, which scales
            projections, need `projection`. Decoders see the representation of their own modality; with `decode_others`
            the mean of the others', with `decode_all` the mean of all.
        representation_dim, hidden_dim: output and inner width of the representation heads.
        projection_dim, projection_hidden_dim: output and inner width of the projection.
        clustering_dim: output width of the clustering head.
        decoder_hidden_dim: inner width of the decoders.
        linear: by modality, the width of a representation that is one linear map of the input; others have a head.
    """

    input_dims: dict[str, int]
    representation_dim: int
    hidden_dim: int
    gated: bool
    representation_relu: bool
    residual: bool
    narrow: tuple[str, ...]
    standardise: bool
    heads: tuple[str, ...] = ()
    projection_shared: bool = False
    projection_dim: int = 1
    projection_hidden_dim: int = 1
    projection_batch_norm: bool = False
    projection_relu: bool = False
    clustering_dim: int = 1
    decoder_hidden_dim: int = 1
    decoder_relu: bool = False
    linear: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Outputs:
    """By modality: `inputs` (N, D_m) as the decoders see them, `representation` (N, R), and, where the heads exist,
    `projection` (N, P), `cluster` (N, G) and `reconstruction` (N, D_m)."""

    inputs: dict[str, torch.Tensor]
    representation: dict[str, torch.Tensor]
    projection: dict[str, torch.Tensor]
    cluster: dict[str, torch.Tensor]
    reconstruction: dict[str, torch.Tensor]


class Network(nn.Module):
    """Representation heads F, projection J, clustering G and decoders Q of Figure 1, as its settings say."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        _check(settings)
        self.settings = settings
        dims, size = settings.input_dims, settings.representation_dim
        self.standardise = nn.ModuleDict({m: heads.Standardise(d) for m, d in dims.items() if settings.standardise})
        self.representation = nn.ModuleDict({m: _representation(settings, m) for m in dims})
        self.projection = nn.ModuleDict()
        self.clustering = nn.ModuleDict()
        self.decoder = nn.ModuleDict()
        if "projection" in settings.heads:
            names = ["shared"] if settings.projection_shared else list(dims)
            self.projection = nn.ModuleDict({name: _projection(settings) for name in names})
        if "clustering" in settings.heads:
            self.clustering["shared"] = heads.clustering_head(settings.projection_dim, settings.clustering_dim)
        if "decoder" in settings.heads:
            hidden, relu = settings.decoder_hidden_dim, settings.decoder_relu
            self.decoder = nn.ModuleDict({m: heads.decoder_head(size, hidden, d, relu) for m, d in dims.items()})
        self.temperature = heads.Temperature() if "temperature" in settings.heads else None

    def prepare(self, inputs: Tensors) -> dict[str, torch.Tensor]:
        """Return the inputs (N, D_m) as float32, standardised if the settings say so."""
        if not self.settings.standardise:
            return {m: value.float() for m, value in inputs.items()}
        return {m: self.standardise[m](value) for m, value in inputs.items()}

    def represent(self, inputs: Tensors, present: Tensors | None = None) -> dict[str, torch.Tensor]:
        """Map `{modality: (N, D_m)}` to `{modality: (N, R)}`; any of the network's modalities may be left out.

        Where `present` (N,) is given, absent rows become zero instead of the image of a zero vector.
        Raises KeyError for a modality the network does not know.
        """
        values = self._represent(self.prepare(inputs))
        return values if present is None else {m: v * present[m][:, None].to(v.dtype) for m, v in values.items()}

    def project(self, representation: Tensors, present: Tensors | None = None) -> dict[str, torch.Tensor]:
        """Map representations (N, R) to projections (N, P), not normalised but where there is a temperature.

        With batch normalisation, rows that are not `present` are left out of its statistics and become zero.
        """
        shared = self.settings.projection_shared
        masked = present if self.settings.projection_batch_norm else None
        values = {
            m: _on_present(self.projection["shared" if shared else m], value, None if masked is None else masked[m])
            for m, value in representation.items()
        }
        return values if self.temperature is None else {m: self.temperature(value) for m, value in values.items()}

    def cluster(self, projection: Tensors) -> dict[str, torch.Tensor]:
        """Map projections (N, P) to the space (N, G) in which k-means runs."""
        return {m: self.clustering["shared"](value) for m, value in projection.items()}

    def decode(self, representation: Tensors) -> dict[str, torch.Tensor]:
        """Map representations (N, R) back to inputs (N, D_m), in the space of `prepare`."""
        return {m: self.decoder[m](value) for m, value in representation.items()}

    def forward(self, inputs: Tensors, present: Tensors | None = None) -> Outputs:
        """Run every head that exists on `{modality: (N, D_m)}`."""
        prepared = self.prepare(inputs)
        representation = self._represent(prepared)
        projection = self.project(representation, present) if self.projection else {}
        return Outputs(
            prepared,
            representation,
            projection,
            self.cluster(projection) if self.clustering else {},
            self.decode(self._to_decode(representation, present)) if self.decoder else {},
        )

    @torch.no_grad()
    def fit_inputs(self, inputs: Tensors, present: Tensors) -> None:
        """Measure mean and deviation of every input (N, D_m) over its present rows, if the settings ask for it.

        A modality that is present nowhere keeps mean 0 and deviation 1.
        """
        for modality, module in self.standardise.items():
            if bool(present[modality].any()):
                module.fit(inputs[modality], present[modality])

    def _to_decode(self, representation: Tensors, present: Tensors | None) -> Tensors:
        """What each decoder sees, (N, R) by modality."""
        if "decode_others" in self.settings.heads:
            return fused.of_others(representation, present)
        if "decode_all" in self.settings.heads:
            return dict.fromkeys(representation, fused.of_all(representation, present))
        return representation

    def _represent(self, prepared: Tensors) -> dict[str, torch.Tensor]:
        return {m: self.representation[m](value) for m, value in prepared.items()}


def _representation(settings: NetworkSettings, modality: str) -> nn.Module:
    if modality in settings.linear:
        return nn.Linear(settings.input_dims[modality], settings.linear[modality])
    narrow = modality in settings.narrow
    return heads.representation_head(
        settings.input_dims[modality],
        settings.hidden_dim,
        settings.representation_dim,
        settings.gated,
        settings.representation_relu and not narrow,
        settings.residual,
        narrow,
    )


def _projection(settings: NetworkSettings) -> nn.Module:
    return heads.projection_head(
        settings.representation_dim,
        settings.projection_hidden_dim,
        settings.projection_dim,
        settings.projection_batch_norm,
        settings.projection_relu,
    )


def _on_present(module: nn.Module, values: torch.Tensor, present: torch.Tensor | None) -> torch.Tensor:
    """Run `module` on the present rows alone; the others become zero."""
    if present is None or bool(present.all()):
        return module(values)
    computed = module(values[present])
    return computed.new_zeros(len(values), computed.shape[1]).index_put((present.nonzero()[:, 0],), computed)


def _check(settings: NetworkSettings) -> None:
    if not settings.input_dims:
        raise ValueError("a network needs at least one modality")
    if unknown := sorted(set(settings.heads) - set(HEADS)):
        raise ValueError(f"heads {unknown} are unknown; known are {HEADS}")
    if settings.heads and settings.linear:
        raise ValueError(f"the heads {settings.heads} work on representations of one width, not on those of `linear`")
    for head, needed in NEEDED.items():
        if head in settings.heads and needed not in settings.heads:
            raise ValueError(f"the head {head} works on the head {needed}: heads must name {needed} too")
    if {"decode_others", "decode_all"} <= set(settings.heads):
        raise ValueError("decoders see the other modalities or all of them: heads may name one of the two")
