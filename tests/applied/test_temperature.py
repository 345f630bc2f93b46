"""The temperature that labels were drawn with is found, changes no decision, and is told only where it was fitted."""

import re

import numpy as np
import pytest
from small_results import make

import conclugen
from conclugen.applied import temperature
from conclugen.applied.export import export
from conclugen.applied.temperature import fitted, tempered


def drawn(task, factor, rows=4000):
    """Probabilities of logits that are `factor` times as large as those that the labels are drawn from."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 1.5, (rows, 3))
    if task == "multi":
        true, shown = (1 / (1 + np.exp(-logits * one)) for one in (1, factor))
        return (generator.random(true.shape) < true).astype(float), shown
    true, shown = (np.exp(logits * one) / np.exp(logits * one).sum(1, keepdims=True) for one in (1, factor))
    return np.eye(3)[[generator.choice(3, p=row) for row in true]], shown


@pytest.mark.parametrize("task", ["single", "multi"])
@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_that_labels_ask_for_is_found(task, factor):
    truth, shown = drawn(task, factor)
    truth[:100] = np.nan
    assert fitted(truth, shown, task) == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize("task", ["single", "multi"])
def test_no_decision_changes_and_what_is_absent_stays_so(task):
    _, shown = drawn(task, 3.0, 50)
    shown[3] = np.nan
    found = tempered(shown, task, 2.5)
    kept = np.arange(50) != 3
    assert np.isnan(found[3]).all()
    assert (found[kept].argmax(1) == shown[kept].argmax(1)).all() if task == "single" else True
    assert ((found > 0.5) == (shown > 0.5))[kept].all() or task == "single"
    assert np.abs(found - shown)[kept].max() > 0.05
    assert tempered(shown, "regression", 2.5) is shown


@pytest.mark.parametrize("task", ["single", "multi"])
def test_an_exported_model_says_what_it_was_fitted_on_and_what_that_did(tmp_path, task, monkeypatch):
    made = make(tmp_path / "results", task, [f"u{i:03d}" for i in range(36)], ["some words"] * 36)
    made.evaluate("linear")
    few = export(made.protocol("linear"), tmp_path / "few")
    assert few.head.temperature == 1
    assert "12 validation utterances are too few" in (tmp_path / "few/README.md").read_text("utf-8")
    monkeypatch.setattr(temperature, "LEAST_ROWS", 10)
    fit = export(made.protocol("linear"), tmp_path / "fit")
    assert fit.head.temperature != 1
    card = (tmp_path / "fit/README.md").read_text("utf-8")
    numbers = re.search(r"divided by ([\d.]+), fitted on 12 .* On 12 test .* was ([\d.]+) before and is ([\d.]+)", card)
    assert float(numbers[1]) == pytest.approx(fit.head.temperature, abs=1e-3)
    model = conclugen.load(tmp_path / "fit")
    columns = [f"score_{name}" for name in model.classes]
    plain, shown = (model.predict(features=made.shards(), calibrated=one)[columns] for one in (False, True))
    np.testing.assert_allclose(shown, tempered(plain.to_numpy(), task, fit.head.temperature), atol=1e-6)
    assert np.nanmax(np.abs(shown - plain)) > 0.005
