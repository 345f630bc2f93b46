"""Published numbers: every row says what kind it is of, and what is learned without learning."""

import pytest

from conclugen.data import dfew, mafw
from conclugen.docs import published


def test_every_row_is_whole_and_its_number_is_one():
    for row in published.rows():
        assert 0 <= float(row["value"]) <= 100, row
        assert row["chance"] == "" or float(row["chance"]) < float(row["value"]), row
        assert row["chosen"] != row["source"]


@pytest.mark.parametrize(("dataset", "classes"), [("DFEW", dfew.CLASSES), ("MAFW (single)", mafw.CLASSES)])
def test_the_recall_of_a_constant_is_that_of_the_classes_the_adapter_reads(dataset, classes):
    rows = [row for row in published.rows() if row["dataset"] == dataset and row["metric"] == "UAR"]
    assert rows
    assert {float(row["chance"]) for row in rows} == {round(100 / len(classes), 1)}


def test_one_run_is_told_at_its_best_epoch_and_at_its_last():
    rows = [row for row in published.rows() if row["method"] == "AVF-MAE++ huge"]
    found = {(row["metric"], row["chosen"]): float(row["value"]) for row in rows}
    best, last = "best epoch on the test fold", "last of 100 epochs"
    assert found["UAR", best] > found["UAR", last]
    assert found["WAR (accuracy)", best] > found["WAR (accuracy)", last]


def test_the_page_has_every_number():
    page = published.published()
    for row in published.rows():
        assert f"| {row['value']} |" in page
        assert f"## {row['dataset']}\n" in page


def test_a_row_without_its_kind_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "FILE", tmp_path / "published.csv")
    head = ",".join(published.COLUMNS)
    (tmp_path / "published.csv").write_text(f"{head}\nX,m,video,UAR,50,10,five,,page\n")
    with pytest.raises(ValueError, match="line 2: chosen is empty"):
        published.rows()
    (tmp_path / "published.csv").write_text("dataset,value\nX,50\n")
    with pytest.raises(ValueError, match="columns are"):
        published.rows()
