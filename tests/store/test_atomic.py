import pytest

from conclugen.store.atomic import atomic_path, write_if_changed, write_text


def _half_write(path, source):
    path.write_text("half")
    path.write_text(source.read_text())


def test_file_appears_only_when_complete(tmp_path):
    target = tmp_path / "deep" / "table.csv"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.suffix == ".csv"
    assert target.read_text() == "whole"


def test_failure_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "table.csv"
    write_text(target, "old")
    with pytest.raises(FileNotFoundError, match="absent"), atomic_path(target) as temporary:
        _half_write(temporary, tmp_path / "absent")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_unchanged_text_keeps_its_time(tmp_path):
    target = tmp_path / "list.csv"
    assert write_if_changed(target, "a\n")
    before = target.stat().st_mtime_ns
    assert not write_if_changed(target, "a\n")
    assert target.stat().st_mtime_ns == before
    assert write_if_changed(target, "b\n")
    assert target.read_text() == "b\n"
