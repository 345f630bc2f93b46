"""Scores as files."""

import json

import numpy as np
import pandas as pd
import pytest

from conclugen.applied.errors import ApplyError
from conclugen.applied.outputs import check_output, write, write_arrays

TABLE = pd.DataFrame(
    {"file": ["=x", "a,b"], "start_s": [np.nan, 1.5], "score_a": [0.1234567, np.nan], "has_v": [True, False]}
)


def test_csv_holds_no_formula_and_nothing_where_nothing_is(tmp_path):
    write(tmp_path / "o.csv", TABLE)
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines == ["file,start_s,score_a,has_v", "'=x,,0.123457,True", '"a,b",1.5,,False']


def test_json_is_a_row_each_with_null_where_nothing_is(tmp_path):
    write(tmp_path / "o.json", TABLE)
    first = json.loads((tmp_path / "o.json").read_text())[0]
    assert first == {"file": "=x", "start_s": None, "score_a": 0.123457, "has_v": True}


def test_arrays_are_kept_with_what_their_rows_are(tmp_path):
    index = pd.MultiIndex.from_frame(TABLE[["file", "start_s"]])
    write_arrays(tmp_path / "o.npz", {"file": pd.DataFrame(np.eye(2), index=index)})
    with np.load(tmp_path / "o.npz", allow_pickle=False) as found:
        np.testing.assert_array_equal(found["file"], np.eye(2))
        assert found["row_file"].tolist() == ["=x", "a,b"]
        assert np.isnan(found["row_start_s"][0])


def test_a_file_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    with pytest.raises(ApplyError, match=r"must end in \.csv or \.json"):
        check_output(tmp_path / "o.txt", (".csv", ".json"))
    (tmp_path / "o.csv").mkdir()
    with pytest.raises(ApplyError, match="is a folder"):
        check_output(tmp_path / "o.csv", (".csv",))
    check_output(None, ())
