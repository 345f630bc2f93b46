"""Bars, figures and costs: what is drawn lies where the numbers say."""

import re

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_run import MadeRun
from matplotlib.figure import Figure

from conclugen.evaluation.report import costs, curves, reading, svg
from conclugen.evaluation.report.bars import Bar, Scale

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_scale_holds_all_values_in_their_order(values):
    scale = Scale.over(values)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] <= 100
    assert scale.at(scale.low) == 0
    assert scale.at(scale.high) == 100


def test_marks_are_round_and_say_where_they_are():
    scale = Scale.over([0.46, 0.83, float("nan")])
    assert [text for _, text in scale.labels()] == ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]
    assert [text for _, text in Scale.over([-0.05, 0.1]).labels()] == ["−0.05", "0.00", "0.05", "0.10"]
    assert scale.at(0.65) == 50


def test_a_bar_without_an_interval_is_its_value_and_one_without_a_value_is_none():
    scale = Scale.over([0.0, 1.0])
    assert Bar.of(scale, 0.5, 0.25, 0.75) == Bar(50, 25, 75)
    assert Bar.of(scale, 0.5, float("nan"), float("nan")) == Bar(50, 50, 50)
    assert Bar.of(scale, float("nan"), 0.1, 0.2) is None


def test_figures_take_the_colours_of_the_page_and_name_no_host():
    with matplotlib.rc_context(svg.STYLE):
        figure = Figure()
        figure.add_subplot(title="a <b> & c").plot([0, 1], [0, 1], "o-", color=svg.SERIES[0])
    drawn = str(svg.inline(figure, 'a "quoted" name'))
    assert drawn.startswith('<svg class="plot" role="img" aria-label="a &#34;quoted&#34; name"')
    assert "var(--series-0)" in drawn
    assert not re.search(r"https?:|#0[0-9a-b]{5}\b|<metadata|<style", drawn)
    assert "a &lt;b&gt; &amp; c" in drawn


def test_two_figures_of_a_page_share_no_id():
    drawn = []
    for name in ("one", "two"):
        figure = Figure()
        figure.add_subplot().plot([0, 1], [0, 1], "o-")
        drawn.append(str(svg.inline(figure, name)))
    ids = [set(re.findall(r'id="([^"]+)"', one)) for one in drawn]
    assert ids[0]
    assert not ids[0] & ids[1]
    for one, own in zip(drawn, ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one)) <= {(name, "") for name in own} | {
            ("", name) for name in own
        }


def test_what_a_network_was_not_trained_for_has_no_panel(tmp_path):
    network = reading.network(MadeRun(tmp_path).train())
    drawn = {one.title: one for one in curves.panels([network])}
    assert len(drawn["Retrieval across modalities"].drawn) == 1
    assert [words for _, words in drawn["Progress at their own task"].legend] == ["contrast between modalities"]
    without = [{k: v for k, v in row.items() if k != "valid_retrieval"} for row in network.history]
    bare = reading.dataclasses.replace(network, history=without)
    assert {one.title: len(one.drawn) for one in curves.panels([bare])}["Retrieval across modalities"] == 0


def test_costs_add_up_by_rule():
    jobs = [reading.Job("faces", 2.0, 1.0, 100.0), reading.Job("faces", 3.0, float("nan"), 300.0)]
    dear, cheap = costs.by_rule([reading.Job("qc", 1.0, 1.0, 50.0), *jobs])
    assert dear == costs.Cost("faces", jobs=2, seconds=5, longest=3, cpu_seconds=1, memory=300)
    assert cheap.rule == "qc"


@pytest.mark.parametrize(("seconds", "told"), [(3.04, "3.0 s"), (90, "1.5 min"), (59.97, "1.0 min"), (7200, "2.0 h")])
def test_durations_are_told_as_people_do(seconds, told):
    assert costs.duration(seconds) == told
