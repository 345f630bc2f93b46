"""Weights in the plan: missing ones stop it at once, staged ones are part of it; the flag of a table trains nothing."""

import pytest
import yaml
from tiny_project import ROOT, TINY, Project

TARGET = "results/tables/mosei.csv"


@pytest.fixture
def fresh(tmp_path):
    return Project.create(tmp_path)


def write(project, **features):
    merged = {name: TINY["features"].get(name, {}) | features.get(name, {}) for name in {*TINY["features"], *features}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(TINY | {"features": merged}))


def test_missing_weights_stop_before_any_job_and_are_told_all_at_once(fresh):
    write(fresh, frames2d={"backbone": "resnet152"}, text={"backbone": "distilroberta_emotion"})
    done = fresh.snakemake("--", TARGET, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for words in (
        "weights/resnet152/resnet152-394f9c45.pth is missing",
        "https://download.pytorch.org/models/resnet152-394f9c45.pth",
        "set features.frames2d.backbone to mobilenet_v2",
        "https://huggingface.co/j-hartmann/emotion-english-distilroberta-base",
        "set features.text.backbone to minilm",
        "snakemake --cores 1 weights",
    ):
        assert words in said
    assert said.count("are missing:") == 1
    assert "Traceback (most recent call last)" not in said
    assert not (fresh.folder / "results").exists()
    planned = fresh.planned(target="weights")
    assert planned == {"stage_weights": 2, "weights": 1}


def test_a_missing_detector_stops_before_any_job(fresh):
    package = fresh.folder / "src/facenet_pytorch"  # found before the one that is installed
    package.mkdir()
    (package / "__init__.py").touch()
    done = fresh.snakemake("--", TARGET, check=False)
    assert done.returncode != 0
    assert f"{package / 'data/pnet.pt'}, " in done.stdout + done.stderr
    assert not (fresh.folder / "results").exists()


def test_a_file_put_there_by_hand_is_planned_with(fresh):
    write(fresh, frames2d={"backbone": "resnet152"})
    folder = fresh.folder / "weights/resnet152"
    folder.mkdir(parents=True)
    (folder / "resnet152-394f9c45.pth").touch()
    assert fresh.planned(target=TARGET)["demo"] == 1


def test_staging_records_what_is_there_without_a_network(fresh):
    write(fresh, text={"backbone": "text_encoder", "model": "some/model"})
    folder = fresh.folder / "weights/text_encoder--some--model"
    folder.mkdir(parents=True)
    for name in ("model.safetensors", "config.json"):
        (folder / name).write_text(name)
    fresh.snakemake("--", "weights")
    assert len((folder / "SHA256SUMS").read_text().splitlines()) == 2
    assert "some/model" in (fresh.folder / "results/weights/text_encoder--some--model.csv").read_text()


@pytest.mark.parametrize("name", ["paper", "official-code"])
def test_the_overlays_are_planned_once_their_weights_are_there(fresh, name):
    files = {
        "resnet152": "resnet152-394f9c45.pth",
        "r3d101": "resnet3d101_kinetics-8d4c9d63.pth",
        "davenet": "best_audio_model.pth",
        "davenet_official": "best_audio_model.pth",
        "distilbert_sst2": "model.safetensors",
        "distilroberta_emotion": "pytorch_model.bin",
    }
    for folder, file in files.items():
        place = fresh.folder / "weights" / folder
        place.mkdir(parents=True)
        (place / file).touch()
        (place / "SHA256SUMS").write_text(f"{'0' * 64}  {file}\n")
    overlays = [str(ROOT / "config.yaml"), str(ROOT / f"configs/{name}.yaml")]
    done = fresh.snakemake("--dry-run", "--configfile", *overlays, "--", TARGET)
    assert TARGET in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_saying_what_a_backbone_has_seen_rewrites_the_table_alone(project):
    write(project, text={"seen": ["CMU-MOSEI"]})
    assert project.planned() == {"table": 1}
    project.snakemake("--", TARGET)
    rows = [line.split(",") for line in (project.folder / TARGET.replace(".csv", ".full.csv")).read_text().splitlines()]
    header = rows[0]
    flagged = {
        (row[header.index("method")], row[header.index("protocol")]): (
            row[header.index("contaminated")],
            row[header.index("contaminated_streams")],
        )
        for row in rows[1:]
    }
    assert flagged["raw-features-text", "raw"] == flagged["ConCluGen", "linear"] == ("yes", "text")
    assert flagged["raw-features-audio", "raw"] == ("no", "")
    assert flagged["majority", "chance"] == ("", "")
