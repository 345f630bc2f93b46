"""CAER: the folder is the label."""

import pytest

from conclugen.data import caer
from conclugen.data.common import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.sources import SOURCES
from conclugen.evaluation.overlap import between_splits
from conclugen.store.ledger import Status


@pytest.fixture
def root(tmp_path):
    for name in ("train/Anger/0001.avi", "validation/Happy/0001.avi", "test/Anger/0001.avi", "test/Odd/0002.avi"):
        path = tmp_path / "CAER" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "CAER" / "test" / "stray.avi").touch()
    return tmp_path


@pytest.mark.parametrize("place", [".", "CAER"])
def test_folders_become_a_manifest(root, place):
    (root / place / "transcripts.csv").write_text("file,text\ntest/Anger/0001.avi,get out\n")
    manifest = caer.build("caer", root, caer.Settings())
    validate(manifest)
    table = manifest.table.set_index("utterance_id")
    assert table["split"].to_dict() == {
        "train/Anger/0001": "train",
        "validation/Happy/0001": "valid",
        "test/Anger/0001": "test",
        "test/Odd/0002": "test",
        "test/stray": "test",
    }
    assert table["label"].to_dict() == {
        "train/Anger/0001": "anger",
        "validation/Happy/0001": "happy",
        "test/Anger/0001": "anger",
        "test/Odd/0002": None,
        "test/stray": None,
    }
    assert table.loc["test/Anger/0001", "text"] == "get out"
    assert table.loc["test/Anger/0001", "media"] == "CAER/test/Anger/0001.avi"
    assert table["group"].tolist() == table.index.tolist()
    ledger = {row.utterance_id: (row.status, row.reason) for row in manifest.notes.ledger(table.index)}
    assert ledger["test/Odd/0002"][0] is Status.NO_LABEL
    assert "'Odd'" in ledger["test/Odd/0002"][1]
    assert ledger["test/stray"] == (Status.OK, "no label")
    assert ledger["train/Anger/0001"] == (Status.OK, "")


def test_neither_people_nor_scenes_are_known(root):
    found = {
        row["check"]: row for row in between_splits(caer.build("caer", root, caer.Settings())) if row["split"] == "test"
    }
    assert {check: row["found"] for check, row in found.items()} == {
        **{"speaker": "unknown", "group": "unknown", "text": "unknown"},
        "file": "no",
    }
    assert found["group"]["detail"] == "each utterance told apart by its file alone"


def test_sources_watch_the_class_folders(root):
    names = {path.relative_to(root / "CAER").as_posix() for path in SOURCES["caer"](root, {})}
    assert names == {"train/Anger", "validation/Happy", "test/Anger", "test/Odd"}


def test_missing_layout_is_explained(tmp_path):
    with pytest.raises(LayoutError, match="no folder train"):
        caer.build("caer", tmp_path, caer.Settings())
