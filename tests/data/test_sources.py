"""The workflow's view of label files stays light."""

import subprocess
import sys
from pathlib import Path

import pytest

from conclugen.data import content, sources, tree

SOURCE = Path(__file__).resolve().parents[2] / "src"


def test_imports_the_standard_library_only():
    code = "import sys; before = set(sys.modules); import conclugen.data.sources; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True)
    roots = {name.split(".")[0] for name in done.stdout.split()}
    assert roots <= {*sys.stdlib_module_names, "conclugen"}, roots - set(sys.stdlib_module_names)


@pytest.mark.parametrize("adapter", sorted(sources.SOURCES))
def test_a_root_that_is_not_there_has_no_sources(adapter, tmp_path):
    assert sources.SOURCES[adapter](tmp_path / "nowhere", {}) == []
    assert sources.SOURCES[adapter](tmp_path, {}) == []


def test_every_adapter_has_its_module():
    for adapter in sources.SOURCES:
        assert (SOURCE / "conclugen" / "data" / f"{adapter}.py").is_file()


def test_settings_name_files_and_the_rest_is_found(tmp_path):
    for name in ("Raw/standard_folds.json", "mine.csv", "CMU_MOSEI_Labels.csd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    given = {"labels": "mine.csv", "transcripts": "gone.csv"}
    found = [path.relative_to(tmp_path).as_posix() for path in sources.mosei(tmp_path, given)]
    assert found == ["mine.csv", "Raw/standard_folds.json"]


def watched(adapter, root, settings):
    """What the workflow compares of a data set's sources."""
    tree.names.cache_clear()
    found = tree.contents(root, sources.SOURCES[adapter](root, settings))
    names = [tree.names(root, extensions, None)] if (extensions := sources.scanned(adapter, settings)) else []
    return [*found, *names, *sources.chosen(adapter, root, settings)]


def put(root, *names, text=""):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


WORDS, WHOLE, CUT = "Raw/Transcript/Segmented/Combined", "Videos/Full/Combined", "Videos/Segmented/Combined"
CASES = {
    "edited transcript": (
        "mosei",
        "Raw/Transcript/Segmented/Combined/v.txt",
        "Raw/Transcript/Segmented/Combined/v.txt",
    ),
    "segmented clips after whole videos": (
        "mosei",
        "Raw/Videos/Full/Combined/v.mp4",
        "Raw/Videos/Segmented/Combined/v",
    ),
    "videos elsewhere": ("mosei", "labels/labels.csv", f"{WHOLE}/v.mp4"),
    "clips unpacked later": ("meld", "MELD.Raw/train_sent_emo.csv", "MELD.Raw/train/train_splits/dia0_utt0.mp4"),
    "clips under the other name": ("meld", "dev_sent_emo.csv", "dev_splits/dia0_utt0.mp4"),
    "labels later": ("meld", "train_sent_emo.csv", "dev_sent_emo.csv"),
    "deeper clip of cremad": ("cremad", "VideoFlash/a/1001_DFA_ANG_XX.flv", "VideoFlash/a/1001_DFA_SAD_XX.flv"),
    "deeper clip of caer": ("caer", "train/anger/show/0001.avi", "train/anger/show/0002.avi"),
    "deeper clip of ravdess": ("ravdess", "Actor_01/x/01-01-01-01-01-01-01.mp4", "Actor_01/x/01-01-02-01-01-01-01.mp4"),
    "deeper clip of voxceleb2": ("voxceleb2", "dev/mp4/id1/a/1.mp4", "dev/mp4/id1/a/2.mp4"),
}


@pytest.mark.parametrize(("adapter", "before", "after"), CASES.values(), ids=CASES)
def test_what_a_manifest_is_made_of_is_seen_to_change(adapter, before, after, tmp_path):
    settings = {"media": "auto"} if adapter == "mosei" else {}
    put(tmp_path, before, text="one")
    found = watched(adapter, tmp_path, settings)
    put(tmp_path, "notes.md")
    assert watched(adapter, tmp_path, settings) == found
    put(tmp_path, after, text="two")
    assert watched(adapter, tmp_path, settings) != found


@pytest.mark.parametrize(("named", "expected"), [("clips/1.mp4", False), ("Clips/1.MP4", True), ("clips/2.mp4", True)])
def test_a_table_that_names_no_such_file_makes_the_others_count(named, expected, tmp_path):
    put(tmp_path, "clips/1.mp4")
    put(tmp_path, "labels.csv", text=f"file,label\n{named},calm\n")
    assert content.spelled_otherwise(tmp_path, {"table": "labels.csv", "columns": {}}) is expected
