"""What outside the code and the configuration makes something run: new media, changed sources, upgrades, damage."""

import json
import os

import pytest
import yaml
from tiny_project import TINY, Project

from conclugen.data.lists import damaged
from conclugen.store.provenance import file_sha256

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PLANS = ("results/plans/talks.csv", "results/plans/mine.csv")
TALKS, MINE = PLANS
FRIENDS = "results/manifests/friends.parquet"


@pytest.fixture(scope="module")
def planned_folders(tmp_path_factory):
    """Two data sets whose plans are made, files without a table and files with one, and a third of labels, whose clips
    are still to come. No job opens a file here."""
    project = Project.create(tmp_path_factory.mktemp("noticed"))
    for name in ("talks", "mine"):
        (project.folder / name / "clips").mkdir(parents=True)
        for clip in range(3):
            (project.folder / name / f"clips/{clip}.mp4").write_text("picture and sound")
    rows = "".join(f"clips/{n}.mp4,{('calm', 'glad')[n % 2]},train,word {n}\n" for n in range(3))
    (project.folder / "mine/labels.csv").write_text("file,label,split,text\n" + rows)
    (project.folder / "friends").mkdir()
    rows = "Utterance,Emotion,Dialogue_ID,Utterance_ID\nHi,joy,0,0\n"
    (project.folder / "friends/train_sent_emo.csv").write_text(rows)
    write_config(project)
    project.snakemake("--", *PLANS, FRIENDS)
    return project


@pytest.fixture
def folders(planned_folders, tmp_path):
    return planned_folders.clone(tmp_path / "project")


def write_config(project, **keys):
    datasets = {"talks": {"adapter": "folder", "root": "talks", "has": ["video", "audio", "text"]}}
    datasets["mine"] = {"adapter": "folder", "root": "mine", "table": "labels.csv", "plan": {"shards": 2}}
    datasets["friends"] = {"adapter": "meld", "root": "friends"}
    config = TINY | {"datasets": datasets, **keys}
    config |= {"pretrain": TINY["pretrain"] | {"dataset": "talks"}, "downstream": {"datasets": ["mine"]}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))


def both(project):
    """Jobs planned for the plans of both data sets."""
    return project.planned(target=PLANS)


def test_touched_sources_and_files_that_are_no_media_plan_nothing(folders):
    os.utime(folders.folder / "mine/labels.csv", (4e9, 4e9))  # touched, and by a clock that is ahead
    (folders.folder / "talks/notes.txt").write_text("x")
    (folders.folder / "talks/.clips.mp4.part").write_text("x")
    assert both(folders) == {}


def test_new_and_changed_files_rerun_what_reads_them(folders):
    labels = folders.folder / "mine/labels.csv"
    (folders.folder / "talks/clips/1.mp4").write_text("another take")
    (folders.folder / "mine/clips/new.mp4").touch()
    assert both(folders) == {"plan": 2}  # the table of mine does not name the new file
    (folders.folder / "talks/clips/new.mp4").touch()
    assert folders.planned(target=TALKS) == {"manifest": 1, "plan": 1}
    labels.write_text(labels.read_text().replace("calm,", "glad,", 1))
    os.utime(labels, (1e9, 1e9))  # older than all results, as after restoring a backup
    assert folders.planned(target=MINE) == {"manifest": 1, "plan": 1}


def test_clips_that_come_later_or_under_another_name_are_found(folders):
    (folders.folder / "friends/train/train_splits").mkdir(parents=True)
    assert folders.planned(target=FRIENDS) == {"manifest": 1}
    clip = folders.folder / "mine/clips/1.mp4"
    clip.rename(clip.with_suffix(".MP4"))
    assert folders.planned(target=MINE) == {"manifest": 1, "plan": 1}


def test_media_that_are_not_watched_are_looked_at_when_asked(folders):
    datasets = {"talks": {"adapter": "folder", "root": "talks", "has": ["video", "audio", "text"], "watch": False}}
    config = yaml.safe_load((folders.folder / "tiny.yaml").read_text())
    (folders.folder / "tiny.yaml").write_text(yaml.safe_dump(config | {"datasets": config["datasets"] | datasets}))
    folders.snakemake("--", TALKS)
    (folders.folder / "talks/clips/new.mp4").touch()
    assert folders.planned(target=TALKS) == {}


def small_encoder(folder):
    """Write an encoder of texts into a folder, weights and what lies beside them; return them as configured."""
    from transformers import BertConfig, BertModel

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "word", "0", "1", "2", "a", "more"]
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=20, **size)).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    about = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 20}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    path = folder / "model.safetensors"
    return {"backbone": "text_encoder", "weights": {"path": str(path), "sha256": file_sha256(path)}}


def test_files_beside_the_weights_are_a_part_of_what_they_make(folders):
    """And one utterance added reruns its shard alone."""
    shards = tuple(f"results/features/mine/text/{shard}.h5" for shard in ("0000", "0001"))
    write_config(folders, features=TINY["features"] | {"text": small_encoder(folders.folder / "encoder")})
    folders.snakemake("--", *shards)
    (folders.folder / "encoder/README.md").write_text("of no account")
    assert folders.planned(target=shards) == {}
    config = folders.folder / "encoder/tokenizer_config.json"
    before = config.read_text()
    config.write_text(before.replace("true", "false"))
    assert folders.planned(target=shards) == {"text": 2}
    assert "encoder/tokenizer_config.json changed" in folders.why(*shards)
    config.write_text(before)
    labels = folders.folder / "mine/labels.csv"
    labels.write_text(labels.read_text() + "clips/3.mp4,glad,test,a word more\n")
    folders.snakemake("--", MINE)
    assert folders.planned(target=shards) == {"text": 1}


def test_damaged_lists_are_made_again_and_no_shard_is(folders):
    paths = [folders.folder / "results/plans" / name for name in ("mine/splits.csv", "talks/0000.media.csv")]
    before = [path.read_bytes() for path in paths]
    paths[0].write_bytes(before[0].replace(b"train", b"valid", 1))
    paths[1].unlink()
    assert both(folders) == {"plan": 2}
    folders.snakemake("--", *PLANS)
    assert [path.read_bytes() for path in paths] == before
    assert both(folders) == {}


def test_an_upgraded_library_reruns_stages_that_import_it_when_asked(folders):
    """Versions are faked by a dist-info folder that is found first."""
    write_config(folders, rerun_on_upgrade=["pyarrow", "torch"])
    folders.snakemake("--", *PLANS)
    fake_version(folders, "torch")  # no adapter and no plan imports it
    fake_version(folders, "numpy")  # nobody asked for it
    assert both(folders) == {}
    fake_version(folders, "pyarrow")
    assert both(folders) == {"manifest": 2, "plan": 2}
    assert "library pyarrow: " in folders.why(*PLANS)


def fake_version(project, name):
    folder = project.folder / f"src/{name}-999.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 999.0\n")
    (folder / "top_level.txt").write_text(f"{name}\n")


def test_a_plan_records_all_of_its_lists(planned_folders):
    folder = planned_folders.folder / "results/plans/mine"
    listed = {line.split("  ")[1] for line in (folder / "lists.sha256").read_text().splitlines()}
    assert listed == {path.name for path in folder.glob("*.csv*")} >= {"splits.csv", "splits.csv.sha256"}
    assert damaged(folder.with_suffix(".csv")) == []
