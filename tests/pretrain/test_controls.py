"""Controls in place of pretrained networks: what they compute, from which rows, and that protocols can load them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import scipy.linalg
import torch
from pretrain_data import DIMS, JOINED, make_corpus, make_settings
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from conclugen.downstream.representations import represent
from conclugen.models import io
from conclugen.models.heads import Standardise
from conclugen.pretrain import controls, projections
from conclugen.pretrain.corpus import load_corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.settings import Settings
from conclugen.store.settings import dump, parse

WIDTH = 10
MODALITIES = ("video", "audio", "text")


def settings_of(method, width=WIDTH, **changes):
    given = make_settings()
    drawn = None
    if method == "untrained":
        names = ("gated", "representation_relu", "residual", "narrow", "standardise")
        drawn = controls.Drawn(given.sizes["hidden"], *(getattr(given.architecture, name) for name in names))
    values = {f.name: getattr(given, f.name) for f in dataclasses.fields(controls.Given)}
    return controls.Settings(**values | {"method": method, "width": width, "drawn": drawn} | changes)


def run(made, folder, settings, seed=0):
    folder = folder / settings.corpus / settings.preset / settings.method / f"seed{seed}"
    words = ["--splits", str(made.splits), "--features", *made.features, "--settings", dump(settings)]
    controls.main([*words, "--seed", str(seed), "--threads", "1", "--output-dir", str(folder)])
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=300, valid=60, test=40)


@pytest.fixture(scope="module")
def corpus(made):
    return load_corpus(made.splits, made.shards, settings_of("PCA"))


def rows_of(corpus, modality):
    """The features of a modality and where it is present among training rows."""
    trained = np.isin(np.arange(len(corpus.data)), corpus.train.numpy())
    return corpus.data.features[modality].double().numpy(), corpus.data.present[modality].numpy() & trained


def test_pca_is_that_of_scikit_learn_on_standardised_training_rows(made, corpus, tmp_path):
    network = io.load_placed(run(made, tmp_path, settings_of("PCA")))
    found = represent(network, corpus.data, torch.device("cpu"))
    for modality in MODALITIES:
        values, trained = rows_of(corpus, modality)
        scaler = StandardScaler().fit(values[trained])
        pca = PCA(WIDTH).fit(scaler.transform(values[trained]))
        here = corpus.data.present[modality].numpy()
        expected = pca.transform(scaler.transform(values[here]))
        own = found[modality][here].numpy()
        assert own.shape == expected.shape
        np.testing.assert_allclose(np.abs(own), np.abs(expected), atol=2e-3)  # axes have no sign of their own
        assert not found[modality][~here].any()


def by_hand(corpus, width):
    """MAXVAR from the N x N matrix of the definition, with the ridge of scikit-learn's shrinkage."""
    parts, weights, keep = [], [], []
    for modality in MODALITIES:
        values, trained = rows_of(corpus, modality)
        scaled = np.where(trained[:, None], StandardScaler().fit(values[trained]).transform(values), 0)[corpus.train]
        _, share = ledoit_wolf(scaled[trained[corpus.train]], assume_centered=True)
        second = scaled.T @ scaled
        second += share / (1 - share) * np.trace(second) / len(second) * np.eye(len(second))
        parts.append(scaled), weights.append(np.linalg.inv(second)), keep.append(trained[corpus.train])
    lighter = np.diag(1 / np.sqrt(np.sum(keep, axis=0)))
    total = lighter @ sum(x @ inverse @ x.T for x, inverse in zip(parts, weights, strict=True)) @ lighter
    strengths, vectors = scipy.linalg.eigh(total)
    shared = vectors[:, ::-1][:, :width]
    return strengths[::-1][:width], [w @ x.T @ lighter @ shared for x, w in zip(parts, weights, strict=True)]


def test_gcca_is_that_of_its_definition_with_missing_modalities(made, corpus, tmp_path):
    network = io.load_placed(run(made, tmp_path, settings_of("GCCA")))
    strengths, expected = by_hand(corpus, WIDTH)
    assert np.diff(strengths).max() < -1e-3  # told apart, so that the axes are, too
    signs = np.sign((network.representation["video"].weight.detach().numpy().T * expected[0]).sum(0))
    for modality, axes in zip(MODALITIES, expected, strict=True):
        own = network.representation[modality].weight.detach().numpy().T
        np.testing.assert_allclose(own, axes * signs, atol=1e-4 * np.abs(axes).max())
        assert not network.representation[modality].bias.any()


def test_gcca_finds_what_modalities_share_and_pca_what_is_loud(tmp_path):
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2000, 2))

    def view(dim):
        loud = 3 * rng.normal(size=(2000, 3)) @ rng.normal(size=(3, dim))
        return torch.from_numpy(shared @ rng.normal(size=(2, dim)) + loud + 0.1 * rng.normal(size=(2000, dim)))

    values = {name: view(dim) for name, dim in (("a", 12), ("b", 9), ("c", 15))}
    present = {name: torch.from_numpy(rng.random(2000) > 0.2) for name in values}
    scales = {name: Standardise(value.shape[1]) for name, value in values.items()}
    for name, scale in scales.items():
        scale.fit(values[name], present[name])

    def told(axes, name):
        """The share of the latents that a linear map of these axes tells."""
        seen = scales[name](values[name]).numpy() @ axes[:2].T
        left = shared - seen @ np.linalg.lstsq(seen, shared, rcond=None)[0]
        return 1 - left.var() / shared.var()

    found = projections.canonical(values, present, scales, 2)
    for name in values:
        assert told(found[name], name) > 0.9
        assert told(projections.principal(values[name], present[name], scales[name], 2), name) < 0.5


