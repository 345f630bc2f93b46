"""The demo corpus as written: files, labels, sound, moving faces, and the bad clips."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import av
import h5py
import numpy as np
import pytest
import torch

from conclugen.data import caer, demo, meld, mosei, voxceleb2
from conclugen.data.demo_camera import film
from conclugen.data.demo_cases import CASES
from conclugen.data.demo_labels import BROKEN_APOSTROPHE, BROKEN_ELLIPSIS, LABELS
from conclugen.data.demo_layouts import PLANS
from conclugen.data.demo_plan import Clip, Framing, Settings
from conclugen.data.demo_render import render
from conclugen.data.demo_speech import PROSODY, RATE, speak, voice_of
from conclugen.data.settings import Strengths
from conclugen.store.provenance import file_sha256
from conclugen.store.settings import dump

TINY = Settings(utterances=16, seconds=0.8, height=96, fps=10, seed=3, strengths=Strengths())
ADAPTERS = {
    "voxceleb2": (voxceleb2, voxceleb2.Settings(parts={"dev": "train"}, valid_fraction=0.2, seed=0)),
    "mosei": (mosei, mosei.Settings(labels=None, folds=None, transcripts=None, media="auto")),
    "meld": (meld, meld.Settings(group="episode")),
    "caer": (caer, caer.Settings()),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    base = tmp_path_factory.mktemp("demo")
    for layout in PLANS:
        output = base / layout / "index.csv"
        demo.main(["--layout", layout, "--settings", dump(TINY), "--threads", "1", "--output", str(output)])
    return base


def clip(case: str = "", file: str = "a.mp4", **changes: object) -> Clip:
    framing = Framing(160, 120, 10, (0.9, 1.1))
    known = {"identity": 1, "scene": 0, "emotions": {}, "face": {}, "voice": {}, "words": {}, "seed": 5, "about": {}}
    return Clip(file, "a", "train", framing=framing, text="It starts at nine.", case=case, **known | changes)


def index_of(root: Path) -> list[dict[str, str]]:
    with open(root / "index.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("layout", sorted(PLANS))
def test_index_names_every_file_with_its_hash(corpora, layout):
    root = corpora / layout
    rows = {row["file"]: row for row in index_of(root)}
    on_disk = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} - {"index.csv"}
    assert {file for file, row in rows.items() if row["case"] != "missing"} == on_disk
    for file in on_disk:
        assert int(rows[file]["bytes"]) == (root / file).stat().st_size
        assert rows[file]["sha256"] == file_sha256(root / file)
    assert sum(bool(row["utterance_id"]) for row in rows.values()) == TINY.utterances


@pytest.mark.parametrize("layout", sorted(PLANS))
def test_the_adapter_of_the_real_set_reads_it(corpora, layout):
    adapter, options = ADAPTERS[layout]
    table = adapter.build(layout, corpora / layout, options).table.set_index("utterance_id")
    truth = {row["utterance_id"]: row for row in index_of(corpora / layout) if row["utterance_id"]}
    assert set(table.index) == set(truth)
    for name, row in truth.items():
        assert table.loc[name, "media"] == row["file"]
        emotions = dict(pair.split(":") for pair in row["emotions"].split(";") if pair)
        if layout != "voxceleb2":
            assert table.loc[name, "split"] == row["split"]
        if layout == "mosei":
            assert {e for e in mosei.EMOTIONS if table.loc[name, e] > 0} == set(emotions)
        if layout in ("meld", "caer"):
            label = {"joy": "happy", "sadness": "sad"}.get(table.loc[name, "label"], table.loc[name, "label"])
            assert label == next(iter(emotions), "neutral")
        if row["case"] == "no_text":
            assert table.loc[name, "text"] == ""
        elif layout != "meld":
            assert table.loc[name, "text"] == row["text"]


@pytest.mark.parametrize(("layout", "codecs"), [("mosei", ("h264", "aac")), ("caer", ("mpeg4", "mp3float"))])
def test_codecs_and_lengths(corpora, layout, codecs):
    good = [row for row in index_of(corpora / layout) if row["utterance_id"] and not row["case"]]
    for row in good[:3]:
        with av.open(str(corpora / layout / row["file"])) as container:
            assert (
                container.streams.video[0].codec_context.name,
                container.streams.audio[0].codec_context.name,
            ) == codecs
            assert container.streams.video[0].average_rate == TINY.fps
        assert len(frames_of(corpora / layout / row["file"])) / TINY.fps == pytest.approx(float(row["seconds"]))


def test_voxceleb_frames_are_square(corpora):
    row = next(r for r in index_of(corpora / "voxceleb2") if r["utterance_id"] and not r["case"])
    assert frames_of(corpora / "voxceleb2" / row["file"])[0].shape == (224, 224, 3)


def test_mosei_labels_are_not_in_order_of_time(tmp_path):
    clips = PLANS["mosei"](dataclasses.replace(TINY, utterances=60))
    LABELS["mosei"](tmp_path, clips, {c.file: 2.0 for c in clips})
    with h5py.File(tmp_path / "CMU_MOSEI_Labels.csd") as file:
        data = next(iter(file.values()))["data"]
        starts = [group["intervals"][:, 0] for group in data.values()]
        assert next(iter(data.values()))["features"].shape[1] == 7
    assert any((np.diff(times) < 0).any() for times in starts)
    folds = json.loads((tmp_path / "standard_folds.json").read_text())
    assert sum(map(len, folds.values())) == len(starts)


def test_meld_text_has_undecoded_characters(tmp_path):
    clips = PLANS["meld"](dataclasses.replace(TINY, utterances=140))
    LABELS["meld"](tmp_path, clips, {c.file: 2.0 for c in clips})
    text = "".join(path.read_bytes().decode() for path in (tmp_path / "MELD.Raw").glob("*.csv"))
    assert BROKEN_APOSTROPHE in text
    assert BROKEN_ELLIPSIS in text
    assert "’" in text


def test_the_same_settings_give_the_same_files_and_keep_their_times(corpora):
    root = corpora / "meld"
    before = {
        row["file"]: (row["sha256"], (root / row["file"]).stat().st_mtime_ns) for row in index_of(root) if row["sha256"]
    }
    demo.write_corpus("meld", TINY, root / "index.csv", threads=1)
    after = {
        row["file"]: (row["sha256"], (root / row["file"]).stat().st_mtime_ns) for row in index_of(root) if row["sha256"]
    }
    assert after == before
    assert sorted(path.name for path in corpora.iterdir()) == sorted(PLANS)


@pytest.mark.slow
def test_worker_processes_write_the_same_files(corpora, tmp_path):
    demo.write_corpus("caer", TINY, tmp_path / "caer" / "index.csv", threads=2)
    assert (tmp_path / "caer" / "index.csv").read_bytes() == (corpora / "caer" / "index.csv").read_bytes()


def test_a_folder_of_something_else_is_not_wiped(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="no demo corpus"):
        demo.write_corpus("meld", TINY, tmp_path / "index.csv", threads=1)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_failure_leaves_the_old_corpus_alone(tmp_path, monkeypatch):
    (tmp_path / "meld").mkdir()
    (tmp_path / "meld" / demo.NOTE).write_text("old")

    def fail(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(demo, "render_all", fail)
    with pytest.raises(OSError, match="disk full"):
        demo.write_corpus("meld", TINY, tmp_path / "meld" / "index.csv", threads=1)
    assert [path.name for path in tmp_path.iterdir()] == ["meld"]
    assert (tmp_path / "meld" / demo.NOTE).read_text() == "old"


@pytest.mark.parametrize("case", [*CASES, ""])
@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_bad_clips_are_bad_in_their_way(tmp_path, case, suffix):
    if case == "variable_rate" and suffix == ".avi":
        pytest.skip("AVI has one frame rate")
    made = clip(case, "a" + suffix)
    render(made, tmp_path, stereo=False)
    path = tmp_path / made.file
    if case == "missing":
        assert not path.exists()
    elif case == "empty":
        assert path.stat().st_size == 0
    elif case == "corrupt":
        with pytest.raises(av.FFmpegError):
            frames_of(path)
    else:
        with av.open(str(path)) as container:
            assert bool(container.streams.audio) == (case != "no_audio")
            stamps = [frame.time for frame in container.decode(video=0)]
        gaps = np.unique(np.round(np.diff(stamps), 3))
        assert (len(gaps) > 3) == (case == "variable_rate")
        if case in ("silent", ""):
            with av.open(str(path)) as container:
                sound = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
            assert (np.abs(sound).max() < 1e-3) == (case == "silent")


def test_expressions_move_the_mouth_and_the_brows():
    quiet = np.zeros(12)
    neutral, surprised = film(clip(), quiet), film(clip(face={"surprise": 1.0}), quiet)
    assert neutral.shape == (12, 120, 160, 3)
    change = np.abs(surprised[6].astype(int) - neutral[6].astype(int)).mean(-1)
    assert change[40:80, 60:100].mean() > 4 * change[:20, :20].mean()  # the face, against the wall


def test_identities_look_and_sound_different():
    looks = [film(clip(identity=i), np.zeros(2))[0].astype(int) for i in range(3)]
    assert min(np.abs(looks[i] - looks[j]).mean() for i in range(3) for j in range(i)) > 5
    assert len({voice_of(i) for i in range(20)}) == 20


def test_speech_follows_the_emotion_and_is_repeatable():
    def mean(measure, **shown: float) -> float:
        return np.mean([measure(speak("We took the second road.", voice_of(i), shown, i)) for i in range(8)])

    first = speak("We took the second road.", voice_of(1), {}, 1)
    speak("Something else.", voice_of(2), {"fear": 1.0}, 2)
    np.testing.assert_array_equal(first, speak("We took the second road.", voice_of(1), {}, 1))
    assert first.dtype == np.float32
    assert mean(len, sad=1.0) > 1.15 * mean(len) > 1.15 * mean(len, fear=1.0)
    assert mean(np.std, anger=1.0) > 1.3 * mean(np.std) > 1.3 * mean(np.std, sad=1.0)
    assert 0.8 * RATE < mean(len) < 3 * RATE
    assert len(PROSODY) == 6


@pytest.mark.parametrize("layout", ["mosei", "voxceleb2"])
def test_the_face_detector_finds_the_faces(layout):
    from facenet_pytorch import MTCNN

    clips = PLANS[layout](dataclasses.replace(TINY, utterances=30, height=240))[::3]
    frames = [film(dataclasses.replace(c, case=""), np.zeros(2))[1] for c in clips]
    detector = MTCNN(keep_all=True, min_face_size=40, device="cpu")
    found = [boxes is not None for boxes in (detector.detect(frame)[0] for frame in frames)]
    assert np.mean(found) >= 0.9
