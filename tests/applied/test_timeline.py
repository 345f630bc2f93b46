"""The picture of scores over time."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from conclugen.applied import timeline
from conclugen.applied.timeline import MOST_FILES, draw, scores_over_time


def table_of(files, times=True, count=4):
    start = np.tile(np.arange(count), len(files)).astype(float)
    rows = count * len(files)
    table = pd.DataFrame({"file": np.repeat(files, count), "start_s": start, "end_s": start + 2})
    if not times:
        table[["start_s", "end_s"]] = np.nan
    scores = {"score_joy": np.linspace(0, 1, rows), "score_fear": np.full(rows, np.nan)}
    return table.assign(**scores, has_face=np.arange(rows) % 2 == 0, has_words=False, notes="")


def test_scores_are_drawn_at_the_middles_of_their_seconds():
    figure = scores_over_time([("a.mp4", table_of(["a.mp4"]))], "model")
    upper, lower = figure.axes
    joy = upper.get_lines()[0]
    assert joy.get_label() == "joy"
    np.testing.assert_allclose(joy.get_xdata(), [1, 2, 3, 4])
    assert [tick.get_text() for tick in lower.get_yticklabels()] == ["words", "face"]
    there = [len(bars.get_paths()) for bars in lower.collections]
    assert there == [0, 2]
    plt.close(figure)


@pytest.mark.parametrize("name", ["f.png", "f.svg", "f.pdf"])
def test_a_picture_is_written_for_any_number_of_files(tmp_path, name):
    draw(tmp_path / name, table_of([f"{i}.mp4" for i in range(MOST_FILES + 2)]), "model")
    assert (tmp_path / name).stat().st_size > 1000


def test_each_face_has_a_panel_of_its_own(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(timeline, "scores_over_time", lambda parts, title: drawn.append(parts) or plt.figure())
    table = table_of(["a.mp4", "b.mp4"])
    draw(tmp_path / "f.png", table.assign(face=pd.Series([1, 2, 1, None, 1, 1, 1, 1], dtype="Int64")), "model")
    panels = {name: rows.loc[rows["score_joy"].notna(), "start_s"].tolist() for name, rows in drawn[0]}
    assert panels == {
        "a.mp4, face 1": [0, 2], "a.mp4, face 2": [1], "a.mp4, no face": [3], "b.mp4, face 1": [0, 1, 2, 3]
    }  # fmt: skip
    [first, *_] = (rows for _, rows in drawn[0])
    assert first["start_s"].tolist() == [0, 1, 2, 3]  # a face that is away breaks the line
    assert first["has_face"].tolist() == [True, False, True, False]


def test_whole_files_share_a_panel(tmp_path):
    draw(tmp_path / "f.png", table_of(["a.mp4", "b.mp4"], times=False), "model")
    figure = scores_over_time([("whole", table_of(["a.mp4", "b.mp4"], times=False))], "model")
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_xdata(), np.arange(8) + 0.5)
    plt.close(figure)
