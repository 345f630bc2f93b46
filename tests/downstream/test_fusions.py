"""Each fusion against its equation, by hand, and with modalities that are absent."""

from __future__ import annotations

import importlib
import itertools
import math

import numpy as np
import pytest
import torch

from conclugen.downstream.fused import FusedClassifier
from conclugen.downstream.fusions import attention, cmib, late, lmf, misa, parts, tfn
from conclugen.downstream.order import Stretches
from conclugen.downstream.protocols import FUSIONS, ORDERED, PROTOCOLS
from conclugen.pretrain.rivals import SHIPPED
from conclugen.store.fingerprint import SOURCE

DIMS = {"video": 7, "audio": 5, "text": 4}
ROWS, WIDTH = 6, 8


def draw(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(ROWS, dim, generator=generator) for name, dim in DIMS.items()}


def absent():
    """Row 0 lacks video, row 1 audio, row 2 text, row 3 everything."""
    return {name: (torch.arange(ROWS) != number) & (torch.arange(ROWS) != 3) for number, name in enumerate(DIMS)}


def found(name):
    return importlib.import_module(f"conclugen.downstream.fusions.{name}").build


def in_order():
    """All rows in one video, of two who speak in turn."""
    ((_, (order,)),) = [Stretches([np.arange(ROWS)], [np.arange(ROWS) % 2]).around(torch.arange(ROWS))]
    return order


def made(module, training=False):
    torch.manual_seed(0)
    return module.build(DIMS, WIDTH).train(training)


def test_every_file_is_a_fusion_with_a_row_of_its_own():
    files = {path.stem for path in (SOURCE / "conclugen/downstream/fusions").glob("*.py")} - {
        "__init__",
        "parts",
        "context",
    }
    assert files == set(FUSIONS.values())
    assert {name for name, file in FUSIONS.items() if getattr(found(file), "needs_order", False)} == set(ORDERED)
    assert not {*FUSIONS} & {*SHIPPED, *PROTOCOLS}


@pytest.mark.parametrize("name", FUSIONS.values())
@pytest.mark.parametrize("names", [["text"], ["video", "text"], list(DIMS), [*DIMS, "face"]])
def test_any_number_of_modalities_makes_logits_and_gradients(name, names):
    dims = {**DIMS, "face": 3}
    values = {m: torch.randn(ROWS, dims[m]) for m in names}
    present = {m: torch.arange(ROWS) != number for number, m in enumerate(names)}
    model = FusedClassifier({m: dims[m] for m in names}, name, WIDTH, 4, 0.1)
    found = model(values, present, in_order())
    assert found.logits.shape == (ROWS, 4)
    wanted = torch.nn.functional.one_hot(torch.arange(ROWS) % 4, 4).float()
    found.cost(wanted, torch.ones(4), "single").backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.fusion.parameters())


@pytest.mark.parametrize("name", FUSIONS.values())
def test_what_absent_modalities_hold_changes_nothing(name):
    torch.manual_seed(0)
    model, present = FusedClassifier(DIMS, name, WIDTH, 3, 0.0).eval(), absent()
    quiet = draw()
    loud = {m: torch.where(present[m][:, None], value, 1e3) for m, value in quiet.items()}
    one, other = (model(values, present).logits for values in (quiet, loud))
    torch.testing.assert_close(one, other)
    assert one.isfinite().all()
    everything = model(quiet, dict.fromkeys(DIMS, torch.ones(ROWS, dtype=torch.bool))).logits
    assert (one - everything)[:4].abs().amax(1).min() > 1e-6  # and that they are absent does
    torch.testing.assert_close(one[4:], everything[4:])


def encoded(module, values, present):
    found = {m: module.encoders[m](values[m]).detach().numpy() * present[m][:, None].numpy() for m in values}
    return list(found.values())


def test_attention_is_a_softmax_over_what_is_there():
    module, values, present = made(attention), draw(), absent()
    hidden, found = encoded(module, values, present), module(values, present).joint.detach().numpy()
    scores = module.score(torch.from_numpy(np.concatenate(hidden, axis=1))).detach().numpy()
    for row in range(ROWS):
        here = [m for m, name in enumerate(values) if present[name][row]]
        total = sum(math.exp(scores[row, m]) for m in here)
        expected = sum(math.exp(scores[row, m]) / total * hidden[m][row] for m in here) if here else np.zeros(WIDTH)
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_late_fusion_is_a_weighted_sum_of_each_ones_logits():
    torch.manual_seed(0)
    model, values = FusedClassifier(DIMS, "late", WIDTH, 3, 0.0).eval(), draw()
    torch.nn.init.normal_(model.fusion.score)
    weight, everywhere = model.fusion.score.softmax(0), dict.fromkeys(DIMS, torch.ones(ROWS, dtype=torch.bool))
    expected = model.linear.bias.expand(ROWS, 3).clone()
    for number, (name, value) in enumerate(values.items()):
        own = model.linear.weight[:, number * WIDTH : (number + 1) * WIDTH]
        expected += weight[number] * (model.fusion.encoders[name](value) @ own.T)
    torch.testing.assert_close(model(values, everywhere).logits, expected)
    assert late.Late(DIMS, WIDTH).width == 3 * WIDTH


