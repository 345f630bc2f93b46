"""CMU-MOSEI: intervals joined across numberings, folds by video, and the real counts."""

import csv
import json

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclugen.data import mosei
from conclugen.data.common import LayoutError
from conclugen.data.manifest import read_manifest, validate
from conclugen.data.mosei_tables import Spoken
from conclugen.data.sources import SOURCES
from conclugen.evaluation.overlap import between_splits

AUTO = mosei.Settings(labels=None, folds=None, transcripts=None, media="auto")
# Video "v___1" (YouTube ids hold underscores): the table is not sorted by time, one spoken segment has no label.
TABLE = {
    "v___1": [((20.0, 29.0), [1, 2.0, 0, 0, 0, 0, 0]), ((-0.4, 9.5), [-3, 0, 3, 0, 0, 0, 9])],
    "w": [((0.0, 4.0), [0, 0, 0, 0, 0, 0, 0])],
}
LINES = [
    "v___1___0___0.0___9.45___hello sp (sp) spend",
    "v___1___1___9.5___20.0___never labelled",
    "v___1___2___20.0___29.0___world___with underscores",
]


def _csd(path, videos, dtype=float):
    with h5py.File(path, "w") as file:
        for video, entries in videos.items():
            group = file.create_group(f"All Labels/data/{video}")
            group["intervals"] = np.array([interval for interval, _ in entries])
            group["features"] = np.array([value for _, value in entries], dtype=dtype)


@pytest.fixture
def root(tmp_path):
    for name in ("Videos/Full/Combined/w.mp4", "Videos/Segmented/Combined/w_0.mp4"):
        (tmp_path / "Raw" / name).parent.mkdir(parents=True)
        (tmp_path / "Raw" / name).touch()
    text = tmp_path / "Raw/Transcript/Segmented/Combined"
    text.mkdir(parents=True)
    (text / "v___1.txt").write_text("\n".join([*LINES, "no transcript line"]))
    _csd(tmp_path / "CMU_MOSEI_Labels.csd", TABLE)
    (tmp_path / "standard_folds.json").write_text(json.dumps({"train": ["v___1"], "valid": [], "test": []}))
    return tmp_path


def test_joins_on_the_interval(root, caplog):
    manifest = mosei.build("mosei", root, AUTO)
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["text"].to_dict() == {
        "v___1_2": "world___with underscores",
        "v___1_0": "hello spend",
        "w_0": "",
    }
    assert table.loc["v___1_2", "media"] == "Raw/Videos/Segmented/Combined/v___1_2.mp4"
    assert table.loc["v___1_2", "happy"] == 2.0
    assert table.loc["v___1_0", "sad"] == 3.0
    assert np.isnan(table.loc["v___1_0", "fear"])
    assert table["sentiment"].tolist() == [1, -3, 0]
    assert table["split"].tolist() == ["train", "train", "none"]
    assert table["group"].tolist() == ["v___1", "v___1", "w"]
    assert table["start_s"].isna().all()
    for said in (
        "fear is outside 0..3: 1, such as v___1_0 (9)",
        "its video is in no fold: 1, such as w_0",
        "interval: 1, such as w_0",
    ):
        assert said in caplog.text


def test_a_video_tells_sources_apart_but_no_speakers(root):
    (root / "standard_folds.json").write_text(json.dumps({"train": ["v___1"], "valid": [], "test": ["w"]}))
    found = {row["check"]: row for row in between_splits(mosei.build("mosei", root, AUTO))}
    assert (found["speaker"]["found"], found["speaker"]["detail"]) == ("unknown", "not recorded")
    assert (found["group"]["found"], found["group"]["by"]) == ("no", "video")
    assert found["file"]["found"] == "no"


def test_whole_videos_get_times_from_the_table_never_below_zero(root):
    table = mosei.build("mosei", root, mosei.Settings(None, None, None, "full")).table.set_index("utterance_id")
    assert table.loc["v___1_0", ["media", "start_s", "end_s"]].tolist() == [
        "Raw/Videos/Full/Combined/v___1.mp4",
        0,
        9.5,
    ]
    (root / "Raw/Videos/Segmented/Combined/w_0.mp4").unlink()
    assert mosei.build("mosei", root, AUTO).table["media"].str.contains("Full").all()


def test_broken_times_make_empty_segments(root):
    broken = {"w": [((np.nan, 4.0), [0.0] * 7), ((1.0, np.inf), [0.0] * 7), ((5.0, 6.0), [0.0] * 7)]}
    _csd(root / "broken.csd", broken)
    table = mosei.build("mosei", root, mosei.Settings("broken.csd", None, None, "full")).table
    assert table[["start_s", "end_s"]].to_numpy().tolist() == [[0, 0], [0, 0], [5, 6]]
    table = mosei.build("mosei", root, mosei.Settings("broken.csd", None, None, "segmented")).table
    assert table["end_s"].isna().all()


