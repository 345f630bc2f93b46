"""Pretraining learns what modalities share, in a small world where that is known; it fails here when it stops to.

The worlds `shared` and `null` of one seed have the same features: one network is judged on both. Heads are
scikit-learn's, so that only the network is on trial.
"""

import dataclasses
import json

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.preprocessing import StandardScaler

from conclugen import slices
from conclugen.data import worlds
from conclugen.pretrain.corpus import Corpus
from conclugen.pretrain.fresh import fresh_network
from conclugen.pretrain.loop import train
from conclugen.pretrain.settings import Settings
from conclugen.pretrain.state import State
from conclugen.store.resident import Resident
from conclugen.store.settings import parse
from test_configs import config_of

SIZES = {"unlabelled": 3000, "train": 600, "valid": 400, "test": 2000}
METHOD = "ConCluGen"


def draw(kind):
    return worlds.draw(worlds.Settings(kind=kind, seed=0, **SIZES))


def settings():
    """Those of `make control`, with a small network that sees few items often."""
    wildcards = {"corpus": "shared", "preset": config_of("control").pretrain.preset, "method": METHOD}
    shipped = parse(Settings, json.dumps(slices.stage_settings(config_of("control"), "pretrain", wildcards)))
    sizes = shipped.sizes | {"representation": 128, "hidden": 128, "projection": 64, "projection_hidden": 64}
    schedule = dataclasses.replace(shipped.schedule, least_steps=0)
    return dataclasses.replace(shipped, epochs=8, batch_size=128, sizes=sizes, schedule=schedule)


def corpus(world):
    features = {name: torch.from_numpy(world[name]) for name in worlds.MODALITIES}
    present = {name: torch.ones(len(world["ids"]), dtype=torch.bool) for name in features}
    learned, measured = np.isin(world["split"], ("train", "none")), world["split"] == "valid"
    rows = (torch.from_numpy(np.flatnonzero(rows)) for rows in (learned, measured))
    return Corpus(Resident(world["ids"], features, present), *rows, {}, "")


def represent(network, world):
    with torch.no_grad():
        found = network.eval()({name: torch.from_numpy(world[name]) for name in worlds.MODALITIES}).representation
    return torch.cat(list(found.values()), dim=1).numpy()


def recall(values, world):
    """Balanced accuracy on the test items; C is chosen on validation."""
    split = {name: world["split"] == name for name in ("train", "valid", "test")}
    values = StandardScaler().fit(values[split["train"]]).transform(values)

    def score(model, name):
        return recall_score(world["label"][split[name]], model.predict(values[split[name]]), average="macro")

    models = [
        LogisticRegression(C=c, max_iter=300).fit(values[split["train"]], world["label"][split["train"]])
        for c in (0.001, 0.01, 0.1, 1.0)
    ]
    return score(max(models, key=lambda model: score(model, "valid")), "test")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The shared world, and representations of it before and after pretraining."""
    world = draw("shared")
    torch.manual_seed(0)
    network = fresh_network(corpus(world), settings())
    before = represent(network, world)
    state = State(tmp_path_factory.mktemp("state"), "")
    trained = train(network, corpus(world), settings(), 0, torch.device("cpu"), state)
    return world, before, represent(network, world), trained


def test_pretraining_goes_most_of_the_way_from_raw_features_to_the_oracle(found):
    world, before, after, _ = found
    raw = recall(np.concatenate([world[name] for name in worlds.MODALITIES], axis=1), world)
    oracle = recall(world["latents"], world)
    assert (raw, oracle) == (pytest.approx(0.70, abs=0.03), pytest.approx(0.82, abs=0.03))
    assert recall(after, world) > raw + 0.5 * (oracle - raw)
    assert recall(before, world) < raw - 0.05  # what the untrained network gives away


def test_where_classes_hang_on_nothing_the_same_representation_stays_at_chance(found):
    _, _, after, _ = found
    assert recall(after, draw("null")) == pytest.approx(0.25, abs=0.04)


def test_the_pretext_says_so(found):
    assert found[3].pretext.verdict.word == "learned"
