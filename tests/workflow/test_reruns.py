"""Each kind of edit plans the jobs that must run again, and none else."""

import os
import shutil

import h5py
import pyarrow as pa
import pytest
import yaml
from tiny_project import TINY

from conclugen.store.tables import read_table, write_table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Rows beside chance: raw features of all modalities and of each of three, two methods, one shuffled, one untrained.
ALL = {"downstream": 8, "score": 8, "table": 1}
# All but the raw features of video and of audio.
WITH_TEXT = {"control_network": 1, "downstream": 6, "score": 6, "table": 1}
WITH_VIDEO = WITH_TEXT
FACES = {"faces": 1, "frames2d": 1, "frames3d": 1, "keypoints": 1}
MEASURED = {"score": 8, "chance": 1, "table": 1}
PRETRAINED = {"downstream": 3, "score": 3, "table": 1}
ONE_METHOD = {"downstream": 2, "score": 2, "table": 1}  # ConCluGen: its linear row and its shuffled control


def test_a_second_run_has_nothing_to_do(ran):
    assert ran.planned() == {}


def test_comments_docstrings_formatting_and_touches_rerun_nothing(project):
    project.edit("src/conclugen/losses/mms.py", '"""', '"""Said otherwise. ')
    project.edit("src/conclugen/evaluation/metrics.py", "\ndef ", "\n\n\n\ndef ")
    project.edit("src/conclugen/store/shards.py", "import hashlib", "# for checksums\nimport hashlib")
    for touched in (
        "results/manifests/mosei.parquet",
        "results/features/mosei/text/0000.h5",
        "src/conclugen/losses/mms.py",
    ):
        os.utime(project.folder / touched)
    assert project.planned() == {}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("losses/reconstruction.py", {"pretrain": 2, **PRETRAINED}),  # both methods use it
        ("losses/clustering.py", {"pretrain": 1, **ONE_METHOD}),  # ConCluGen alone: the own recipe has no clusters
        ("pretrain/kmeans.py", {"pretrain": 1, **ONE_METHOD}),
        ("losses/infonce.py", {}),
        *((f"{stage}/settings.py", {}) for stage in ("pretrain", "faces", "features", "downstream", "evaluation")),
        ("data/published.py", {}),  # keys, too: a job is told the values of its own
        ("store/lease.py", {}),  # which GPU a job takes
        ("features/augment.py", {}),  # no method of this run compares views
        ("downstream/shuffled.py", {"downstream": 1, "score": 1, "table": 1}),
        ("evaluation/metrics.py", MEASURED),
        ("evaluation/ranks.py", MEASURED),
        ("evaluation/paper.py", {"table": 1}),
        ("evaluation/report/words.py", {}),
        ("evaluation/qc.py", {"qc": 1, "table": 1}),
        ("features/backbones/soundnet.py", {}),
        ("features/backbones/minilm.py", {"text": 1, "qc": 1, "pretrain": 2, **WITH_TEXT}),
        ("features/pixels.py", {"frames2d": 1, "frames3d": 1, "qc": 1, "pretrain": 2, **WITH_VIDEO}),
        ("data/caer.py", {}),
        ("config/stage_two.py", {}),
    ],
)
def test_an_edit_of_code_reruns_what_depends_on_it(project, file, expected):
    path = project.folder / "src/conclugen" / file
    path.write_text(path.read_text() + "\n\nEDITED = 1\n")
    assert project.planned() == expected


def test_a_loss_that_is_added_reruns_nothing(project):
    (project.folder / "src/conclugen/losses/whitening.py").write_text('"""Whitened agreement."""\n')
    entry = 'LOSSES = {\n    "whitening": Loss(("projection",), ("whitening_weight",)),'
    project.edit("src/conclugen/pretrain/methods.py", "LOSSES = {", entry)
    project.edit(
        "src/conclugen/pretrain/presets.py", '"margin": 0.001,', '"margin": 0.001,\n        "whitening_weight": 25.0,'
    )
    field = "    margin: float | None = None\n    whitening_weight: float | None = None"
    project.edit("src/conclugen/pretrain/settings.py", "    margin: float | None = None", field)
    assert project.planned() == {}