def test_csv_and_csd_agree(root, tmp_path_factory):
    other = tmp_path_factory.mktemp("csv")
    with open(other / "labels.csv", "w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "start", "end", *mosei.DIMENSIONS])
        writer.writerows([video, *times, *values] for video, rows in TABLE.items() for times, values in rows)
    settings = mosei.Settings(
        labels=str(other / "labels.csv"), folds=None, transcripts="Raw/Transcript/Segmented/Combined", media="segmented"
    )
    pair = [mosei.build("mosei", root, chosen).table for chosen in (settings, AUTO)]
    assert pair[0].equals(pair[1])


def test_words_with_times_give_texts(root):
    (root / "Raw/Transcript/Segmented/Combined/v___1.txt").unlink()
    (root / "Raw/Transcript/Segmented/Combined").rmdir()
    words = [((0.0, 0.5), [b"hello"]), ((0.5, 1.0), [b"sp"]), ((1.0, 2.0), [b"you"]), ((21.0, 22.0), [b"spend"])]
    _csd(root / "CMU_MOSEI_TimestampedWords.csd", {"v___1": words}, dtype="S8")
    table = mosei.build("mosei", root, AUTO).table.set_index("utterance_id")
    assert table["text"].to_dict() == {"v___1_0": "hello you", "v___1_1": "spend", "w_0": ""}


def test_entry_point_and_sources(root):
    settings = {"labels": None, "folds": "standard_folds.json", "transcripts": None, "media": "auto"}
    flags = ["--dataset", "mosei", "--root", str(root), "--output", str(root / "m.parquet")]
    mosei.main([*flags, "--settings", json.dumps(settings)])
    manifest = read_manifest(root / "m.parquet")
    assert (manifest.task, manifest.classes) == ("multi", mosei.EMOTIONS)
    names = [path.name for path in SOURCES["mosei"](root, settings)]
    assert names == ["CMU_MOSEI_Labels.csd", "standard_folds.json", "*.txt"]


def test_mistakes_are_explained(root, tmp_path):
    with pytest.raises(LayoutError, match="media is 'cut'"):
        mosei.build("mosei", root, mosei.Settings(None, None, None, "cut"))
    with pytest.raises(LayoutError, match=r"folds: .*nowhere\.json does not exist"):
        mosei.build("mosei", root, mosei.Settings(None, "nowhere.json", None, "auto"))
    (root / "two.json").write_text(json.dumps({"train": ["w"], "test": ["w"]}))
    with pytest.raises(LayoutError, match="in two folds, such as w"):
        mosei.build("mosei", root, mosei.Settings(None, "two.json", None, "auto"))
    for text, said in (
        ("version https://git-lfs.github.com/spec/v1\n", "pointer of git-lfs"),
        ("[1]", "is no JSON of"),
    ):
        (root / "two.json").write_text(text)
        with pytest.raises(LayoutError, match=f"two.json: .*{said}"):
            mosei.build("mosei", root, mosei.Settings(None, "two.json", None, "auto"))
    (root / "CMU_MOSEI_Labels.csd").rename(root / "elsewhere.csd")
    with h5py.File(root / "CMU_MOSEI_Labels.csd", "w") as file:
        file["All Labels"] = h5py.ExternalLink("elsewhere.csd", "/All Labels")
    with pytest.raises(LayoutError, match=r"CMU_MOSEI_Labels\.csd: .*link to another file, which is not followed"):
        mosei.build("mosei", root, AUTO)
    (root / "elsewhere.csd").unlink()
    (root / "CMU_MOSEI_Labels.csd").write_bytes(b"not HDF5")
    with pytest.raises(LayoutError, match="cannot be read"):
        mosei.build("mosei", root, AUTO)
    (root / "CMU_MOSEI_Labels.csd").unlink()
    with pytest.raises(LayoutError, match="no labels found; set labels"):
        mosei.build("mosei", root, AUTO)


@given(st.permutations(range(6)), st.sets(st.integers(0, 5), min_size=1), st.booleans())
def test_clip_numbers_count_by_start_whatever_the_order(order, labelled, numbered):
    times = np.array([[5.0 * i - 0.4, 5.0 * i + 6] for i in range(6)])  # neighbours overlap by more than a second
    rows = [i for i in order if i in labelled]
    numbers = np.array(order) if numbered else np.full(6, -1)
    spoken = Spoken(times[list(order)], [str(i) for i in order], numbers, words=False)
    match = mosei.best_overlap(times[rows], spoken.intervals)
    assert [spoken.texts[j] for j in match] == [str(i) for i in rows]
    assert mosei.clip_numbers(times[rows], spoken, match).tolist() == rows


def test_intervals_that_share_less_than_half_do_not_match():
    spoken = np.array([[0.0, 10.0], [10.0, 11.0]])
    assert mosei.best_overlap(np.array([[6.0, 16.0], [10.1, 11.0], [np.nan, 3.0]]), spoken).tolist() == [-1, 1, -1]


@pytest.mark.real
def test_the_real_table(shared_data, tmp_path, caplog):
    folder = shared_data / "mosei"
    texts = tmp_path / "texts.csv"
    parts = [(folder / f"Data_{part}_original_without_neg_time.csv").read_text("utf-8") for part in ("Val", "Test")]
    texts.write_text(parts[0] + parts[1].split("\n", 1)[1], "utf-8")
    manifest = mosei.build("mosei", folder, mosei.Settings(None, None, str(texts), "full"))
    validate(manifest)
    table = manifest.table
    assert len(table) == 23_259
    assert table["group"].nunique() == 3_293
    present = table[list(mosei.EMOTIONS)] > 0
    assert present.sum().tolist() == [12_465, 5_998, 4_997, 2_320, 4_097, 1_913]
    assert int((~present.any(axis=1)).sum()) == 3_486
    assert table["split"].value_counts().to_dict() == {"train": 16_327, "test": 4_662, "valid": 1_871, "none": 399}
    assert "is in no split, since its video is in no fold: 399" in caplog.text
    assert (table["start_s"] >= 0).all()
    assert (table["start_s"] == 0).sum() >= 239, "239 start times lie below 0 in the table"
    assert (table["text"] != "").groupby(table["split"]).sum().to_dict() == {
        "none": 0,
        "test": 4_662,
        "train": 0,
        "valid": 1_871,
    }
    assert not table["text"].str.contains(r"\(sp\)").any()
