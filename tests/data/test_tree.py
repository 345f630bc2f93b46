"""What the workflow notices of a data set: contents of label files, names and stamps of media."""

import os

import pytest

from conclugen.data import tree

MEDIA = (".mp4", ".wav")


@pytest.fixture
def root(tmp_path):
    for name in ("a/1.mp4", "a/2.MP4", "b/c/3.wav", "labels.csv", ".hidden/4.mp4", "a/.5.mp4", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.fixture(autouse=True)
def fresh():
    """Every call of the workflow is a process of its own."""
    yield
    tree.names.cache_clear()
    tree.stamps.cache_clear()


def looked(root, limit=None):
    tree.names.cache_clear()
    tree.stamps.cache_clear()
    return tree.names(root, MEDIA, limit), tree.stamps(root, MEDIA, limit)


def test_a_new_a_gone_and_a_renamed_file_are_noticed(root):
    seen = {looked(root)}
    (root / "b/6.mp4").write_text("")
    seen.add(looked(root))
    (root / "b/6.mp4").rename(root / "b/7.mp4")
    seen.add(looked(root))
    (root / "b/7.mp4").unlink()
    assert looked(root)[0].startswith("3 files, ")
    assert len({names for names, _ in seen}) == 3
    assert looked(root)[0] in {names for names, _ in seen}


def test_a_changed_file_changes_its_stamp_and_no_name(root):
    names, stamps = looked(root)
    (root / "a/1.mp4").write_text("longer than before")
    assert looked(root)[0] == names
    assert looked(root)[1] != stamps


def test_a_file_set_back_in_time_is_a_changed_file(root):
    _, stamps = looked(root)
    os.utime(root / "a/1.mp4", (1, 1))
    assert looked(root)[1] != stamps


def test_other_and_hidden_files_are_no_media(root):
    before = looked(root)
    (root / "more.txt").write_text("x")
    (root / ".hidden/9.mp4").write_text("x")
    assert looked(root) == before


def test_a_large_tree_is_not_watched_and_not_read_to_its_end(root, monkeypatch):
    for number in range(50):
        (root / f"{number}.mp4").touch()
    assert looked(root, limit=10) == (tree.UNWATCHED, tree.UNWATCHED)
    assert looked(root, limit=0) == (tree.UNWATCHED, tree.UNWATCHED)
    assert looked(root, limit=1000)[0].startswith("53 files")


def test_a_linked_folder_is_followed_once(root):
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "again").symlink_to(root / "a", target_is_directory=True)
    assert looked(root, limit=100)[0] != tree.UNWATCHED


def test_a_missing_root_has_no_files(tmp_path):
    assert looked(tmp_path / "nowhere")[0].startswith("0 files")


def test_sources_are_compared_by_content_not_by_time(root):
    [before] = tree.contents(root, [root / "labels.csv"])
    os.utime(root / "labels.csv", (4e9, 4e9))
    assert tree.contents(root, [root / "labels.csv"]) == [before]
    (root / "labels.csv").write_text("xabels.csv")
    os.utime(root / "labels.csv", (1, 1))  # older than before, as after restoring a backup
    [after] = tree.contents(root, [root / "labels.csv"])
    assert after != before
    assert after.startswith("labels.csv@")


def test_a_source_folder_is_compared_by_its_entries(root):
    before = tree.contents(root, [root / "a"])
    os.utime(root / "a", (4e9, 4e9))
    assert tree.contents(root, [root / "a"]) == before
    (root / "a/new.mp4").touch()
    assert tree.contents(root, [root / "a"]) != before
    assert tree.contents(root, [root / "gone"]) == ["gone@missing"]


def test_a_pattern_compares_names_and_contents_of_what_it_finds(root):
    def looked_at():
        return tree.contents(root, [root / "a" / "*.txt"])

    for name in ("a/1.txt", "a/2.txt"):
        (root / name).write_text("yes")
    seen = looked_at()
    os.utime(root / "a/1.txt", (4e9, 4e9))
    (root / "a/new.mp4").touch()
    assert looked_at() == seen
    assert seen[0].startswith("a/*.txt@2 files")
    found = [seen]
    (root / "a/1.txt").write_text("yeah")
    found.append(looked_at())
    (root / "a/2.txt").rename(root / "a/3.txt")
    found.append(looked_at())
    (root / "a/3.txt").unlink()
    found.append(looked_at())
    assert len({digest for [digest] in found}) == len(found)


def test_files_that_a_table_names_are_watched_whatever_they_are_called(root):
    named = ("notes.txt", ".hidden/4.mp4", "a/1.mp4", "gone.vob", "../outside.xyz")

    def looked_with_named():
        tree.stamps.cache_clear()
        return tree.stamps(root, MEDIA, None, named)

    seen = {looked_with_named()}
    assert next(iter(seen)).startswith("7 files")
    for name in named:
        (root / name).write_text(f"other {len(seen)} {name}")
        seen.add(looked_with_named())
    assert len(seen) == 6
