"""The search of pretraining: what is chosen, on what, and what a kill costs."""

from __future__ import annotations

import csv
import json

import pytest
from pretrain_data import arguments, make_corpus, make_settings

from conclugen.models import io
from conclugen.pretrain import search
from conclugen.pretrain.corpus import load_corpus
from conclugen.pretrain.run import main
from conclugen.store.shards import by_stream

RATES = (1e-6, 3e-3, 1e-5)  # the others are too low to learn anything in a few epochs


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), rows=150, valid=30, test=10)


def rows(folder):
    with open(folder / "model" / "search.csv") as handle:
        return list(csv.DictReader(handle))


def test_the_least_validation_loss_is_exported_and_equals_a_training_without_a_search(made, tmp_path):
    searched = make_settings("Multi-Cont", candidates=tuple((rate, 0.01) for rate in RATES))
    main(arguments(made, searched, tmp_path / "all"))
    found = rows(tmp_path / "all")
    assert [float(row["learning_rate"]) for row in found if row["chosen"] == "True"] == [3e-3]
    losses = {float(row["learning_rate"]): float(row["valid_loss"]) for row in found}
    assert losses[3e-3] == min(losses.values())
    assert {row["pretext"] for row in found} <= {"learned", "weak", "collapsed"}
    main(arguments(made, make_settings("Multi-Cont", learning_rate=3e-3, weight_decay=0.01), tmp_path / "one"))
    for name in (io.WEIGHTS, io.SETTINGS, "pretext.json"):
        assert (tmp_path / "all" / "model" / name).read_bytes() == (tmp_path / "one" / "model" / name).read_bytes()
    assert list((tmp_path / "all" / "state").iterdir()) == []


def test_without_a_choice_there_is_one_row(made, tmp_path):
    main(arguments(made, make_settings("Multi-Cont"), tmp_path))
    assert [(row["chosen"], row["learning_rate"]) for row in rows(tmp_path)] == [("True", "0.001")]
    about = json.loads((tmp_path / "model" / "settings.json").read_text())["about"]
    assert about["settings"]["candidates"] == [[1e-3, pytest.approx(3.2e-4)]]


def test_a_network_that_collapsed_is_chosen_only_where_all_have(made, tmp_path):
    """A collapsed network may well have the lower loss: of vectors that are all alike, reconstruction is the mean."""

    class Of:
        def __init__(self, word, loss):
            self.history = [{"exported": 1, "valid_loss": loss}]
            self.pretext = type("P", (), {"verdict": type("V", (), {"word": word})})

    tried = [search.Tried(None, None, Of(*of), None, 1.0) for of in (("collapsed", 0.1), ("weak", 0.5), ("weak", 0.4))]
    assert [one.valid_loss for one in sorted(tried, key=lambda one: one.rank, reverse=True)] == [0.4, 0.5, 0.1]


def test_what_was_trained_before_a_kill_is_not_trained_again(made, tmp_path, monkeypatch):
    settings = make_settings("Multi-Cont", candidates=((1e-3, 0.01), (3e-3, 0.01)))
    original, steps = search.fresh_network, []

    def second_fails(corpus, one):
        steps.append(one.learning_rate)
        if len(steps) == 2:
            raise KeyboardInterrupt
        return original(corpus, one)

    monkeypatch.setattr(search, "fresh_network", second_fails)
    with pytest.raises(KeyboardInterrupt):
        main(arguments(made, settings, tmp_path))
    monkeypatch.undo()
    assert not (tmp_path / "model").exists()
    kept = list((tmp_path / "state").iterdir())
    assert len(kept) == 1
    before = (kept[0] / "state.pt").stat().st_mtime_ns
    trained = []
    real = io.save
    monkeypatch.setattr(
        "conclugen.pretrain.run.save",
        lambda *given: (trained.append((kept[0] / "state.pt").stat().st_mtime_ns), real(*given))[1],
    )
    main(arguments(made, settings, tmp_path))
    assert trained == [before]  # the first candidate's state was not written again
    assert len(rows(tmp_path)) == 2


def test_a_choice_without_validation_rows_is_refused(tmp_path):
    made = make_corpus(tmp_path / "corpus", rows=60, valid=0, test=10)
    settings = make_settings("Multi-Cont", validation_fraction=0.0, candidates=((1e-3, 0.01), (3e-3, 0.01)))
    corpus = load_corpus(made.splits, by_stream(made.features), settings)
    assert len(corpus.valid) == 0
    with pytest.raises(ValueError, match=r"pretrain\.search chooses on validation rows"):
        search.search(corpus, settings, 0, lambda *_: None, lambda _: None)
