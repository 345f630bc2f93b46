"""VoxCeleb2 in its official tree."""

import json

import pytest

from conclugen.data import voxceleb2
from conclugen.data.manifest import read_manifest
from conclugen.data.sources import SOURCES

SETTINGS = voxceleb2.Settings(parts={"dev": "train", "test": "none"}, valid_fraction=0.0, seed=0)


@pytest.fixture
def root(tmp_path):
    for name in (
        "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4",
        "dev/mp4/id00012/21Uxsk56VDQ/00002.mp4",
        "dev/mp4/id00015/-abc/00001.mp4",
        "dev/mp4/id00015/-abc/notes.txt",
        "dev/mp4/id00015/-abc/.00009.mp4",
        "dev/aac/id00012/21Uxsk56VDQ/00001.m4a",
        "test/mp4/id00017/xyz/00003.mp4",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_tree_becomes_a_manifest(root):
    table = voxceleb2.build("vox", root, SETTINGS).table.set_index("utterance_id")
    assert table.index.tolist() == [
        "id00012/21Uxsk56VDQ/00001",
        "id00012/21Uxsk56VDQ/00002",
        "id00015/-abc/00001",
        "id00017/xyz/00003",
    ]
    first = table.iloc[0]
    assert first["media"] == "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4"
    assert first["audio"] == "dev/aac/id00012/21Uxsk56VDQ/00001.m4a"
    assert table["audio"].notna().tolist() == [True, False, False, False]
    assert (first["speaker"], first["group"]) == ("id00012", "21Uxsk56VDQ")
    assert table["split"].tolist() == ["train", "train", "train", "none"]


def test_entry_point_with_transcripts_and_nesting(root, tmp_path_factory):
    outer = tmp_path_factory.mktemp("outer")
    (outer / "VoxCeleb2").symlink_to(root)
    (root / "transcripts.csv").write_text("file,text\nid00017/xyz/00003.mp4,hello you\n")
    flags = ["--dataset", "vox", "--root", str(outer), "--output", str(outer / "m.parquet")]
    settings = {"parts": {"test": "test"}, "valid_fraction": 0.0, "seed": 0}
    voxceleb2.main([*flags, "--settings", json.dumps(settings)])
    manifest = read_manifest(outer / "m.parquet")
    row = manifest.table.iloc[0]
    assert (row["split"], row["text"], row["text_source"]) == ("test", "hello you", "official")
    assert row["media"] == "VoxCeleb2/test/mp4/id00017/xyz/00003.mp4"
    assert (outer / row["media"]).is_file()
    assert manifest.task == "none"
    assert SOURCES["voxceleb2"](outer, settings) == [outer / "VoxCeleb2" / "transcripts.csv"]


def test_speakers_of_valid_are_in_no_other_split(tmp_path):
    for speaker in range(60):
        for video in range(2):
            path = tmp_path / f"dev/mp4/id{speaker:05d}/v{video}/00001.mp4"
            path.parent.mkdir(parents=True)
            path.touch()
    settings = voxceleb2.Settings(parts={"dev": "train"}, valid_fraction=0.3, seed=1)
    table = voxceleb2.build("vox", tmp_path, settings).table
    assert set(table["split"]) == {"train", "valid"}
    assert (table.groupby("speaker")["split"].nunique() == 1).all()


def test_empty_and_missing_roots_are_explained(tmp_path):
    flags = ["--dataset", "vox", "--output", str(tmp_path / "m.parquet"), "--settings"]
    settings = json.dumps({"parts": {"dev": "train"}, "valid_fraction": 0.0, "seed": 0})
    with pytest.raises(SystemExit, match=r"vox: .*no video below dev/mp4"):
        voxceleb2.main([*flags, settings, "--root", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"set datasets\.vox\.root"):
        voxceleb2.main([*flags, settings, "--root", str(tmp_path / "nowhere")])
    assert not (tmp_path / "m.parquet").exists()


def test_sound_alone(tmp_path):
    for name in ("dev/aac/id1/x/1.m4a", "test/mp4/id2/y/1.mp4", "test/aac/id2/y/2.m4a"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    table = voxceleb2.build("vox", tmp_path, SETTINGS).table.set_index("utterance_id")
    assert table["media"].to_dict() == {"id1/x/1": None, "id2/y/1": "test/mp4/id2/y/1.mp4"}
    assert table["audio"].to_dict() == {"id1/x/1": "dev/aac/id1/x/1.m4a", "id2/y/1": None}