def test_another_default_reruns_what_it_changes(project):
    project.edit("src/conclugen/faces/settings.py", "margin: Share = 0.3", "margin: Share = 0.25")
    assert project.planned() == FACES | {"qc": 1, "pretrain": 2, **WITH_VIDEO}


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("tables", "resamples", 60, MEASURED),
        # Its labels are shuffled, and networks are drawn as its are.
        ("tables", "reference", "Own", {"control_network": 1, "downstream": 2, "score": 2, "table": 1}),
        ("downstream", "standardise", False, ALL),
        ("pretrain", "epochs", 9, {"pretrain": 2, **PRETRAINED}),
        ("faces", "margin", 0.25, FACES | {"qc": 1, "pretrain": 2, **WITH_VIDEO}),
        ("qc", "max_lost", 0.7, {"qc": 1, "table": 1}),
        ("features", "text", {"dtype": "float16"}, {"text": 1, "qc": 1, "pretrain": 2, **WITH_TEXT}),
    ],
)
def test_a_value_of_the_configuration_reruns_its_stage_and_what_follows(project, section, key, value, expected):
    config = {name: dict(values) for name, values in TINY.items()}
    config[section][key] = value
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    assert project.planned() == expected


def test_how_fast_and_how_long_a_stage_works_reruns_nothing(project):
    features = {
        "frames2d": {"size": 64, "batch_frames": 32},
        "frames3d": {"size": 64, "batch_frames": 32},
        "keypoints": {"batch_frames": 32},
        "audio": {"batch_seconds": 60.0, "timeout_s": 600.0},
        "text": {"batch_texts": 32},
    }
    config = TINY | {"features": features, "faces": TINY["faces"] | {"timeout_s": 600.0}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    assert project.planned() == {}
    remove = project.folder / "results/features/mosei/audio/0000.h5"
    remove.unlink()
    done = project.snakemake("--dry-run", "--", str(remove.relative_to(project.folder)))
    assert '"timeout_s": 600.0' in done.stdout + done.stderr  # and yet the job is told


def test_shares_of_labels_that_were_never_made_hide_no_change(project):
    """Snakemake looks at no param of a job that lacks the record of one of its outputs, whoever asks for that one."""
    heads = TINY["downstream"]["heads"] | {"learning_rates": [0.02]}
    for shares in ([1.0], [0.5, 1.0]):
        config = TINY | {"downstream": TINY["downstream"] | {"label_fractions": shares, "heads": heads}}
        (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
        assert project.planned() == ALL
    assert "setting learning_rates: [0.01] → [0.02]" in project.why("results/tables/mosei.csv")


def test_another_method_pretrains_that_one_alone(project):
    config = TINY | {"pretrain": TINY["pretrain"] | {"methods": ["ConCluGen", "Own", "ConGen"]}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    assert project.planned() == {"pretrain": 1, "downstream": 1, "score": 1, "table": 1}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"losses": ["mms", "reconstruction"]}, {"pretrain": 1, "downstream": 1, "score": 1, "table": 1}),
        ({"evaluate": ["face"]}, {"downstream": 1, "score": 1, "table": 1}),
    ],
)
def test_a_changed_recipe_reruns_its_method_alone(project, changes, expected):
    recipes = {"Own": TINY["pretrain"]["recipes"]["Own"] | changes}
    config = TINY | {"pretrain": TINY["pretrain"] | {"recipes": recipes}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    assert project.planned() == expected


def test_another_data_set_and_what_is_not_asked_for_leave_the_table_alone(project):
    more = {"other": {"adapter": "folder", "root": "elsewhere"}}
    views, neighbours = {"views": {"copies": 4}}, {"knn": {"neighbours": [3]}, "networks": TINY["downstream"]["heads"]}
    config = TINY | {"datasets": more, "features": TINY["features"] | views, "device": "cpu"}
    config |= {"downstream": TINY["downstream"] | neighbours | {"mem_mb": 900}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    assert project.planned() == {}


def test_another_root_reruns_all_of_that_data_set(project):
    shutil.copytree(project.folder / "results/demo/mosei", project.folder / "corpus")
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(TINY | {"datasets": {"mosei": {"root": "corpus"}}}))
    assert project.planned()["manifest"] == 1
    text = project.why("results/tables/mosei.csv")
    assert 'setting: "results/demo/mosei" → "corpus"' in text


def test_why_names_the_change_the_jobs_and_what_follows(project):
    path = project.folder / "src/conclugen/losses/clustering.py"
    path.write_text(path.read_text() + "\n\nEDITED = 1\n")
    config = TINY | {"tables": TINY["tables"] | {"resamples": 60}}
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    (project.folder / "results/downstream/mosei/mosei/improved/raw-features/raw/seed1.parquet").unlink()
    lines = project.why("results/tables/mosei.csv").splitlines()
    again = "so this runs again: pretrain (1 job; method ConCluGen); "
    again += "and what follows: downstream (2), score (2), table (1)."
    assert f"- conclugen/losses/clustering.py changed, {again}" in lines
    measured = "- setting resamples: 50 → 60, so this runs again: chance (1 job), score (8 jobs; "
    assert any(line.startswith(measured) for line in lines)
    assert any(line.startswith("- its output is gone, so this runs again: downstream (1 job") for line in lines)
    assert "14 jobs in all: " in lines[-1]


def test_a_label_fix_pretrains_nothing_and_extracts_nothing(project):
    shutil.copytree(project.folder / "results/demo/mosei", project.folder / "corpus")
    config = TINY | {
        "datasets": {"mosei": {"root": "corpus"}},
        "downstream": TINY["downstream"] | {"every_class": False},
    }
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    # The files are the same: nothing need be made of them.
    project.snakemake("--touch", "--", "results/tables/mosei.csv")
    assert project.planned() == {}
    with h5py.File(project.folder / "corpus/CMU_MOSEI_Labels.csd", "r+") as file:
        video = next(iter(file["All Labels/data"].values()))
        video["features"][0, 1] = 3 - video["features"][0, 1]
    project.snakemake("--", "results/plans/mosei.csv")
    assert project.planned() == {"qc": 1, "chance": 1, **ALL}


def test_one_changed_prediction_is_measured_again_alone(project):
    """With the same network, so that no other job has a reason."""
    table = project.read("results/tables/mosei.csv")
    folder = "results/downstream/mosei/mosei/improved/raw-features/raw"
    for seed in (0, 1):
        path = project.folder / folder / f"seed{seed}.parquet"
        arrow, about = read_table(path)
        first = arrow.column_names.index("score_happy")
        values = pa.array(1 - arrow.column(first).to_numpy())
        write_table(path, arrow.set_column(first, "score_happy", values), about)
    assert project.planned() == {"score": 1, "table": 1}
    project.snakemake("--", "results/tables/mosei.csv")
    assert project.read("results/tables/mosei.csv") != table
    assert project.planned() == {}


def test_quality_control_that_is_outdated_hides_no_missing_result(project):
    path = project.folder / "src/conclugen/evaluation/qc.py"
    path.write_text(path.read_text() + "\n\nEDITED = 1\n")
    shutil.rmtree(project.folder / "results/downstream")
    shutil.rmtree(project.folder / "results/scores")
    (project.folder / "results/tables/mosei.csv").unlink()
    assert project.planned() == {"qc": 1, "chance": 1, **ALL}


def test_a_lost_result_is_made_again_and_equals_the_old_one(project):
    before = project.read("results/tables/mosei.csv")
    shutil.rmtree(project.folder / "results/pretrain")
    (project.folder / "results/tables/mosei.csv").unlink()
    project.snakemake("--", "results/tables/mosei.csv")
    assert project.read("results/tables/mosei.csv") == before