def test_the_tensor_holds_every_product():
    z = [torch.randn(ROWS, 2), torch.randn(ROWS, 3)]
    found = tfn.outer(z).reshape(ROWS, 3, 4)
    for row, i, j in itertools.product(range(ROWS), range(3), range(4)):
        left = z[0][row, i] if i < 2 else 1.0
        right = z[1][row, j] if j < 3 else 1.0
        assert float(found[row, i, j]) == pytest.approx(float(left * right))


def test_the_tensor_stays_small_however_many_modalities():
    for count in range(1, 7):
        module = tfn.build({f"m{i}": 3 for i in range(count)}, 256)
        assert module.after[0].in_features <= tfn.LARGEST
    assert tfn.build(DIMS, 256).after[0].in_features == 17**3


def test_low_rank_is_the_product_with_the_whole_tensor():
    """Liu et al. 2018, Eq. 3 and 6: the weight tensor is the sum over ranks of outer products of the factors."""
    generator = torch.Generator().manual_seed(0)
    z = {m: torch.randn(ROWS, 2, generator=generator, dtype=torch.float64) for m in ("a", "b")}
    factors = {m: torch.randn(lmf.RANK, 3, 5, generator=generator, dtype=torch.float64) for m in z}
    weight = torch.randn(lmf.RANK, generator=generator, dtype=torch.float64)
    whole = torch.einsum("r,rif,rjf->ijf", weight, factors["a"], factors["b"])
    tensor = tfn.outer(list(z.values())).reshape(ROWS, 3, 3)
    torch.testing.assert_close(lmf.low_rank(z, factors, weight), torch.einsum("nij,ijf->nf", tensor, whole))


def test_discrepancy_is_of_means_and_central_moments():
    x, y = (np.random.default_rng(seed).uniform(size=(20, 3)) for seed in (0, 1))
    expected = np.linalg.norm(x.mean(0) - y.mean(0))
    for k in range(2, 6):
        moments = [((v - v.mean(0)) ** k).mean(0) for v in (x, y)]
        expected += np.linalg.norm(moments[0] - moments[1])
    assert float(misa.discrepancy(torch.from_numpy(x), torch.from_numpy(y))) == pytest.approx(expected)
    assert float(misa.discrepancy(torch.from_numpy(x), torch.from_numpy(x))) == 0


def test_difference_is_zero_for_orthogonal_spaces():
    first = torch.tensor([[1.0, 0, 0, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, -1, 0, 0]])
    other = torch.tensor([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    assert float(misa.difference(first, other)) == pytest.approx(0, abs=1e-7)
    assert float(misa.difference(first, first)) == pytest.approx((2**2 + 2**2) / 16)


def test_lengths_are_constants_of_the_difference():
    """The gradient is that of the centred vectors over lengths that were measured beforehand."""
    first, second = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0)).unbind()
    first.requires_grad_()
    misa.difference(first, second).backward()
    other = first.detach().clone().requires_grad_()
    lengths = [(v - v.mean(0)).norm(dim=1, keepdim=True) for v in (other.detach(), second)]
    crossed = ((other - other.mean(0)) / lengths[0]).T @ ((second - second.mean(0)) / lengths[1])
    crossed.square().mean().backward()
    torch.testing.assert_close(first.grad, other.grad)


def test_penalties_are_for_training_alone():
    values, present = draw(), absent()
    assert made(misa)(values, present).penalty is None
    assert made(misa, training=True)(values, present).penalty > 0
    module = made(cmib)
    torch.testing.assert_close(module(values, present).joint, module(values, present).joint)
    module.train()
    assert not torch.equal(module(values, present).joint, module(values, present).joint)


def test_divergence_is_that_of_the_two_gaussians():
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(4, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    gaussian = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(gaussian, torch.distributions.Normal(0.0, 1.0)).mean(1)
    torch.testing.assert_close(cmib.divergence(mean, log_variance), expected)
    assert cmib.divergence(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0


def test_weights_sum_to_one_over_what_is_there():
    present = torch.tensor([[True, False, True], [False, False, False]])
    found = parts.weights(torch.randn(2, 3), present)
    assert found.sum(1).tolist() == pytest.approx([1.0, 0.0])
    assert found[0, 1] == 0


def test_modalities_beside_count_in_the_loss_where_they_are():
    torch.manual_seed(0)
    model, values = FusedClassifier(DIMS, "cmib", WIDTH, 3, 0.0).eval(), draw()
    wanted = torch.nn.functional.one_hot(torch.arange(ROWS) % 3, 3).float()
    nothing = dict.fromkeys(DIMS, torch.zeros(ROWS, dtype=torch.bool))
    found = model(values, nothing)
    alone = type(found)(found.logits, found.penalty)
    args = (wanted, torch.ones(3), "single")
    assert found.cost(*args).item() == pytest.approx(alone.cost(*args).item())
    found = model(values, dict.fromkeys(DIMS, torch.ones(ROWS, dtype=torch.bool)))
    assert found.cost(*args).item() > type(found)(found.logits, found.penalty).cost(*args).item() + 1


def test_modules_are_found_by_name():
    for name in FUSIONS.values():
        assert callable(found(name))
