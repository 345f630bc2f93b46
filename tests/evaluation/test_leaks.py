"""Leaks between folds, from the corpus and through backbones; classes among the lost; the joined table."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from conclugen.data import meld
from conclugen.data.manifest import Manifest, write_manifest
from conclugen.evaluation import join, leaks
from conclugen.store.shards import write_shard

SPLITS = ["train"] * 4 + ["valid"] * 2 + ["test"] * 4
IDS = [f"u{i}" for i in range(10)]
TEXTS = ["hello", "so", "no", "", "hello", "well", "hello", "", "So", "no"]
SPEAKERS = ["ann", "ann", "bob", None, "cid", "cid", "bob", "eve", "eve", None]
GROUPS = ["v1", "v1", "v2", "v2", "v3", "v3", "v4", "v4", "v5", "v5"]


def make_manifest(path, dataset="made", adapter="folder", task="single", **columns):
    fixed = {"media": None, "audio": None, "start_s": np.nan, "end_s": np.nan, "text_source": "official"}
    labels = {"label": ["x", "y"] * 5} if task == "single" else {}
    values = {"split": SPLITS, "text": TEXTS, "speaker": SPEAKERS, "group": GROUPS, **labels, **columns}
    frame = pd.DataFrame({"utterance_id": IDS, **fixed, **values})
    write_manifest(path, Manifest(frame, dataset, adapter, task, ("x", "y") if task == "single" else ()))
    return path


def make_shards(folder, lost=(), backbone="net", **attributes):
    """Two shards of one stream, as arguments."""
    present = np.array([name not in lost for name in IDS])
    about = {"backbone": backbone, **attributes}
    for number, rows in enumerate((slice(0, 6), slice(6, 10))):
        write_shard(folder / f"{number}.h5", IDS[rows], np.ones((10, 2), np.float32)[rows], present[rows], about)
    return [str(folder / name) for name in ("0.h5", "1.h5")]


def run(tmp_path, features=(), corpus=None, transcripts=(), seen=None, **options):
    manifest = make_manifest(tmp_path / "m.parquet", **options)
    more = ["--corpus", str(corpus)] if corpus else []
    more += ["--transcripts", *map(str, transcripts)]
    output = tmp_path / "made.leaks.csv"
    more += ["--settings", json.dumps({"seen": seen or {}}), "--output", str(output)]
    leaks.main(["--manifest", str(manifest), "--features", *features, *more])
    return pd.read_csv(output, keep_default_na=False, na_values=[""])


def cell(found, check, split, against):
    rows = found.query("check == @check and split == @split and against == @against")
    assert len(rows) == 1
    return rows.iloc[0]


def test_recognised_words_are_compared_like_official_ones(tmp_path):
    frame = pd.DataFrame({"utterance_id": IDS[:8], "text": [*TEXTS[:7], "hello"], "text_source": "asr"})
    frame[:5].to_csv(tmp_path / "0.csv", index=False)
    frame[5:].to_csv(tmp_path / "1.csv", index=False)
    found = run(tmp_path, transcripts=[tmp_path / "0.csv", tmp_path / "1.csv"])
    text = cell(found, "text", "test", "train")
    assert (text["count"], text["of"]) == (3, 4)  # one more than without them; u9 keeps its own
    assert text["found"] == "yes"


def test_what_folds_share(tmp_path):
    found = run(tmp_path)
    speaker = cell(found, "speaker", "test", "train")
    assert (speaker["count"], speaker["of"], speaker["found"]) == (1, 3, "yes")  # one speaker is not known
    assert speaker["share"] == pytest.approx(1 / 3, abs=1e-4)
    assert speaker["detail"] == "1 of 2 are shared"
    text = cell(found, "text", "test", "train")  # `So` is not `so`, and no words are no words in common
    assert (text["count"], text["of"]) == (2, 3)
    group = cell(found, "group", "test", "train")
    assert (group["count"], group["of"], group["found"]) == (0, 4, "no")
    assert cell(found, "text", "valid", "train")["count"] == 1


def test_what_is_not_recorded_is_not_called_clean(tmp_path):
    found = run(tmp_path, speaker=[None] * 10)
    assert set(found.loc[found["check"] == "speaker", "found"]) == {"unknown"}


@pytest.mark.parametrize(
    ("adapter", "of_corpus", "none_shared", "speaker"),
    [
        ("mosei", "voxceleb2", "no", "unknown"),  # both name videos of one site
        ("voxceleb2", "voxceleb2", "no", "yes"),
        ("folder", "folder", "unknown", "unknown"),  # names of one's own
        ("meld", "voxceleb2", "unknown", "unknown"),
    ],
)
def test_sources_that_were_pretrained_on(tmp_path, adapter, of_corpus, none_shared, speaker):
    groups = ["v5", "w", *"abcdefgh"]
    corpus = make_manifest(tmp_path / "c.parquet", "corpus", of_corpus, "none", group=groups, text=[""] * 10)
    found = run(tmp_path, corpus=corpus, adapter=adapter)
    group = cell(found, "corpus group", "test", "corpus")
    assert (group["count"], group["of"], group["found"]) == (2, 4, "yes")
    assert cell(found, "corpus group", "valid", "corpus")["found"] == none_shared
    assert cell(found, "corpus text", "test", "corpus")["found"] == "unknown"
    assert cell(found, "corpus speaker", "test", "corpus")["found"] == speaker


def test_who_is_not_named_may_be_in_both_folds(tmp_path, capsys):
    speaker = ["ann"] * 4 + ["cid"] * 2 + ["bob", "bob", None, None]
    found = run(tmp_path, speaker=speaker, text=list("abcdefghij"))
    row = cell(found, "speaker", "test", "train")
    assert (row["found"], row["detail"]) == ("unknown", "0 of 1 are shared; of 2 it is not recorded")
    assert cell(found, "speaker", "valid", "train")["found"] == "no"
    assert cell(found, "text", "test", "train")[["found", "by"]].tolist() == ["no", "words"]
    said = capsys.readouterr().out
    assert "  no leak found in what is known\n" in said
    assert "  speaker unknown: test in train, test in valid (0 of 1 are shared; of 2 it is not recorded)" in said


def test_files_that_two_folds_share(tmp_path):
    media = [f"{name}.mp4" for name in "aabbccaddd"]
    found = run(tmp_path, media=media, speaker=None)
    row = cell(found, "file", "test", "train")
    assert (row["count"], row["of"], row["found"], row["by"]) == (1, 4, "yes", "path")
    assert cell(found, "file", "valid", "train")["found"] == "no"


@pytest.mark.parametrize(
    ("adapter", "group", "found", "by"),
    [
        ("caer", IDS, "unknown", "file"),
        ("folder", IDS, "unknown", "file"),
        ("folder", [*GROUPS[:9], "u9"], "unknown", "group"),  # one of them is known by its file alone
        ("mosei", GROUPS, "no", "video"),
        ("ravdess", GROUPS, "no", "actor"),
        ("meld", GROUPS, "no", "episode"),
        ("meld", [f"{split}/dia1" for split in SPLITS], "unknown", "dialogue"),
    ],
)
def test_what_stands_for_a_source(tmp_path, adapter, group, found, by):
    row = cell(run(tmp_path, adapter=adapter, group=group), "group", "test", "train")
    assert (row["count"], row["found"], row["by"]) == (0, found, by)


@pytest.mark.parametrize(
    ("adapter", "seen", "found", "says"),
    [
        ("meld", ["GoEmotions", "MELD", "AIT-2018"], "yes", "labels of this data set: AIT-2018, GoEmotions, MELD"),
        ("cremad", ["CREMA-D"], "yes", "CREMA-D"),
        ("meld", ["SST-2 (sentiment)"], "no", "other data: SST-2"),
        ("meld", [], "no", "trained without emotion labels"),
        ("meld", None, "unknown", "not recorded"),
        ("folder", ["Folder-5"], "no", "other data"),  # any set of one's own has this adapter
    ],
)
def test_backbones_that_saw_the_labels(tmp_path, capsys, adapter, seen, found, says):
    (tmp_path / "text").mkdir()
    rows = run(tmp_path, make_shards(tmp_path / "text"), seen={"text": seen}, adapter=adapter, dataset="mine")
    row = rows[rows["check"] == "backbone"].iloc[0]
    assert (row["item"], row["found"]) == ("text: net", found)
    assert says in row["detail"]
    said = capsys.readouterr().out
    assert ("  text: net:" in said) == (found == "yes")
    assert ("  backbone unknown: text: net (" in said) == (found == "unknown")


def test_classes_among_the_lost(tmp_path):
    (tmp_path / "audio").mkdir()
    rows = run(tmp_path, make_shards(tmp_path / "audio", lost=("u6", "u8", "u9")))
    found = rows[rows["check"] == "lost"].set_index(["split", "class"])
    assert found.loc[("test", "(all)"), ["count", "of", "share"]].tolist() == [3, 4, 0.75]
    assert found.loc[("test", "x"), ["count", "of", "expected"]].tolist() == [2, 3, 0.5]
    assert found.loc[("test", "y"), "share"] == pytest.approx(1 / 3, abs=1e-4)
    assert found.loc[("train", "(all)"), "count"] == 0
    assert ("train", "x") not in found.index


def test_a_shard_that_is_lacking_counts_as_lost(tmp_path):
    (tmp_path / "audio").mkdir()
    rows = run(tmp_path, make_shards(tmp_path / "audio")[:1])
    assert cell(rows[rows["class"] == "(all)"].fillna({"against": ""}), "lost", "test", "")["count"] == 4


def test_joining(tmp_path):
    run(tmp_path)
    one, both = tmp_path / "made.leaks.csv", tmp_path / "leaks.csv"
    join.main(["--tables", str(one), str(one), "--output", str(both)])
    assert len(pd.read_csv(both)) == 2 * len(pd.read_csv(one))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="its columns are"):
        join.main(["--tables", str(one), str(tmp_path / "other.csv"), "--output", str(both)])


@pytest.mark.real
def test_the_official_folds_of_meld_share_cast_episodes_and_words(shared_data, tmp_path, capsys):
    write_manifest(tmp_path / "m.parquet", meld.build("meld", shared_data / "meld", meld.Settings("episode")))
    output = tmp_path / "meld.leaks.csv"
    leaks.main(["--manifest", str(tmp_path / "m.parquet"), "--settings", '{"seen": {}}', "--output", str(output)])
    found = pd.read_csv(output)
    counts = {check: cell(found, check, "test", "train") for check in ("speaker", "group", "text")}
    assert {check: (row["count"], row["of"]) for check, row in counts.items()} == {
        "speaker": (2501, 2610),
        "group": (2609, 2610),
        "text": (331, 2610),
    }
    assert [round(row["share"], 4) for row in counts.values()] == [0.9582, 0.9996, 0.1268]
    assert "test utterances whose speaker is in train, too: 2501 of 2610 (95.8%)" in capsys.readouterr().out


@pytest.mark.parametrize("adapter", ["features", "folder"])
def test_an_imported_feature_that_is_the_label_is_a_leak(tmp_path, capsys, adapter):
    ids = [f"u{i:02d}" for i in range(40)]
    fixed = dict.fromkeys(("media", "audio", "speaker")) | {"start_s": np.nan, "end_s": np.nan, "text": ""}
    own = {"utterance_id": ids, "split": "train", "group": ids, "text_source": "none", "label": ["x", "y"] * 20}
    write_manifest(tmp_path / "m.parquet", Manifest(pd.DataFrame(fixed | own), "mine", adapter, "single", ("x", "y")))
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    features[:, 1] = np.arange(40) % 2 + 5
    for rows in (slice(0, 15), slice(15, 40)):
        write_shard(
            tmp_path / "audio" / f"{rows.start}.h5", ids[rows], features[rows], np.ones(len(ids[rows]), bool), {}
        )
    flags = [
        "--manifest",
        str(tmp_path / "m.parquet"),
        "--settings",
        '{"seen": {}}',
        "--output",
        str(tmp_path / "o.csv"),
    ]
    leaks.main([*flags, "--features", *(str(tmp_path / "audio" / name) for name in ("0.h5", "15.h5"))])
    found = pd.read_csv(tmp_path / "o.csv").query("check == 'label'")
    said = capsys.readouterr().out
    if adapter == "features":
        assert found["item"].tolist() == ["audio: column 1"] * 2
        assert set(found["class"]) == {"x", "y"}
        assert "audio: column 1: tells x from all else without an error" in said
    else:
        assert found.empty