def test_rows_in_blocks_are_rows(corpus, monkeypatch):
    whole = controls.control_network(corpus, settings_of("GCCA")), controls.control_network(corpus, settings_of("PCA"))
    monkeypatch.setattr(projections, "ROWS_AT_ONCE", 17)
    parts = controls.control_network(corpus, settings_of("GCCA")), controls.control_network(corpus, settings_of("PCA"))
    for one, other in zip(whole, parts, strict=True):
        for name, value in one.state_dict().items():
            torch.testing.assert_close(value, other.state_dict()[name], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", ["untrained", "PCA", "GCCA"])
def test_a_control_looks_at_training_rows_alone(method, tmp_path):
    states = []
    for number, poison in enumerate((None, 99.0)):
        folder = tmp_path / str(number)
        made = make_corpus(folder, rows=120, valid=30, test=30, poison=poison, poisoned=("valid", "test"))
        states.append(io.load(run(made, folder, settings_of(method))).state_dict())
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_the_untrained_network_is_that_which_pretraining_starts_from(made, tmp_path):
    settings = parse(Settings, dump(make_settings()))  # as they arrive
    corpus = load_corpus(made.splits, made.shards, settings)
    for seed in (0, 3):
        torch.manual_seed(seed)
        fresh = fresh_network(corpus, settings).state_dict()
        found = io.load_placed(run(made, tmp_path, settings_of("untrained", settings.sizes["representation"]), seed))
        state = found.state_dict()
        assert state.keys() == {name for name in fresh if name.split(".")[0] in ("standardise", "representation")}
        assert all(torch.equal(value, fresh[name]) for name, value in state.items())


@pytest.mark.parametrize(("rows", "width"), [(300, 1000), (9, 1000)])
def test_no_representation_is_wider_than_columns_or_rows_allow(tmp_path, rows, width):
    made = make_corpus(tmp_path, rows=rows, absent=0)
    columns = {m: sum(DIMS[stream] for stream in streams) for m, streams in JOINED.items()}
    settings = settings_of("PCA", width, validation_fraction=0.0)
    found = io.load(run(made, tmp_path, settings)).settings.linear
    assert found == {m: min(dim, rows - 1) for m, dim in columns.items()}
    shared = io.load(run(made, tmp_path, settings_of("GCCA", width, validation_fraction=0.0))).settings.linear
    assert set(shared.values()) == {min(max(columns.values()), rows - 1)}


def test_one_modality_and_one_that_is_nowhere_have_controls_too(tmp_path):
    made = make_corpus(tmp_path, rows=80, absent=0)
    alone = settings_of("GCCA", modalities={"audio": ("audio",)})
    state = io.load(run(made, tmp_path / "alone", alone)).state_dict()["representation.audio.weight"]
    assert state.shape == (WIDTH, DIMS["audio"])
    assert torch.linalg.matrix_rank(state) == WIDTH
    lacking = make_corpus(tmp_path / "lacking", rows=80, absent=0)
    corpus = load_corpus(lacking.splits, lacking.shards, settings_of("PCA"))
    corpus.data.present["text"][:] = False
    for method in ("PCA", "GCCA"):
        network = controls.control_network(corpus, settings_of(method))
        assert not network.representation["text"].weight.any()
        assert network.representation["video"].weight.any()
        assert all(bool(value.isfinite().all()) for value in network.state_dict().values())


def test_augmented_copies_are_rows(tmp_path):
    made = make_corpus(tmp_path, rows=60, views=3, absent=0)
    settings = settings_of("PCA", views=3, modalities={"video": ("frames3d",)}, validation_fraction=0.0)
    network = io.load(run(made, tmp_path, settings))
    assert network.settings.input_dims == {"video": DIMS["frames3d"]}
    corpus = load_corpus(made.splits, made.shards, settings)
    values = corpus.data.features["video"].flatten(0, 1).double().numpy()
    expected = PCA(WIDTH).fit(StandardScaler().fit_transform(values)).components_
    own = network.representation["video"].weight.detach().numpy()
    np.testing.assert_allclose(np.abs(own), np.abs(expected), atol=1e-4)


def test_the_folder_holds_a_network_and_nothing_that_was_learned(made, tmp_path):
    folder = run(made, tmp_path, settings_of("GCCA"))
    assert sorted(path.name for path in folder.iterdir()) == ["model.safetensors", "settings.json"]
    told = json.loads((folder / "settings.json").read_text())["about"]
    assert (told["method"], told["preset"], told["utterances"]["valid"]) == ("GCCA", "improved", 60)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"method": "ICA"}, "no control"), ({"drawn": settings_of("untrained").drawn}, "for untrained")],
)
def test_settings_that_fit_no_control_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(settings_of("PCA"), **changes)
