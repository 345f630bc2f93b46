"""`predict` with a row for each face: whose scores they are, in windows and in batches, and what is refused."""

import dataclasses
import json

import av
import numpy as np
import pandas as pd
import pytest
from make_media import tone, write_media

import conclugen
from conclugen.applied.errors import ApplyError
from conclugen.applied.export import export
from conclugen.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("planted", ["single"], indirect=True)]
SIZE = (240, 480)


@pytest.fixture
def model(planted, tmp_path):
    export(planted.protocol("linear"), tmp_path / "model")
    return conclugen.load(tmp_path / "model", detector="mtcnn")


@pytest.fixture(scope="module")
def faces():
    """Two portraits: one, and a smaller one that looks the other way."""
    portrait = pytest.importorskip("skimage.data").astronaut()[10:210, 120:320]
    rows = np.floor(np.arange(160) / 0.8).astype(int)
    return portrait, portrait[rows[:, None], rows[None]][:, ::-1]


def film(path, faces, left, right, seconds=1):
    """Write a film, without loss, with the faces in the frames `left` and `right`."""
    frames = np.full((25 * seconds, *SIZE, 3), 110, np.uint8)
    if left is not None:
        frames[left, 20:220, 20:220] = faces[0]
    if right is not None:
        frames[right, 40:200, 290:450] = faces[1]
    return write_media(path, frames, codec="ffv1", sound=tone(seconds))


def numbers(table):
    return table.filter(like="score_").to_numpy(dtype=float)


def test_each_face_is_scored_as_if_it_were_alone(model, faces, tmp_path):
    always, settings = slice(None), json.loads(model.exported.faces) | {"keep": False}  # crops are cut a second time
    model = dataclasses.replace(model, exported=dataclasses.replace(model.exported, faces=json.dumps(settings)))
    both = film(tmp_path / "both.mkv", faces, always, always)
    alone = [film(tmp_path / "l.mkv", faces, always, None), film(tmp_path / "r.mkv", faces, None, always)]
    write_media(tmp_path / "s.wav", sound=tone(0.5))
    watched = []
    found = model.predict([both, tmp_path / "s.wav"], texts=["fine", "fine"], faces="each", threads=1, watched=watched)
    assert found["face"].tolist() == [1, 2, pd.NA]
    assert found["has_face"].tolist() == [True, True, False]
    assert found["has_words"].all()
    boxes = [seen.box.mean(0) for _, seen in watched[:2]]
    assert boxes[0][2] < 240 < boxes[1][0]
    wanted = model.predict([*alone, both], texts=["fine"] * 3, threads=1)
    assert "face" not in wanted
    np.testing.assert_allclose(numbers(found)[:2], numbers(wanted)[:2], atol=1e-3)
    assert np.abs(numbers(found)[0] - numbers(found)[1]).max() > 0.01  # else the above tells nothing
    np.testing.assert_allclose(numbers(found)[0], numbers(wanted)[2], atol=1e-5)  # the chosen one is the larger one


def test_numbers_go_on_from_window_to_window_and_from_batch_to_batch(model, faces, tmp_path, monkeypatch, capsys):
    late = film(tmp_path / "late.mkv", faces, slice(25, 75), slice(0, 75), seconds=3)
    monkeypatch.setattr("conclugen.applied.clips.AT_ONCE_S", 2.0)
    given = ["--model", str(tmp_path / "model"), "--window", "1", "--faces", "each", "--detector", "mtcnn"]
    given += ["--draw", str(tmp_path / "o.mp4"), "--figure", str(tmp_path / "f.png"), "--threads", "1"]
    main(["predict", str(late), *given, "--output", str(tmp_path / "o.csv")])
    assert "who speaks was not measured" in capsys.readouterr().err
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    found = pd.read_csv(tmp_path / "o.csv")
    assert list(zip(found["start_s"], found["face"], strict=True)) == [(0, 1), (1, 1), (1, 2), (2, 1), (2, 2)]
    own = {face: numbers(rows) for face, rows in found.groupby("face")}
    assert np.ptp(own[1], axis=0).max() < np.abs(own[1][1] - own[2][0]).max() / 4  # a still face is scored alike
    with av.open(str(tmp_path / "o.mp4")) as drawn:
        frames = [frame.to_ndarray(format="rgb24")[: SIZE[0]].astype(int) for frame in drawn.decode(video=0)]
    red, green, blue = np.moveaxis(np.stack([frames[10], frames[60]]), 3, 0)
    boxes = (blue > red + 90) & (green > red + 50)
    assert [[half.sum() > 200 for half in np.split(one, 2, axis=1)] for one in boxes] == [[False, True], [True, True]]


def test_what_has_no_faces_to_tell_apart_is_refused(model, tmp_path):
    with pytest.raises(ApplyError, match="faces 'both': allowed are chosen, each"):
        model.predict(texts=["hello"], faces="both")
    with pytest.raises(ApplyError, match="features have no faces"):
        model.predict(features={"text": np.zeros((1, 384))}, faces="each")
    with pytest.raises(ApplyError, match="none is looked for; add --detector mtcnn"):
        conclugen.load(tmp_path / "model").predict(texts=["hello"], faces="each")
    words = dataclasses.replace(model.exported, modalities=("words: text",))
    with pytest.raises(ApplyError, match="the model sees no faces, it reads text"):
        dataclasses.replace(model, exported=words).predict(texts=["hello"], faces="each")
