"""Pretraining on stills: what a step sees, that it learns, goes on exactly where it stopped, and tells how it is."""

import dataclasses
import json

import pytest
import torch

from conclugen.images import health, loop, network, shard
from conclugen.images.methods import METHODS, on_stills
from conclugen.images.presets import PRESETS
from conclugen.images.settings import Pretraining
from conclugen.images.views import Stills
from conclugen.pretrain.state import State
from conclugen.store.settings import dump, parse

WHERE = torch.device("cpu")


def settings(**changes):
    shape = {"dataset": "faces", "preset": "improved", "method": "SimCLR", "proposals": [], "absent": []}
    shape |= {"network": "resnet10", "width": 4, "size": 32, "epochs": 2, "batch_size": 21}
    return parse(Pretraining, json.dumps(PRESETS["improved"] | shape | changes))


@pytest.fixture
def images(faces):
    return shard.read(faces / "images.h5")


def training(images, folder, **changes):
    told = settings(**changes)
    descriptors = torch.rand(len(images), 8, generator=torch.Generator().manual_seed(0))
    stills = Stills(images, told, WHERE, descriptors if "mask_fn" in told.proposals else None)
    made = network.drawn(told.network, 1, told.width, 0)
    rows = torch.arange(84), torch.arange(84, 126)
    return loop.job(made, stills, *rows, 0, State(folder, dump(told)))


def test_presets_have_the_same_switches_and_the_papers_own_values():
    assert {frozenset(one) for one in PRESETS.values()} == {frozenset(PRESETS["paper"])}
    assert all(set(one["changes"]) == set(PRESETS["paper"]["changes"]) for one in PRESETS.values())
    paper = settings(**PRESETS["paper"])
    assert (paper.temperature, paper.learning_rate, paper.attraction, paper.swapped) == (0.07, 3e-4, 0.8, 0.8)
    assert paper.changes.crop[0] == pytest.approx((112 / 128) ** 2)


def test_stills_lack_what_compares_frames():
    assert on_stills("TimeAug") == ((), ("time_aug",))
    assert on_stills("SSL-FER") == (("face_swap", "mask_fn"), ("time_aug", "hard_neg"))
    assert all(sum(map(len, on_stills(name))) == len(METHODS[name]) for name in METHODS)


