"""Tables as people write them: understood as a whole, or refused with the number of a line."""

import csv
import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclugen.data.csv_tables import read_csv, scan_csv
from conclugen.data.errors import LayoutError

CELL = st.text(st.sampled_from(string.ascii_letters + ' ,";|\n’é'), min_size=1, max_size=12).map(str.strip).filter(bool)
HEAD = "file,label,text\n"


@given(
    texts=st.lists(st.tuples(CELL, CELL), max_size=6),
    mark=st.booleans(),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_wrote_comes_back(tmp_path_factory, texts, mark, ends, delimiter, quoting):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    rows = [(f"f{i}.mp4", *row) for i, row in enumerate(texts)]
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if ends == "\r" else quoting  # else the writer lets other line ends stand
    writer = csv.writer(text, lineterminator=ends, delimiter=delimiter, quoting=quoting)
    writer.writerows([("file", "text", "x"), *rows])
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + text.getvalue().encode())
    assert [tuple(row.values()) for row in read_csv(path, ["text"])] == rows


def read(tmp_path, text, coding="utf-8", **options):
    (tmp_path / "t.csv").write_bytes(text.encode(coding))
    return [list(row.values()) for row in read_csv(tmp_path / "t.csv", **options)]


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ('c1.mp4\ta\t"Well, so\nc2.mp4\tb\tfine\nc3.mp4\ta\tso "what" now\n', ['"Well, so', "fine", 'so "what" now']),
        # the mark that a later row ends with would close the first one
        ('c1.mp4\ta\t"Well\nc2.mp4\tb\tfine\nc3.mp4\ta\twhat he said"\n', ['"Well', "fine", 'what he said"']),
        ('c1.mp4\ta\t"Well\nc2.mp4\tb\tfine\n', ['"Well', "fine"]),
        ('c1.mp4\ta\t5" wide\nc2.mp4\tb\t"yes"\n', ['5" wide', "yes"]),
        ('c1.mp4\ta\t"so ""what"" now"\n', ['so "what" now']),
        ('c1.mp4\ta\t"so \\"what\\" now"\nc2.mp4\tb\tfine\n', ['so "what" now', "fine"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", "\t;,|")
def test_quotation_marks_of_texts(tmp_path, rows, texts, delimiter):
    given = ("file\tlabel\ttext\n" + rows).replace("\t", delimiter)
    if delimiter == ",":  # with a comma in such a text the next test has to do
        given, texts = given.replace("Well, so", "Well so"), [text.replace("Well, so", "Well so") for text in texts]
    assert [row[2] for row in read(tmp_path, given)] == texts


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('c1.mp4,a,"Well, he said\nc2.mp4,b,fine\n', "line 2: a quotation mark opens a cell and is not closed"),
        ('c1.mp4,a,fine\nc2.mp4,b,"Well, he said\nc3.mp4,a,"yes, I do"\n', "line 3: a quotation mark"),
        ('c1.mp4,a,"Well, yes\nc2.mp4,b,fine\nc3.mp4,a,he said"\n', "line 2: a cell .* like rows, such as 'c2.mp4,b"),
        ('"c1.mp4","a","Well"\n"c2.mp4","b",""Well" he"\n', "line 3: a quotation mark"),
        ("c1.mp4,a,fine\nc2.mp4,b,yes, I do\n", "line 3: 4 cells in a table of 3 columns"),
        ("c1.mp4,a,fine\nc2.mp4,b,a line\nthat breaks\n", "line 4: 1 cells in a table of 3 columns"),
        ("c1.mp4,a,fine\n\nc2.mp4,b\n", "line 4: 2 cells"),
        ("c1.mp4,a,fine\nc2.mp4,b, so,\n", "line 3: 4 cells"),
        ("c1.mp4,b, so,\nc2.mp4,a,fine\n", "line 2: 4 cells"),
    ],
)  # fmt: skip
def test_a_table_that_fits_nothing_is_refused_with_its_line(tmp_path, rows, said):
    with pytest.raises(LayoutError, match=rf"t\.csv, {said}"):
        read(tmp_path, HEAD + rows)
    with pytest.raises(LayoutError, match=rf"t\.csv, {said}"):
        read(tmp_path, (HEAD + rows).replace("\n", "\r\n"))


