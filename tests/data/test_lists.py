import pytest

from conclugen.data.lists import RECORD, checksum, damaged, write_record


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    texts = {"0000.media.csv": "id\na\n", "0000.text.csv": "id,text\na,ä\n", "splits.csv": "id\na\n"}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_record(folder, {name: checksum(text) for name, text in texts.items()})
    (tmp_path / "mine.csv").write_text("shard,utterances\n0000,1\n")
    return tmp_path / "mine.csv"


def test_a_whole_plan_and_one_that_is_not_made_have_no_damage(plan):
    assert damaged(plan) == []
    assert damaged(plan.with_name("other.csv")) == []


def test_one_changed_byte_is_damage(plan):
    path = plan.with_suffix("") / "0000.text.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("a,ä", "b,ä"), encoding="utf-8")
    assert damaged(plan) == ["0000.text.csv"]


def test_deleted_and_shortened_lists_are_named(plan):
    folder = plan.with_suffix("")
    (folder / "0000.media.csv").unlink()
    (folder / "splits.csv").write_text("id\n")
    assert damaged(plan) == ["0000.media.csv", "splits.csv"]


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_damaged_record_is_damage(plan, text):
    (plan.with_suffix("") / RECORD).write_text(text)
    assert damaged(plan) == [RECORD]


def test_a_lost_folder_is_damage(plan, tmp_path):
    plan.with_suffix("").rename(tmp_path / "elsewhere")
    assert damaged(plan) == [RECORD]
