"""Worlds: what they promise, measured with scikit-learn and closed forms instead of this package's networks."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import recall_score

from conclugen.data import features, worlds
from conclugen.data.settings import Fractions

SIZES = {"unlabelled": 3000, "train": 400, "valid": 100, "test": 600}


def made(kind, seed=0, **sizes):
    return worlds.draw(worlds.Settings(kind=kind, seed=seed, **(SIZES | sizes)))


def recall(values, world, training="train"):
    train, test = world["split"] == training, world["split"] == "test"
    model = LogisticRegression(C=0.1, max_iter=500).fit(values[train], world["label"][train])
    return recall_score(world["label"][test], model.predict(values[test]), average="macro")


def inputs(world):
    streams = [world[name] for name in worlds.MODALITIES]
    return np.concatenate([(x - x.mean(0)) / x.std(0) for x in streams], axis=1)


def explained(world, name, train, test):
    """The share of the latents' variance that a linear map of a modality explains on new rows."""
    model = LinearRegression().fit(world[name][train], world["latents"][train])
    return model.score(world[name][test], world["latents"][test])


@pytest.mark.parametrize("kind", worlds.KINDS)
def test_shapes_splits_and_that_unlabelled_rows_have_no_label(kind):
    world, rows = made(kind), sum(SIZES.values())
    assert {name: len(values) for name, values in world.items()} == dict.fromkeys(world, rows)
    assert len(set(world["ids"].tolist())) == rows
    counts = dict(zip(*np.unique(world["split"], return_counts=True), strict=True))
    assert counts == {"none": 3000, "train": 400, "valid": 100, "test": 600}
    assert set(world["label"][world["split"] == "none"]) == {""}
    assert set(world["label"][world["split"] != "none"]) == set(worlds.CLASSES)
    assert [world[name].shape[1] for name in worlds.MODALITIES] == list(worlds.KINDS[kind].dims)
    assert all(world[name].dtype == np.float32 for name in (*worlds.MODALITIES, "latents"))


@pytest.mark.parametrize("kind", ["shared", "shared-nonlinear", "second", "private"])
def test_the_latents_decide_the_class_and_raw_features_find_it_only_in_part(kind):
    world = made(kind)
    oracle, raw = recall(world["latents"], world), recall(inputs(world), world)
    assert oracle > 0.75
    assert 0.4 < raw < oracle - 0.05


def test_labels_of_the_null_world_cannot_be_told_even_from_its_latents():
    world = made("null", test=3000)
    assert recall(world["latents"], world) == pytest.approx(0.25, abs=0.04)
    assert recall(inputs(world), world) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize(("kind", "least"), [("shared", 0.9), ("shared-nonlinear", 0.6), ("second", 0.8)])
def test_every_modality_of_a_shared_world_sees_all_latents(kind, least):
    world = made(kind)
    train, test = world["split"] == "none", world["split"] == "test"
    assert all(explained(world, name, train, test) > least for name in worlds.MODALITIES)


def test_modalities_of_the_private_world_say_nothing_of_each_other():
    world = made("private")
    train, test = world["split"] == "none", world["split"] == "test"
    for one in worlds.MODALITIES:
        for other in set(worlds.MODALITIES) - {one}:
            model = LinearRegression().fit(world[one][train], world[other][train])
            assert model.score(world[one][test], world[other][test]) < 0.02


def beyond(kind):
    """The largest eigenvalue of a modality's covariance that a linear mixing of its latents could not explain."""
    settings = worlds.KINDS[kind]
    values = np.linalg.eigvalsh(np.cov(made(kind)["video"].T))[::-1]
    return values[settings.latents + settings.private] / settings.noise**2


def test_a_linear_mixing_leaves_noise_beyond_its_latents_and_a_nonlinear_one_leaves_more():
    assert 0.8 < beyond("shared") < 1.5
    assert beyond("shared-nonlinear") > 10


def test_scales_and_offsets_of_the_second_world_differ_by_stream():
    world = made("second")
    scales = sorted(float(world[name].std(0).mean()) for name in worlds.MODALITIES)
    assert scales[-1] > 5 * scales[0]
    assert all(np.abs(world[name].mean(0)).mean() > world[name].std(0).mean() / 3 for name in worlds.MODALITIES)


def test_a_seed_makes_the_world_and_sizes_change_no_other_split():
    one, again, more = made("shared"), made("shared"), made("shared", unlabelled=3500, train=450)
    assert all(np.array_equal(one[name], again[name]) for name in one)
    for split in ("test", "valid"):
        for name in one:
            assert np.array_equal(one[name][one["split"] == split], more[name][more["split"] == split])
    assert not np.array_equal(one["video"], made("shared", seed=1)["video"])


def test_kinds_of_one_seed_do_not_share_their_test_rows_by_chance():
    shared, null = made("shared"), made("null")
    assert np.array_equal(shared["latents"], null["latents"])
    labelled = shared["split"] == "test"
    assert 0.1 < np.mean(shared["label"][labelled] == null["label"][labelled]) < 0.4


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind 'other' is unknown; allowed: shared, "):
        made("other")


def test_the_file_is_what_the_adapter_reads_and_the_same_at_every_writing(tmp_path):
    settings = json.dumps({"kind": "shared", "seed": 4, **SIZES})
    for name in ("a", "b"):
        worlds.main(["--settings", settings, "--output", str(tmp_path / f"{name}.npz")])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    labels = features.Labels("single", "label", worlds.CLASSES, ())
    options = {"splits": {}, "fractions": Fractions(0.7, 0.1, 0.2), "seed": 0}
    options |= dict.fromkeys(("group", "speaker", "text", "sentiment"))
    manifest = features.build(
        "world", tmp_path, features.Settings(file="a.npz", ids="ids", labels=labels, split="split", **options)
    )
    assert manifest.table["split"].value_counts().to_dict() == {"none": 3000, "test": 600, "train": 400, "valid": 100}
    assert manifest.table["label"].notna().sum() == 1100