def test_cells_of_several_lines_are_no_rows(tmp_path):
    text = HEAD + 'c1.mp4,a,"well, yes,\nhe, said, so"\nc2.mp4,b,fine\n'
    assert [row[2] for row in read(tmp_path, text)] == ["well, yes,\nhe, said, so", "fine"]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("start", ["", "\n\n", " , , \n"])
def test_encodings_white_space_and_empty_columns(tmp_path, coding, start):
    text = (
        f"{start}file , label, ,x,\r\n a.mp4 ,\tgl\u00fccklich\u00a0, ,7,\r\n,,,,\r\n\r\nb.mp4,cr\u00e9\u00e9e,,,\r\n"
    )
    assert read(tmp_path, text, coding) == [["a.mp4", "gl\u00fccklich", "7"], ["b.mp4", "cr\u00e9\u00e9e", ""]]


@pytest.mark.parametrize(
    ("text", "coding"),
    [("file,label\na,\u9ad8\u5174\n", "gbk"), ("file,label\na,\u0433\u0440\u0443\u0441\u0442\u044c\n", "cp1251"),
     ("file,label\na,\u60b2\u3057\u307f\u308b\n", "shift-jis"), ("file,label\na,\u0161\u0165astn\u00fd\n", "cp1250"),
     ("file,label\na,mutlulu\u011fu\n", "cp1254"), ("file,label\na,z\u0142o\u015b\u0107\n", "cp1250"),
     ("file,label\na,\u03c7\u03b1\u03c1\u03ac\n", "cp1253")],
)  # fmt: skip
def test_other_code_pages_are_refused_and_utf8_is_not(tmp_path, text, coding):
    with pytest.raises(LayoutError, match=r"t\.csv, line 2: is not in UTF-8"):
        read(tmp_path, text, coding)
    assert read(tmp_path, text)[0][1] == text.split(",")[-1].strip()


def test_signs_of_western_europe_are_read_where_they_stand_in_no_word(tmp_path):
    text = "file,text\na,\u00bfno? it\u00b4s 5 \u00b5m, \u00a33 or 20\u00b0C \u2013 \u00ab\u00e7a\u00bb\n".replace(
        ", ", " "
    )
    assert read(tmp_path, text, "cp1252")[0][1] == text.split(",")[-1].strip()


def test_a_title_above_the_table_and_a_link_that_leads_nowhere_are_told(tmp_path):
    with pytest.raises(LayoutError, match=r"line 2: 2 cells in a table of 1 columns.*without a title above it"):
        read(tmp_path, "My study\nfile,label\na,b\n")
    (tmp_path / "l.csv").symlink_to(".git/annex/objects/ab/cd/MD5E-s1--0.csv/MD5E-s1--0.csv")
    for reader in (read_csv, scan_csv):
        with pytest.raises(LayoutError, match=r"l\.csv: a pointer of git-annex, .* `git annex get` fetches it"):
            reader(tmp_path / "l.csv")


def test_what_is_no_text_is_named(tmp_path):
    for data, said in (
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n", "pointer of git-lfs.*git lfs pull"),
        (b"PK\x03\x04....", "is a workbook"),
        ("file,label\na,b\n".encode("utf-16-le"), "zero bytes"),
    ):
        (tmp_path / "t.csv").write_bytes(data)
        with pytest.raises(LayoutError, match=said):
            read_csv(tmp_path / "t.csv")


def test_delimiters(tmp_path):
    assert read(tmp_path, 'sep=;\nfile;"a, b, c"\nx;y\n') == [["x", "y"]]
    assert read(tmp_path, '"a;b;c;d",label\nx,y\n') == [["x", "y"]]
    assert read(tmp_path, "file ; text;x\n\na; b, c;\n;;\n") == [["a", "b, c", ""]]
    assert read(tmp_path, "text\nhello; you\n") == [["hello; you"]]


def test_columns_are_named_once(tmp_path):
    with pytest.raises(LayoutError, match=r"column 'label' is missing; it has \['file', 'text'\]"):
        read(tmp_path, "file,text\na,b\n", required=["label"])
    with pytest.raises(LayoutError, match="two columns are called 'label'"):
        read(tmp_path, "file,label,label\na,b,c\n")
    with pytest.raises(LayoutError, match=r"no\.csv"):
        read_csv(tmp_path / "no.csv")


def test_a_limit_reads_the_first_rows_alone(tmp_path):
    assert read(tmp_path, "a,b\n1,2\n3,4\n5\n", limit=2) == [["1", "2"], ["3", "4"]]
