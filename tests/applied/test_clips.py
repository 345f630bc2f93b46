"""Clips, windows and tables of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclugen.applied.clips import Clip, batches, clips_of, windows
from conclugen.applied.errors import ApplyError
from conclugen.applied.texts import read_texts, with_texts
from conclugen.data.errors import LayoutError


@given(st.floats(0.05, 500), st.floats(0.5, 60), st.floats(0.5, 60))
def test_windows_lie_within_the_film_and_leave_nothing_out_before_its_end(length, window, step):
    found = windows(length, window, step)
    assert all(0 <= start < end <= length for start, end in found)
    assert all(end - start <= window + 1e-9 for start, end in found) or found == [(0.0, length)]
    assert found[0][0] == 0
    if step <= window:
        assert found[-1][1] >= length - max(window / 2, step)


def test_a_rest_of_half_a_window_is_one():
    assert windows(10, 4, 4) == [(0, 4), (4, 8), (8, 10)]
    assert windows(9.9, 4, 4) == [(0, 4), (4, 8)]
    assert windows(1, 4, 4) == [(0, 1)]


def test_clips_have_their_texts(tmp_path):
    paths = [tmp_path / name for name in ("a.mp4", "b.wav")]
    for path in paths:
        path.touch()
    assert clips_of(paths, ["x", None]) == [Clip(paths[0], text="x"), Clip(paths[1])]
    assert [clip.filmed() for clip in clips_of(paths, None)] == [True, False]
    assert clips_of(str(paths[0]), "x") == [Clip(paths[0], text="x")]
    assert clips_of(None, ["x"]) == [Clip(None, text="x")]
    with pytest.raises(ApplyError, match="1 texts for 2 files"):
        clips_of(paths, ["x"])
    with pytest.raises(ApplyError, match=r"none\.mp4: no such file"):
        clips_of(tmp_path / "none.mp4", None)
    with pytest.raises(ApplyError, match="nothing to look at"):
        clips_of(None, None)


def test_batches_hold_ten_minutes_of_film(tmp_path):
    clips = [Clip(tmp_path, float(start), start + 5.0) for start in range(0, 3000, 5)]
    parts = list(batches(clips, 60.0))
    assert [clip for part in parts for clip in part] == clips
    assert {len(part) for part in parts} == {120}
    assert [len(part) for part in batches([Clip(tmp_path)] * 25, 60.0)] == [10, 10, 5]


def test_a_table_of_texts_is_read_with_its_times(tmp_path):
    (tmp_path / "t.csv").write_text("Clip;Transcript;start;end\na.mp4;Good day;0,5;1:02\nb.mp4;so;;\n")
    found = read_texts(tmp_path / "t.csv")
    assert found == [Clip(tmp_path / "a.mp4", 0.5, 62.0, "Good day"), Clip(tmp_path / "b.mp4", text="so")]
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    files = [elsewhere / "a.mp4", elsewhere / "c.mp4"]
    assert with_texts(files, found) == [Clip(files[0], 0.5, 62.0, "Good day"), Clip(files[1])]
    with pytest.raises(ApplyError, match="has none of the files"):
        with_texts(files[1:], found)
    with pytest.raises(ApplyError, match=r"a\.mp4: no such file"):
        with_texts([], found)


@pytest.mark.parametrize(
    ("table", "said"),
    [("file\na.mp4\n", "no column 'text'"), ("text,start\nx,soon\n", "start 'soon' is no time"), ("", "or no rows")],
)
def test_a_table_that_is_none_is_told(tmp_path, table, said):
    (tmp_path / "t.csv").write_text(table)
    with pytest.raises((ApplyError, LayoutError), match=said):
        read_texts(tmp_path / "t.csv")
