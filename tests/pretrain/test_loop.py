"""The loop: it learns, masks what is absent, stops at nonsense, and goes on where it was."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from pretrain_data import collapsing, make_corpus, make_settings
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from conclugen.pretrain import loop, step
from conclugen.pretrain.corpus import load_corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.methods import METHODS
from conclugen.pretrain.presets import PRESETS
from conclugen.pretrain.state import State

CPU = torch.device("cpu")


def fit(made, settings, folder, seed=0, checkpoint_seconds=1e9):
    corpus = load_corpus(made.splits, made.shards, settings)
    torch.manual_seed(seed)
    network = fresh_network(corpus, settings)
    trained = loop.train(network, corpus, settings, seed, CPU, State(folder / "state", "x"), checkpoint_seconds)
    return network, trained.history, corpus


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=200, valid=40, test=10)


@pytest.fixture(scope="module")
def viewed(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("viewed"), rows=120, views=3)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("method", [m for m, recipe in METHODS.items() if not recipe.pretrained_as])
def test_every_method_lowers_its_loss_in_every_preset(made, viewed, tmp_path, method, preset):
    settings = make_settings(method, preset, epochs=6, learning_rate=2e-3)
    _, history, _ = fit(viewed if settings.views else made, settings, tmp_path)
    for name in set(settings.losses) - {"clustering"}:
        assert history[-1][name] < history[0][name]
        assert history[-1][f"valid_{name}"] < history[0][f"valid_{name}"] * 1.02
    if "clustering" in settings.losses:
        assert "clustering" not in history[0]
        assert 0 <= history[-1]["cluster_entropy"] <= math.log(4) + 1e-6
        assert 1 <= history[-1]["clusters_used"] <= 4


@pytest.mark.parametrize(
    ("losses", "modalities"),
    [
        (("infonce", "reconstruction"), {"face": ("frames3d",)}),
        (("mms", "clustering", "infonce"), {"still": ("frames2d",), "moving": ("frames3d",)}),
        (("reconstruction",), {"all": ("frames2d", "audio", "text")}),
    ],
)
def test_losses_and_streams_that_no_shipped_method_joins_are_trained(made, viewed, tmp_path, losses, modalities):
    views = 3 if "infonce" in losses else 0
    settings = make_settings(losses=losses, modalities=modalities, views=views, epochs=6, learning_rate=2e-3)
    _, history, _ = fit(viewed if views else made, settings, tmp_path)
    for name in set(losses) - {"clustering"}:
        assert history[-1][name] < history[0][name]
    assert ("clustering" in history[-1]) == ("clustering" in losses)


def test_conclugen_learns_the_planted_class(made, tmp_path):
    settings = make_settings(epochs=25, learning_rate=2e-3)
    network, history, corpus = fit(made, settings, tmp_path)
    started = next(row for row in history if "clustering" in row)
    for name in settings.losses:
        assert history[-1][name] < (started if name == "clustering" else history[0])[name]
    with torch.no_grad():
        learned = network.eval().represent(corpus.data.features, corpus.data.present)
    x = torch.cat(list(learned.values()), dim=1)[corpus.train].numpy()
    y = np.array([made.labels[i] for i in corpus.data.ids[corpus.train.numpy()]])
    chance = np.bincount(y).max() / len(y)
    scored = cross_val_score(LogisticRegression(max_iter=500), x, y, cv=4).mean()
    shuffled = np.random.default_rng(0).permutation(y)
    control = cross_val_score(LogisticRegression(max_iter=500), x, shuffled, cv=4).mean()
    assert scored > chance + 0.3
    assert control < chance + 0.12


def test_rows_for_testing_leave_no_trace(tmp_path):
    settings, weights = make_settings(), []
    for name, poison in (("a", 0.0), ("b", 1000.0)):
        made = make_corpus(tmp_path / name, rows=100, valid=20, test=20, poison=poison)
        weights.append(fit(made, settings, tmp_path / name)[0].state_dict())
    assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())


def test_rows_for_validation_choose_the_epoch_and_nothing_else(tmp_path):
    settings, histories = make_settings(), []
    for name, poison in (("a", 0.0), ("b", 1000.0)):
        made = make_corpus(tmp_path / name, rows=100, valid=20, test=20, poison=poison, poisoned=("valid", "test"))
        histories.append(fit(made, settings, tmp_path / name)[1])
    named = ["loss", *settings.losses]
    assert [[row.get(n) for n in named] for row in histories[0]] == [
        [row.get(n) for n in named] for row in histories[1]
    ]


def test_the_epoch_that_validates_best_is_kept(made, tmp_path):
    """Its weights are those of a training that ended there; epochs without clusters do not compete."""
    settings = make_settings(preset="paper", epochs=8, learning_rate=0.1)
    corpus = load_corpus(made.splits, made.shards, settings)

    def trained(epochs):
        torch.manual_seed(0)
        network, state = fresh_network(corpus, settings), State(tmp_path / f"state{epochs}", "x")
        asked = dataclasses.replace(
            settings, epochs=epochs, schedule=dataclasses.replace(settings.schedule, cycle_epochs=8)
        )
        return network, loop.train(network, corpus, asked, 0, CPU, state, 1e9)

    network, whole = trained(8)
    losses = [row["valid_loss"] if "clustering" in row else math.inf for row in whole.history]
    chosen = whole.pretext.epoch
    assert chosen == losses.index(min(losses)) < 7
    assert [row["exported"] for row in whole.history] == [int(e == chosen) for e in range(8)]
    until, _ = trained(chosen + 1)
    assert all(torch.equal(value, until.state_dict()[key]) for key, value in network.state_dict().items())


def test_without_validation_rows_the_last_epoch_is_kept(tmp_path):
    made = make_corpus(tmp_path, rows=100)
    corpus = load_corpus(made.splits, made.shards, make_settings(validation_fraction=0.0))
    network = fresh_network(corpus, make_settings())
    trained = loop.train(network, corpus, make_settings(), 0, CPU, State(tmp_path / "state", "x"))
    assert trained.pretext.epoch == 2
    assert "valid_loss" not in trained.history[0]


def test_patience_ends_training(made, tmp_path):
    schedule = dataclasses.replace(make_settings("Generative").schedule, patience=2, patience_share=None)
    _, history, _ = fit(made, make_settings("Generative", epochs=60, learning_rate=0.1, schedule=schedule), tmp_path)
    losses = [row["valid_loss"] for row in history]
    assert len(history) == losses.index(min(losses)) + 3 < 60


def test_a_network_that_collapses_is_told_from_one_that_learned(made, tmp_path):
    """On the same rows: as shipped, and with settings that break it."""
    verdicts = {}
    for name, settings in (("good", make_settings(epochs=25, learning_rate=2e-3)), ("bad", collapsing())):
        corpus = load_corpus(made.splits, made.shards, settings)
        torch.manual_seed(0)
        state = State(tmp_path / name, "x")
        network = fresh_network(corpus, settings)
        verdicts[name] = loop.train(network, corpus, settings, 0, CPU, state, 1e9).pretext
    good, bad = verdicts["good"], verdicts["bad"]
    assert good.verdict.word == "learned", good.verdict
    assert good.valid["retrieval"] > 5 * good.valid["retrieval_chance"]
    assert good.valid["effective_rank"] > 5
    assert bad.verdict.word == "collapsed", (bad.verdict, bad.valid)
    assert bad.verdict.cause


def test_patience_may_be_a_share_of_training_and_a_training_that_ran_out_of_it_is_kept(made, tmp_path):
    """So that another run of it has nothing to train."""
    schedule = dataclasses.replace(make_settings("Generative").schedule, patience_share=0.05)
    settings = make_settings("Generative", epochs=60, learning_rate=0.1, schedule=schedule)
    network, history, _ = fit(made, settings, tmp_path)
    losses = [row["valid_loss"] for row in history]
    assert len(history) == losses.index(min(losses)) + 4 < 60
    again, repeated, _ = fit(made, settings, tmp_path)
    assert repeated == history
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in network.state_dict().items())


def test_absent_rows_leave_no_trace(tmp_path):
    """Whatever stands in the place of an absent vector, the weights come out the same."""
    made = make_corpus(tmp_path, rows=100, absent=0.3)
    for preset in PRESETS:
        settings, weights = make_settings(preset=preset), []
        for filler in (0.0, 50.0):
            corpus = load_corpus(made.splits, made.shards, settings)
            for name, value in corpus.data.features.items():
                value[~corpus.data.present[name]] = filler
            torch.manual_seed(0)
            network = fresh_network(corpus, settings)
            loop.train(network, corpus, settings, 0, CPU, State(tmp_path / "state", preset, str(filler)), 1e9)
            weights.append(network.state_dict())
        for key, value in weights[0].items():
            torch.testing.assert_close(value, weights[1][key], atol=1e-6, rtol=1e-5)


def test_a_modality_that_is_nowhere_is_no_obstacle(tmp_path):
    made = make_corpus(tmp_path, rows=60, absent=0.0)
    settings = make_settings()
    corpus = load_corpus(made.splits, made.shards, settings)
    corpus.data.present["text"][:] = False
    network = fresh_network(corpus, settings)
    history = loop.train(network, corpus, settings, 0, CPU, State(tmp_path / "state", "x")).history
    assert all(math.isfinite(row["loss"]) for row in history)
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


def test_a_batch_larger_than_the_corpus_is_the_corpus(made, tmp_path):
    _, history, _ = fit(made, make_settings(batch_size=4096), tmp_path)
    assert len(history) == 3


def test_fewer_utterances_than_clusters_is_told(tmp_path):
    made = make_corpus(tmp_path, rows=3, absent=0)
    with pytest.raises(ValueError, match="cannot make 4 clusters"):
        fit(made, make_settings(validation_fraction=0.0), tmp_path)


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("method", ["ConCluGen", "Generative"])
def test_a_loss_that_is_not_finite_stops_and_names_its_batch(made, tmp_path, method, value):
    settings = make_settings(method, "paper", batch_size=16)
    corpus = load_corpus(made.splits, made.shards, settings)
    bad = int(corpus.train[5])
    corpus.data.features["audio"][bad] = value
    corpus.data.present["audio"][bad] = True
    state = State(tmp_path, "x")
    with pytest.raises(loop.NonFiniteError, match=r"epoch 0, batch \d+"):
        loop.train(fresh_network(corpus, settings), corpus, settings, 0, CPU, state)
    record = json.loads((state.folder / "non_finite.json").read_text())
    assert corpus.data.ids[bad] in record["utterances"]
    assert len(record["utterances"]) == len(corpus.train) // math.ceil(len(corpus.train) / 16)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("method", ["ConCluGen", "Instance-Cont"])
def test_going_on_gives_the_same_weights_bit_for_bit(made, viewed, tmp_path, monkeypatch, method, preset):
    settings = make_settings(method, preset, epochs=5)
    data = viewed if settings.views else made
    whole, history, _ = fit(data, settings, tmp_path / "whole")
    real, calls = loop.train_step, []

    def killed(*arguments):
        calls.append(1)
        if len(calls) == 11:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(loop, "train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(data, settings, tmp_path / "part", checkpoint_seconds=0)
    monkeypatch.setattr(loop, "train_step", real)
    again, resumed, _ = fit(data, settings, tmp_path / "part")
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in whole.state_dict().items())
    assert strip(history) == strip(resumed)


def strip(history):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


def test_seeds_differ_and_repeat(made, tmp_path):
    settings = make_settings(epochs=1)
    a, b, c = (fit(made, settings, tmp_path / str(i), seed=seed)[0] for i, seed in enumerate((1, 1, 2)))
    name = "representation.video.0.weight"
    assert torch.equal(a.state_dict()[name], b.state_dict()[name])
    assert not torch.equal(a.state_dict()[name], c.state_dict()[name])


def test_every_row_is_used_at_most_once_an_epoch_and_batches_are_alike(made, monkeypatch, tmp_path):
    seen = []
    real = loop.train_step

    def spy(training, batch, *rest):
        seen.append(batch)
        return real(training, batch, *rest)

    monkeypatch.setattr(loop, "train_step", spy)
    settings = make_settings(epochs=2)
    _, _, corpus = fit(made, settings, tmp_path)
    steps = math.ceil(len(corpus.train) / 32)
    assert len(seen) == 2 * steps
    assert {len(batch) for batch in seen} == {len(corpus.train) // steps}
    for epoch in (seen[:steps], seen[steps:]):
        rows = torch.cat(epoch)
        assert len(rows.unique()) == len(rows)
        assert set(rows.tolist()) <= set(corpus.train.tolist())
    assert not torch.equal(torch.cat(seen[:steps]), torch.cat(seen[steps:]))


def test_two_different_views_of_each_row():
    first, second = step.draw_views(500, 3, torch.Generator().manual_seed(0))
    assert (first != second).all()
    assert set(first.tolist()) == set(second.tolist()) == {0, 1, 2}
    assert step.draw_views(5, 0, torch.Generator()) is None


def test_the_mean_of_the_losses_scales_the_sum(made, tmp_path):
    settings = make_settings("ConGen", "paper", epochs=1)
    mean = dataclasses.replace(settings, objective=dataclasses.replace(settings.objective, reduction="mean"))
    summed, averaged = fit(made, settings, tmp_path / "s")[1][0], fit(made, mean, tmp_path / "m")[1][0]
    assert summed["loss"] == pytest.approx(summed["mms"] + summed["reconstruction"], rel=1e-6)
    assert averaged["loss"] == pytest.approx((averaged["mms"] + averaged["reconstruction"]) / 2, rel=1e-6)


def test_the_weight_of_reconstruction_is_in_the_total_and_not_in_its_own_column(made, tmp_path):
    settings = make_settings("ConGen", epochs=1)
    objective = dataclasses.replace(settings.objective, reconstruction_weight=10.0)
    row = fit(made, dataclasses.replace(settings, objective=objective), tmp_path)[1][0]
    assert row["loss"] == pytest.approx(row["mms"] + 10 * row["reconstruction"], rel=1e-6)
