"""The network: shapes, gates, standardisation, missing modalities."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from conclugen.models import heads
from conclugen.models.network import Network, NetworkSettings

PLAIN = NetworkSettings(
    input_dims={"video": 12, "audio": 7, "text": 5},
    heads=("projection", "clustering", "decoder"),
    representation_dim=16,
    hidden_dim=10,
    gated=False,
    representation_relu=False,
    residual=False,
    narrow=(),
    projection_dim=6,
    projection_hidden_dim=9,
    clustering_dim=4,
    decoder_hidden_dim=11,
    standardise=False,
)
OFFICIAL = dataclasses.replace(
    PLAIN,
    gated=True,
    representation_relu=True,
    narrow=("audio",),
    projection_shared=True,
    projection_batch_norm=True,
    projection_relu=True,
    decoder_relu=True,
)


def draw(rows: int = 8, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {m: torch.randn(rows, d, generator=generator) for m, d in PLAIN.input_dims.items()}


@pytest.mark.parametrize("settings", [PLAIN, OFFICIAL])
def test_shapes_of_every_head(settings):
    out = Network(settings)(draw())
    for modality, dim in settings.input_dims.items():
        assert out.inputs[modality].shape == out.reconstruction[modality].shape == (8, dim)
        assert out.representation[modality].shape == (8, 16)
        assert out.projection[modality].shape == (8, 6)
        assert out.cluster[modality].shape == (8, 4)


def test_paper_heads_have_three_and_two_layers_each_their_own():
    network = Network(PLAIN)
    linears = {n: m for n, m in network.named_modules() if isinstance(m, torch.nn.Linear)}
    assert sum(n.startswith("representation.video.") for n in linears) == 3
    assert sum(n.startswith("projection.text.") for n in linears) == 2
    assert [n for n in linears if n.startswith("clustering")] == ["clustering.shared"]
    assert linears["clustering.shared"].bias is None


def test_representation_is_what_its_layers_say():
    network, inputs = Network(PLAIN), draw()
    value = inputs["audio"].numpy()
    layers = [m for m in network.representation["audio"] if isinstance(m, torch.nn.Linear)]
    for i, layer in enumerate(layers):
        value = value @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        value = np.maximum(value, 0) if i < 2 else value
    np.testing.assert_allclose(network.represent(inputs)["audio"].detach().numpy(), value, atol=1e-5)


def test_context_gate_equals_a_gated_linear_unit():
    gate, value = heads.ContextGate(6), torch.randn(5, 6)
    expected = torch.nn.functional.glu(torch.cat([value, gate.gate(value)], dim=1), dim=1)
    torch.testing.assert_close(gate(value), expected)


def test_official_audio_head_gates_at_input_width_and_ends_without_relu():
    network = Network(OFFICIAL)
    assert network.representation["audio"][2].gate.in_features == 7
    out = network.represent(draw(64))
    assert (out["audio"] < 0).any()
    assert (out["video"] >= 0).all()


def test_final_relu_keeps_decoders_from_negative_values():
    assert (Network(OFFICIAL)(draw(64)).reconstruction["text"] >= 0).all()
    assert (Network(PLAIN)(draw(64)).reconstruction["text"] < 0).any()


def test_only_the_asked_heads_exist():
    network = Network(dataclasses.replace(PLAIN, heads=("decoder",)))
    assert not any(n.startswith(("projection", "clustering")) for n, _ in network.named_parameters())
    out = network(draw())
    assert out.projection == {}
    assert out.cluster == {}
    assert set(out.reconstruction) == set(PLAIN.input_dims)


@pytest.mark.parametrize("wrong", [{"heads": ("clustering",)}, {"heads": ("decoders",)}, {"input_dims": {}}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=r"head|modality"):
        Network(dataclasses.replace(PLAIN, **wrong))


def test_represent_takes_some_modalities_and_half_precision_and_has_gradients():
    network, inputs = Network(PLAIN), draw()
    out = network.represent({"video": inputs["video"].half()})
    assert out.keys() == {"video"}
    out["video"].sum().backward()
    assert network.representation["video"][0].weight.grad.abs().sum() > 0
    assert network.representation["audio"][0].weight.grad is None
    with pytest.raises(KeyError):
        network.represent({"smell": inputs["video"]})


def test_absent_rows_are_zero_when_told():
    network, inputs = Network(PLAIN), draw(3)
    present = {m: torch.tensor([True, False, True]) for m in inputs}
    masked, plain = network.represent(inputs, present)["text"], network.represent(inputs)["text"]
    assert (masked[1] == 0).all()
    assert torch.equal(masked[[0, 2]], plain[[0, 2]])


def test_standardisation_matches_numpy_over_present_rows():
    values = torch.randn(500, 5) * torch.tensor([1.0, 5.0, 0.1, 100.0, 0.0]) + 1000
    present = torch.rand(500) < 0.7
    module = heads.Standardise(5)
    module.fit(values, present, rows_at_once=64)
    kept = values[present].double().numpy()
    np.testing.assert_allclose(module.mean, kept.mean(0), rtol=1e-6)
    np.testing.assert_allclose(module.std[:4], kept.std(0)[:4], rtol=1e-4)
    assert module.std[4] == 1
    out = module(values)[present]
    np.testing.assert_allclose(out.mean(0)[:4], 0, atol=1e-2)
    np.testing.assert_allclose(out.std(0, correction=0)[:4], 1, atol=1e-2)


def test_standardise_without_a_present_row_is_an_error_and_the_network_skips_it():
    with pytest.raises(ValueError, match="present"):
        heads.Standardise(2).fit(torch.ones(3, 2), torch.zeros(3, dtype=torch.bool))
    network, inputs = Network(dataclasses.replace(PLAIN, standardise=True)), draw()
    present = {m: torch.full((8,), m != "text") for m in inputs}
    network.fit_inputs(inputs, present)
    assert (network.standardise["text"].mean == 0).all()
    assert (network.standardise["video"].mean != 0).any()


def test_absent_rows_do_not_touch_batch_statistics():
    network = Network(OFFICIAL).train()
    representation = {"video": torch.randn(6, 16)}
    present = {"video": torch.tensor([True, True, False, True, True, False])}
    first = network.project(representation, present)["video"]
    changed = {"video": torch.where(present["video"][:, None], representation["video"], torch.tensor(1e6))}
    second = network.project(changed, present)["video"]
    torch.testing.assert_close(first, second)
    assert (first[~present["video"]] == 0).all()


def test_a_single_present_row_does_not_break_batch_normalisation():
    network = Network(OFFICIAL).train()
    representation = {"video": torch.randn(4, 16, requires_grad=True)}
    out = network.project(representation, {"video": torch.tensor([True, False, False, False])})["video"]
    out.sum().backward()
    assert torch.isfinite(representation["video"].grad).all()


def test_residual_heads_add_a_linear_map_of_the_input():
    network, inputs = Network(dataclasses.replace(PLAIN, residual=True)), draw()
    head = network.representation["audio"]
    expected = head.inner(inputs["audio"]) + inputs["audio"] @ head.straight.weight.T
    torch.testing.assert_close(network.represent(inputs)["audio"], expected)
    assert head.straight.bias is None