def test_a_batch_has_two_views_of_each_item_and_the_same_draw_gives_the_same(images, tmp_path):
    stills = training(images, tmp_path, proposals=["face_swap", "mask_fn"]).source
    rows = torch.arange(6)
    first, again = (stills.batch(rows, torch.Generator().manual_seed(3)) for _ in range(2))
    other = stills.batch(rows, torch.Generator().manual_seed(4))
    assert first.images.shape == (12, 1, 32, 32)
    assert first.positive.tolist() == [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert 0 <= float(first.images.min()) <= float(first.images.max()) <= 1 + 1e-5
    found = first.false_negative
    assert torch.equal(found[6:], found[:6] + 6)
    assert (found[:6] != rows).all()


def test_positives_are_swapped_and_anchors_never(images, tmp_path):
    plain = training(images, tmp_path, swapped=1.0).source
    rows = torch.arange(8)
    expected = plain.batch(rows, torch.Generator().manual_seed(0)).images
    for proposal in ("face_swap", "cut_mix"):
        stills = training(images, tmp_path, proposals=[proposal], swapped=1.0).source
        found = stills.batch(rows, torch.Generator().manual_seed(0)).images
        assert torch.equal(found[:8], expected[:8])
        assert not torch.equal(found[8:], expected[8:])


def test_mask_fn_without_descriptors_is_refused(images):
    with pytest.raises(ValueError, match="needs their descriptors"):
        Stills(images, settings(proposals=["mask_fn"]), WHERE)


def test_training_that_was_stopped_within_an_epoch_ends_the_same(images, tmp_path):
    whole = training(images, tmp_path / "a", proposals=["face_swap", "mask_fn"], attraction=0.8)
    history = loop.train(whole)
    part = training(images, tmp_path / "b", proposals=["face_swap", "mask_fn"], attraction=0.8)
    loop.train(part, checkpoint_seconds=0, stop_after=6)
    again = training(images, tmp_path / "b", proposals=["face_swap", "mask_fn"], attraction=0.8)
    resumed = loop.train(again, checkpoint_seconds=0)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name
    assert [row["loss"] for row in resumed] == [row["loss"] for row in history]
    assert len(history) == 2


@pytest.mark.parametrize("preset", list(PRESETS))
def test_it_learns_to_tell_images_apart(images, tmp_path, preset):
    """At the start the loss is that of chance; whatever learned nothing stays there."""
    one = training(images, tmp_path, **PRESETS[preset] | {"learning_rate": 3e-3}, epochs=12, width=8)
    before = health.measure(one.network, one.source, one.held)
    assert before["infonce"] == pytest.approx(before["infonce_chance"], abs=0.2)
    loop.train(one)
    after = health.measure(one.network, one.source, one.held)
    assert after["infonce"] < before["infonce"] - 0.3
    assert after["retrieval"] > 3 * after["retrieval_chance"]
    assert after["uniformity"] < before["uniformity"] - 0.3


def test_the_verdict_tells_a_collapse_from_a_network_that_only_began_alike():
    untrained = {"mean_cosine": 0.999}
    fine = {"effective_rank": 20.0, "mean_cosine": 0.3, "infonce_share": 0.5}
    assert health.judge(fine, untrained).word == "learned"
    assert health.judge(fine | {"infonce_share": 0.01}, untrained).word == "weak"
    assert health.judge(fine | {"mean_cosine": 0.99, "infonce_share": 0.01}, untrained).word == "weak"
    assert health.judge(fine | {"mean_cosine": 0.999}, {"mean_cosine": 0.9}).word == "collapsed"
    assert health.judge(fine | {"effective_rank": 1.5}, untrained).word == "collapsed"


def test_a_loss_that_is_not_finite_names_the_images(images, tmp_path):
    one = training(images, tmp_path)
    with torch.no_grad():
        next(one.network.parameters()).fill_(float("nan"))
    with pytest.raises(loop.NonFiniteError, match="the images of the batch are in"):
        loop.train(one)
    assert len(json.loads((one.state.folder / "non_finite.json").read_text())["images"]) == 21


def test_a_network_is_drawn_by_its_seed_and_kept_by_its_hash(tmp_path):
    made = network.drawn("resnet10", 1, 4, 7)
    assert torch.equal(network.drawn("resnet10", 1, 4, 7).head[0].weight, made.head[0].weight)
    assert not torch.equal(network.drawn("resnet10", 1, 4, 8).head[0].weight, made.head[0].weight)
    network.save(made, tmp_path, {"network": "resnet10", "channels": 1, "width": 4, "size": 32, "share": 1.0})
    images = torch.rand(2, 1, 32, 32)
    loaded, _ = network.load(tmp_path)
    assert torch.equal(loaded.eval()(images), made.eval()(images))
    path = tmp_path / network.WEIGHTS
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(network.ImageModelError, match="delete the folder and pretrain again"):
        network.load(tmp_path)


def test_decay_is_part_of_the_gradient_where_it_is_not_decoupled(images, tmp_path):
    """Adam's first step is the sign of gradient and decay together, AdamW's of the gradient alone."""
    found = {}
    for decoupled in (True, False):
        one = training(images, tmp_path, decoupled=decoupled, weight_decay=1e6, learning_rate=1e-3, annealed=False)
        before = one.network.head[2].weight.detach().clone()
        loop.step(one, torch.arange(21), 0)
        found[decoupled] = one.network.head[2].weight.detach() - before
        towards_zero = (found[decoupled].sign() == -before.sign()).float().mean()
    assert float(towards_zero) > 0.99  # the last one is Adam's: its decay outweighs any gradient
    assert float(found[False].abs().max()) == pytest.approx(1e-3, rel=1e-3)
    assert float(found[True].abs().max()) > 0.01


def test_settings_that_cannot_train_are_refused():
    with pytest.raises(ValueError, match="batch_size: 1 is outside its limit"):
        parse(Pretraining, dump(dataclasses.replace(settings(), batch_size=1)))
    with pytest.raises(ValueError, match="are unknown"):
        dataclasses.replace(settings(), proposals=("time_travel",))
