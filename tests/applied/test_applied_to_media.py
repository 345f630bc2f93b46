"""From media to scores: the same as the pipeline's stages and protocols give, whatever lacks or is hostile."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from make_media import moving_bars, tone, write_media
from small_results import FACES, SETTINGS, make

import conclugen
from conclugen.applied.clips import Clip
from conclugen.applied.errors import ApplyError
from conclugen.applied.export import export
from conclugen.applied.outputs import write
from conclugen.faces import run as faces
from conclugen.features import frames2d, text
from conclugen.media.items import FIELDS

WORDS = ["I am glad", "leave me alone", "she cried", ""]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """Eighteen clips, through the stages and a protocol as their rules run them."""
    folder = tmp_path_factory.mktemp("filmed")
    ids = [f"c{i:02d}" for i in range(18)]
    texts = [WORDS[i % 4] for i in range(18)]
    made = make(folder / "results", "multi", ids, texts, features=False)
    (folder / "media").mkdir()
    for number, name in enumerate(ids[:-1]):  # the last is missing
        frames = np.roll(moving_bars(12 + number % 3, 64, 64), number * 7, axis=2)
        write_media(folder / f"media/{name}.mp4", frames, sound=tone(0.5, hertz=200.0 + 30 * number))
    rows = [(name, f"{name}.mp4", "", "", "", 1, "") for name in ids]
    pd.DataFrame(rows, columns=FIELDS).to_csv(folder / "media.csv", index=False)
    said = [(name, words, "official") for name, words in zip(ids, texts, strict=True)]
    pd.DataFrame(said, columns=["utterance_id", "text", "text_source"]).to_csv(folder / "text.csv", index=False)
    listed = ["--media-list", str(folder / "media.csv"), "--root", str(folder / "media"), "--threads", "1"]
    outputs = _outputs(made.folder / "faces/mine/0000.h5")
    faces.main([*listed, "--settings", json.dumps(FACES), *outputs])
    given = ["--threads", "1", "--settings", json.dumps(SETTINGS["frames2d"]), "--faces", outputs[1]]
    frames2d.main([*given, "--faces-ledger", outputs[3], *_outputs(made.folder / "features/mine/frames2d/0000.h5")])
    given = ["--threads", "1", "--settings", json.dumps(SETTINGS["text"]), "--text-list", str(folder / "text.csv")]
    text.main([*given, *_outputs(made.folder / "features/mine/text/0000.h5")])
    export(made.evaluate("linear"), folder / "model")
    return folder, made, texts


def _outputs(shard):
    shard.parent.mkdir(parents=True)
    return ["--output", str(shard), "--ledger", str(shard.with_suffix(".ledger.csv"))]


def test_scores_of_media_are_those_of_the_pipeline(filmed):
    folder, made, texts = filmed
    model = conclugen.load(folder / "model")
    assert json.loads(model.exported.streams["frames2d"].settings) == SETTINGS["frames2d"]
    wanted = conclugen.read(made.protocol("linear") / "seed0.parquet").set_index("utterance_id")
    ids = [name for name in wanted.index if name != made.ids[-1]]
    words = dict(zip(made.ids, texts, strict=True))
    paths = [folder / f"media/{name}.mp4" for name in ids]
    found = model.predict(paths, texts=[words[name] for name in ids], threads=1)
    assert found["has_face"].all()
    assert found["has_words"].tolist() == [bool(words[name]) for name in ids]
    scores = [name for name in wanted if name.startswith("score_")]
    np.testing.assert_allclose(found[scores], wanted.loc[ids, scores], atol=1e-5)


def test_what_is_missing_is_told_and_never_stops_the_others(filmed, tmp_path):
    folder, _, _ = filmed
    model = conclugen.load(folder / "model")
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    write_media(tmp_path / "sound.wav", sound=tone(0.5))
    files = [tmp_path / "broken.mp4", folder / "media/c00.mp4", tmp_path / "sound.wav"]
    found = model.predict(files, texts=[None, None, "hello"], threads=1)
    assert found["has_face"].tolist() == [False, True, False]
    assert found["has_words"].tolist() == [False, False, True]
    assert found.filter(like="score_").isna().all(axis=1).tolist() == [True, False, False]
    assert found["notes"][0].startswith("text: no_text")
    assert "corrupt" in found["notes"][0]
    assert "no_video" in found["notes"][2]


def test_the_threads_of_who_asks_stay_as_they_were(filmed):
    before = torch.get_num_threads()
    conclugen.load(filmed[0] / "model").predict(texts=["hello"], threads=before + 2)
    assert torch.get_num_threads() == before


def test_texts_alone_are_scored_and_embedded(filmed):
    model = conclugen.load(filmed[0] / "model")
    found = model.predict(texts=WORDS, threads=1)
    assert found["has_words"].tolist() == [True, True, True, False]
    assert found["notes"].str.contains("frames2d: sound or text alone").all()
    arrays = model.embed(texts=WORDS[:2], threads=1)
    assert arrays["face"].isna().all(axis=None)
    assert arrays["words"].index.get_level_values("text").tolist() == WORDS[:2]


def test_files_may_have_any_name(filmed, tmp_path):
    model = conclugen.load(filmed[0] / "model")
    names = [b"a,b\n\xff.m\xffp4", b"'; rm -rf .mp4", "Äé 漢.MP4".encode()]
    for name in names:
        shutil.copyfile(filmed[0] / "media/c00.mp4", os.fsencode(tmp_path) + b"/" + name)
    found = model.predict([os.fsdecode(os.fsencode(tmp_path) + b"/" + name) for name in names], threads=1)
    assert found["has_face"].all()
    assert found["file"][0].endswith("\\xff.m\\xffp4")
    write(tmp_path / "o.csv", found)
    assert pd.read_csv(tmp_path / "o.csv")["file"].tolist() == found["file"].tolist()


def test_windows_are_scored_as_clips_of_the_same_seconds(filmed, tmp_path):
    model = conclugen.load(filmed[0] / "model")
    path = write_media(tmp_path / "long.mp4", moving_bars(75, 64, 64))
    whole = model.predict(path, window_s=1.0, step_s=0.5, texts=["fine"], threads=1)
    assert whole["start_s"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert whole["end_s"].tolist() == [1.0, 1.5, 2.0, 2.5, 3.0, 3.0]
    alone = model.predict([Clip(path, 1.0, 2.0, "fine")], threads=1)
    scores = [name for name in whole if name.startswith("score_")]
    np.testing.assert_allclose(whole.loc[2, scores].astype(float), alone.loc[0, scores].astype(float), atol=1e-5)


def test_a_long_film_is_taken_part_by_part(filmed, tmp_path, monkeypatch):
    model = conclugen.load(filmed[0] / "model")
    path = write_media(tmp_path / "long.mp4", moving_bars(75, 64, 64))
    whole = model.predict(path, window_s=1.0, threads=1)
    monkeypatch.setattr("conclugen.applied.clips.AT_ONCE_S", 1.0)
    pd.testing.assert_frame_equal(whole, model.predict(path, window_s=1.0, threads=1), atol=1e-5)


def test_other_weights_are_refused(filmed):
    model = conclugen.load(filmed[0] / "model")
    other = {"weights_sha256": "00" * 32}
    object.__setattr__(model.exported.streams["text"], "weights_sha256", other["weights_sha256"])
    with pytest.raises(ApplyError, match=r"text: the weights of minilm have sha256 \w+… here, the model's have 0000"):
        model.predict(texts=["hello"], threads=1)
