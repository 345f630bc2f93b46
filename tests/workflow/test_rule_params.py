"""The params of a rule: its stage's arguments, and what Snakemake compares."""

import json
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import Namedlist

from conclugen.workflow.params import RUN, flags, params_of, unhurried, unrecorded, wildcard


def files(**named):
    held = Namedlist()
    for name, value in named.items():
        start = len(held)
        held.extend(value if isinstance(value, list) else [value])
        held._set_name(name, start, end=len(held) if isinstance(value, list) else None)
    return held


def settings(wildcards):
    return json.dumps({"dim": 3, "timeout_s": 60.0, "of": wildcards.dataset})


def stage(module="a.b", **more):
    return params_of(module, settings, ["a.py@1"], more)


def given(params, wildcards=None, **sides):
    wildcards = wildcards or SimpleNamespace(dataset="mine", seed="3")
    return params["arguments"](wildcards, sides["input"], sides["output"], 2)


def test_flags_are_called_as_inputs_and_outputs():
    sides = {
        "input": files(media_list="a b.csv", retries=[], qc="qc.csv", features=["x/text/0.h5", "x/audio/0.h5"]),
        "output": files(shard="0.h5", ledger="0.csv"),
    }
    words = given(stage(root=lambda wildcards: f"/data/{wildcards.dataset}"), **sides)
    read = {"dim": 3, "timeout_s": 60.0, "of": "mine"}
    assert words[:7] == [
        *("--media-list", "a b.csv", "--features", "x/text/0.h5", "x/audio/0.h5", "--root", "/data/mine")
    ]
    assert json.loads(words[8]) == read
    assert words[9:] == ["--output", "0.h5", "--ledger", "0.csv"]


def test_a_stage_that_fills_a_folder_is_told_the_folder_and_its_threads():
    params = params_of("a.b", None, [], {}, folder=True, threaded=True)
    sides = {"input": files(), "output": files(model="out/seed0/model.h5", history="out/seed0/history.csv")}
    assert given(params, **sides) == ["--threads", "2", "--output-dir", "out/seed0"]


def test_an_argument_may_be_made_of_the_inputs_it_stands_for():
    sides = {"input": files(predictions=["a/0.parquet", "a/1.parquet"]), "output": files(table="t.csv")}
    params = params_of("a.b", None, [], {"predictions": lambda input: sorted({p[0] for p in input.predictions})})
    assert given(params, **sides) == ["--predictions", "a", "--output", "t.csv"]


def test_what_is_compared_is_code_settings_without_hurry_and_what_the_wildcards_tell():
    params = stage(seed=wildcard("seed"), state=unrecorded(lambda wildcards: "s"), folders=lambda input: [])
    assert params.keys() == {"stage", "arguments", "code", "settings", "seed"}
    assert json.loads(params["settings"](SimpleNamespace(dataset="mine"))) == {"dim": 3, "of": "mine"}
    assert params["seed"](SimpleNamespace(seed="3")) == "3"
    assert unhurried(settings)(SimpleNamespace(dataset="x")) == json.dumps({"dim": 3, "of": "x"})


@pytest.mark.parametrize("value", ["a b", "a'b", "$(x)", "", "-x"])
def test_values_are_words_of_their_own_and_the_command_quotes_each(value):
    assert flags({"root": value}) == ["--root", value]
    assert "{params.arguments:q}" in RUN
    assert "{params.stage:q}" in RUN


def test_zero_is_told_and_nothing_has_no_flag():
    assert flags({"seed": 0, "corpus": [], "models": iter(["m"])}) == ["--seed", "0", "--models", "m"]
