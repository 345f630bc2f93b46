"""MER2023 and MER2024: tables of labels, tests with and without them, and clips that nobody labelled."""

import pytest

from conclugen.data import mer
from conclugen.data.errors import LayoutError
from conclugen.data.manifest import validate
from conclugen.data.mer import Settings
from conclugen.store.ledger import Status

EMOTIONS = ("neutral", "angry", "happy", "sad", "worried", "surprise")


def part(root, folder, table, first, count, valence=True):
    (root / folder).mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(first, first + count):
        name = f"sample_{number:08}"
        (root / folder / f"{name}.mp4").touch()
        rows.append(f"{name},{EMOTIONS[number % 6]}" + (f",{number % 11 - 5}.0" if valence else ""))
    if table:
        (root / table).write_text("\n".join([f"name,discrete{',valence' if valence else ''}", *rows]) + "\n")


def build(root, tests=("test1",), fold=1, share=0.2):
    manifest = mer.build("mer", root, Settings(tests, fold, share))
    validate(manifest)
    return manifest, manifest.table.set_index("utterance_id")


@pytest.fixture
def mer2023(tmp_path):
    part(tmp_path, "train", "train-label.csv", 0, 100)
    part(tmp_path, "test1", "test1-label.csv", 100, 12)
    part(tmp_path, "test2", "test2-label.csv", 112, 12)
    part(tmp_path, "test3", "test3-label.csv", 124, 12, valence=False)
    part(tmp_path, "unlabeled", None, 200, 30)
    return tmp_path


def test_the_tests_of_2023(mer2023):
    _, table = build(mer2023)
    split = table["split"].value_counts().to_dict()
    assert split["test"] == 12
    assert split["none"] == 12 + 12 + 30  # nothing is learned from other tests
    assert 5 < split["valid"] < 40
    assert table.loc["sample_00000101", ["label", "split"]].tolist() == ["surprise", "test"]
    assert table.loc["sample_00000200", ["label", "split"]].tolist() == [None, "none"]
    assert table.loc["sample_00000010", "valence"] == pytest.approx(3.0)
    assert table.loc["sample_00000124", "valence"] != table.loc["sample_00000124", "valence"]
    both = build(mer2023, ("test1", "test3"))[1]["split"]
    assert (both == "test").sum() == 24


def test_without_labels_of_a_test_a_fold_of_the_training_table_is_tested(tmp_path):
    part(tmp_path, "video-labeled", "label-disdim.csv", 0, 200)
    part(tmp_path, "video-unlabeled-with-test2noise", None, 500, 50)
    tested = {}
    for fold in range(1, 6):
        split = build(tmp_path, fold=fold)[1]["split"]
        assert (split == "none").sum() == 50
        assert {"train", "valid", "test"} <= set(split)
        tested |= dict.fromkeys(split.index[split == "test"], fold)
    assert tested == mer.folds(tmp_path)
    assert len(tested) == 200
    sizes = [list(tested.values()).count(fold) for fold in range(1, 6)]
    assert min(sizes) > 20


def test_losses_and_mistakes(mer2023):
    (mer2023 / "train/sample_00000007.mp4").unlink()
    table = (mer2023 / "train-label.csv").read_text().replace("sample_00000005,surprise", "sample_00000005,contempt")
    (mer2023 / "train-label.csv").write_text(table)
    manifest, found = build(mer2023)
    statuses = {row.utterance_id: row.status for row in manifest.notes.ledger(found.index)}
    assert statuses["sample_00000007"] is Status.MISSING_MEDIA
    assert statuses["sample_00000005"] is Status.NO_LABEL
    (mer2023 / "test1-label.csv").write_text("name,discrete,valence\nsample_00000005,sad,1\n")
    with pytest.raises(LayoutError, match="sample_00000005 is listed twice, here or in"):
        build(mer2023)
    rows = [f"sample_{number:08},sad,90" for number in range(100, 112)]
    (mer2023 / "test1-label.csv").write_text("\n".join(["name,discrete,valence", *rows]) + "\n")
    with pytest.raises(LayoutError, match=r"lie outside -5\.\.5"):
        build(mer2023)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(LayoutError, match=r"no table train-label\.csv \(MER2023\) or label-disdim\.csv"):
        build(tmp_path)
