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
    return [f"{folder.name}={folder / name}" for name in ("0.h5", "1.h5")]


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


def test_sources_that_were_pretrained_on(tmp_path):
    groups = ["v5", "w", *"abcdefgh"]
    corpus = make_manifest(tmp_path / "c.parquet", "corpus", task="none", group=groups, text=[""] * 10)
    found = run(tmp_path, corpus=corpus)
    group = cell(found, "corpus group", "test", "corpus")
    assert (group["count"], group["of"], group["found"]) == (2, 4, "yes")
    assert cell(found, "corpus group", "valid", "corpus")["found"] == "no"
    assert cell(found, "corpus text", "test", "corpus")["found"] == "unknown"


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
    assert ("text: net" in capsys.readouterr().out) == (found == "yes")


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
    counts = {check: cell(found, check, "test", "train") for check in leaks.SHARED}
    assert {check: (row["count"], row["of"]) for check, row in counts.items()} == {
        "speaker": (2501, 2610),
        "group": (2609, 2610),
        "text": (331, 2610),
    }
    assert [round(row["share"], 4) for row in counts.values()] == [0.9582, 0.9996, 0.1268]
    assert "test utterances whose speaker is in train, too: 2501 of 2610 (95.8%)" in capsys.readouterr().out
