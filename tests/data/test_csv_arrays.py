"""Columns of CSV files as arrays, however the file is written."""

import numpy as np
import pytest

from conclugen.data.array_files import ArrayError
from conclugen.data.csv_arrays import check_csv, class_columns, csv_columns, csv_numbers, csv_texts

NAN = float("nan")


def write(tmp_path, text, coding="utf-8"):
    path = tmp_path / "f.csv"
    path.write_bytes(text.encode(coding))
    return path


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [
        "id,says,a_0,a_1\nu1,yes,0.5,1\nu2,,,2\n",
        "id;says;a_0;a_1\nu1;yes;0,5;1\nu2;;;2\n",
        'id,says,a_0,a_1\nu1,yes,"0,5",1\nu2,,NA,2\n',
        "sep=\t\nid\tsays\ta_0\ta_1\nu1\tyes\t0,5\t1\nu2\t\tnan\t2\n",
        " id , says , a_0 , a_1 ,,\r\n u1 , yes , 0.5 , 1 ,,\r\nu2,,,2,,\r\n",
        '"id"|"says"|"a_0"|"a_1"\r"u1"|"yes"|"0.5"|"1"\r"u2"|""|""|"2"\r',
    ],
)
def test_dialects(tmp_path, coding, text):
    path = write(tmp_path, text, coding)
    assert csv_columns(path, "a_*") == [2, 3]
    check_csv(path)
    assert csv_texts(path, 0).tolist() == ["u1", "u2"]
    assert csv_texts(path, 1).tolist() == ["yes", ""]
    np.testing.assert_array_equal(next(csv_numbers(path, [2, 3])), [[0.5, 1], [NAN, 2]])
    assert [len(block) for block in csv_numbers(path, [2, 3], rows=1)] == [1, 1]


def test_a_text_that_begins_with_a_quotation_mark(tmp_path):
    path = write(tmp_path, 'id\tsays\ta\nu1\t"Well\t1\nu2\tno\t2\nu3\the said"\t3\n')
    check_csv(path)
    assert csv_texts(path, 1).tolist() == ['"Well', "no", 'he said"']
    np.testing.assert_array_equal(next(csv_numbers(path, [2]))[:, 0], [1, 2, 3])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,a\nu1,1\nu2\n", "line 3: 1 cells in a table of 2 columns"),
        ("id,a\nu1,1,5\n", "line 2: 3 cells in a table of 2 columns"),
        ("id,a\nu1,1\n,\n", "line 3: a row of empty cells"),
        ('id,a\nu1,"1,5\nu2,2\n', "line 2: a quotation mark"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path, text, said):
    with pytest.raises(ArrayError, match=rf"f\.csv, {said}"):
        check_csv(write(tmp_path, text))


def test_columns_that_say_what_a_row_is_are_no_features(tmp_path):
    path = write(tmp_path, "id,label,emo_joy,emo_sad,x,y,\nu1,a,1,0,2,3,\n")
    assert csv_columns(path, "*", ["id", "label", "emo_*"]) == [4, 5]
    assert csv_columns(path, "emo_*") == [2, 3]
    with pytest.raises(ArrayError, match=r"no column 'emo_\*'"):
        csv_columns(path, "emo_*", ["emo_*"])
    with pytest.raises(ArrayError, match="two columns are called 'x'"):
        csv_columns(write(tmp_path, "id,x,x\nu1,1,2\n"), "x")


@pytest.mark.parametrize(("cell", "name"), [("video7", "a"), ("1.5 s", "a"), ("1_000", "a")])
def test_a_cell_that_is_no_number_is_refused_with_its_column(tmp_path, cell, name):
    path = write(tmp_path, f"id;{name}\nu1;0.25\nu2;{cell}\n")
    with pytest.raises(ArrayError, match=f"column '{name}' holds '{cell}', which is no number"):
        next(csv_numbers(path, [1]))


def test_numbers_by_thousands_are_read_or_refused(tmp_path):
    numbers = {"1,234.5": 1234.5, "1,234": 1234, "1,234,567.25": 1234567.25}
    for cell, value in numbers.items():
        path = write(tmp_path, f"id\ta\nu1\t0.25\nu2\t{cell}\n")
        assert next(csv_numbers(path, [1]))[:, 0].tolist() == [0.25, value]
    path = write(tmp_path, "id;a\nu1;12,345\nu2;1,234\n")
    assert next(csv_numbers(path, [1]))[:, 0].tolist() == [12.345, 1.234]
    path = write(tmp_path, 'id,a\nu1,"1,234"\nu2,"5,678"\n')
    with pytest.raises(ArrayError, match="column 'a' holds '1,234', which is a thousand, or one and a fraction"):
        next(csv_numbers(path, [1]))


def test_columns_of_classes_are_told_by_their_names(tmp_path):
    path = write(tmp_path, "id,emo_Sad,emo_joy,3,1,2,emo\nu1,1,0,1,0,0,0\n")
    assert class_columns(path, "emo_*", ("joy", "sad")) == [1, 0]
    assert class_columns(path, "emo_*", ("emo_joy", "emo_sad")) == [1, 0]
    assert class_columns(path, "[123]", ("1", "2", "3")) == [1, 2, 0]
    assert class_columns(path, "[123]", ("joy", "sad", "rage")) == [0, 1, 2]  # as they stand
    with pytest.raises(ArrayError, match=r"columns .* are not those of the classes"):
        class_columns(path, "emo_*", ("joy", "anger"))
