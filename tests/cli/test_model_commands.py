"""`export`, `predict` and `embed` as they are called."""

import json
import os
import re
import subprocess
import sys

import av
import numpy as np
import pandas as pd
import pytest
from short_film import write_clip
from small_results import CLASSES

from conclugen.cli.main import main

pytestmark = pytest.mark.slow


@pytest.fixture
def model(results, tmp_path):
    main(["export", str(results.protocol("linear")), "--output", str(tmp_path / "exported")])
    return tmp_path / "exported"


def test_a_model_is_exported_and_scores_a_clip_in_windows(model, tmp_path, capsys):
    clip = write_clip(tmp_path / "clip.mp4", 2.0)
    (tmp_path / "texts.csv").write_text("file,text,start,end\nclip.mp4,I am glad,0,1\n")
    given = ["predict", str(clip), "--model", str(model), "--texts", str(tmp_path / "texts.csv"), "--threads", "1"]
    given += ["--window", "1", "--figure", str(tmp_path / "f.png"), "--draw", str(tmp_path / "films"), "--output"]
    main([*given, str(tmp_path / "o.csv")])
    said = capsys.readouterr()
    assert "modalities, of 2 rows: words in 1, face in 2" in said.err
    assert "not a felt emotion" in said.err
    assert "--detector mtcnn looks for them" in said.err
    table = pd.read_csv(tmp_path / "o.csv")
    assert table["has_words"].tolist() == [True, False]
    np.testing.assert_allclose(table[[f"score_{name}" for name in CLASSES]].sum(axis=1), 1, atol=1e-4)
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    with av.open(str(tmp_path / "films/clip.mp4")) as film:
        assert len(list(film.decode(video=0))) == 50
        assert film.streams.audio
    main([*given, str(tmp_path / "o.json"), "--uncalibrated"])
    rows = json.loads((tmp_path / "o.json").read_text())
    assert [row["start_s"] for row in rows] == [0.0, 1.0]
    assert rows[0]["score_joy"] == pytest.approx(table["score_joy"][0], abs=1e-4)


def test_embeddings_are_written_by_modality(model, tmp_path, capsys):
    clip = write_clip(tmp_path / "clip.mp4", 0.5)
    given = ["--model", str(model), "--threads", "1", "--output", str(tmp_path / "e.npz")]
    main(["embed", str(clip), *given])
    assert "face: 1 rows of 8 numbers, 1 of them there" in capsys.readouterr().out
    with np.load(tmp_path / "e.npz", allow_pickle=False) as found:
        assert found["face"].shape == (1, 8)
        assert np.isnan(found["words"]).all()
        assert found["row_file"].tolist() == [str(clip)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--step", "2"], "--step needs --window"),
        (["--window", "0"], "a window of 0 s"),
        (["--draw", "clip.mp4"], "clip.mp4: is the video itself"),
        (["--output", "o.xls"], "must end in .csv or .json"),
        (["--weights", "text"], "expected STREAM=FILE"),
        (["--texts", "none.csv"], "none.csv: No such file"),
        (["--faces", "each"], "none is looked for; add --detector mtcnn"),
    ],
)
def test_what_cannot_be_done_is_told(model, tmp_path, monkeypatch, capsys, words, said):
    clip = write_clip(tmp_path / "clip.mp4", 0.5)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(clip), "--model", str(model), *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_python_of_the_documentation_runs(model, tmp_path, pytestconfig):
    page = (pytestconfig.rootpath / "docs/use.md").read_text("utf-8")
    [block] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    write_clip(tmp_path / "clip.mp4", 1.5)
    more = "\nassert len(scores) == 1 and len(windows) == 3 and len(words) == 2 and set(parts) == {'words', 'face'}\n"
    done = subprocess.run(
        [sys.executable, "-c", block + more], cwd=tmp_path, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
