import numpy as np
import pytest
import torch

from conclugen.features.backbones import i3d
from conclugen.store.weights import WeightsError

PROBED = [0, 1, 2, 3, 100, 500, 900, 1023]


@pytest.fixture(scope="module")
def network():
    return i3d.build().load(torch.device("cpu"))[0]


def pattern(frames, size):
    """A moving pattern (1, 3, frames, size, size) in [0, 1]."""
    t, y, x = np.meshgrid(np.arange(frames), np.arange(size), np.arange(size), indexing="ij")
    waves = [np.sin(0.21 * x + 0.4 * t), np.cos(0.17 * y - 0.3 * t), np.sin(0.05 * (x + y) + 0.5 * t)]
    return torch.from_numpy((np.stack(waves) * 0.5 + 0.5).astype(np.float32))[None]


# Reference values: the original network, run in its own framework (Flax) on the same patterns and weights.
def test_features_equal_the_original_network(network):
    with torch.inference_mode():
        vector = network(pattern(16, 112))[0]
    expected = [0.28924, 0.35435, 0.1653, 0.93557, 0.11854, 0.85409, 0.13013, 0.64168]
    np.testing.assert_allclose(vector[PROBED], expected, atol=2e-4)
    assert abs(float(vector.sum()) - 613.7015) < 0.02


def test_odd_sizes_are_padded_as_in_the_original_network(network):
    with torch.inference_mode():
        vector = network(pattern(13, 97))[0]
    expected = [0.48085, 0.54583, 0.20811, 1.32942, 0.22426, 1.1606, 0.39665, 0.36403]
    np.testing.assert_allclose(vector[PROBED], expected, atol=2e-4)


def test_logits_equal_the_original_network(network):
    with torch.inference_mode():
        logits = network.logits(pattern(16, 224))[0]
    np.testing.assert_allclose(logits[:5], [4.0096, 17.0384, 10.9082, 15.5647, -4.6190], atol=2e-3)
    assert logits.topk(4).indices.tolist() == [31, 159, 227, 86]
    assert logits.softmax(0).max() > 0.99


@pytest.mark.parametrize(
    ("length", "kernel", "stride"), [(16, 7, 2), (13, 7, 2), (7, 3, 2), (8, 3, 2), (5, 2, 2), (9, 3, 1)]
)
def test_same_padding_covers_every_output(length, kernel, stride):
    before, after = i3d.same_padding(length, kernel, stride)
    assert (length + before + after - kernel) // stride + 1 == -(-length // stride)
    assert 0 <= after - before <= 1


def test_moving_and_still_clips_differ(network):
    generator = torch.Generator().manual_seed(0)
    still, moving = [], []
    for _ in range(6):
        texture = torch.rand(1, 3, 10, 10, generator=generator)
        texture = torch.nn.functional.interpolate(texture, (64, 80), mode="bilinear")[0]
        still.append(texture[:, None, :, :64].expand(3, 16, 64, 64))
        moving.append(torch.stack([texture[:, :, t : t + 64] for t in range(16)], 1))
    with torch.inference_mode():
        vectors = network(torch.stack(still + moving))
    labels = torch.tensor([0] * 6 + [1] * 6)
    right = 0
    for left_out in range(12):  # nearest centroid, one clip left out
        rest = torch.arange(12) != left_out
        centroids = torch.stack([vectors[rest & (labels == k)].mean(0) for k in (0, 1)])
        right += int((vectors[left_out] - centroids).norm(dim=1).argmin() == labels[left_out])
    assert right >= 11


def test_a_checkpoint_without_a_layer_is_refused():
    with pytest.raises(WeightsError, match="no Conv3d_1a_7x7"):
        dict(i3d.state({"params": {}, "batch_stats": {}}))


def test_batch_norm_is_folded_exactly():
    rng = np.random.default_rng(0)
    layer = {"Conv_0": {"kernel": rng.normal(size=(1, 1, 1, 3, 4))}, "BatchNorm_0": {"bias": rng.normal(size=4)}}
    norm = {"mean": rng.normal(size=(1, 1, 1, 1, 4)), "var": rng.uniform(0.5, 2, (1, 1, 1, 1, 4))}
    kernel, bias = i3d.folded(layer, {"BatchNorm_0": norm})
    x = rng.normal(size=3)
    plain = x @ layer["Conv_0"]["kernel"][0, 0, 0]
    expected = (plain - norm["mean"].ravel()) / np.sqrt(norm["var"].ravel() + 1e-3) + layer["BatchNorm_0"]["bias"]
    np.testing.assert_allclose(kernel[:, :, 0, 0, 0].double().numpy() @ x + bias.double().numpy(), expected, atol=1e-5)
