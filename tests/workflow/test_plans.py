"""Every target is planned; the configuration is checked before any rule."""

import re
import shutil

import pytest
import yaml
from tiny_project import ROOT, TINY, Project

from conclugen.downstream.protocols import FUSIONS, ORDERED
from conclugen.features.catalogue import FACE68
from conclugen.pretrain.presets import VARIANTS
from conclugen.pretrain.rivals import RIVALS


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return Project.create(tmp_path_factory.mktemp("fresh"))


def test_every_table_of_the_shipped_configuration_is_planned(fresh):
    done = fresh.snakemake("--dry-run", "--configfile", str(ROOT / "config.yaml"))
    for dataset in ("mosei", "meld", "caer"):
        assert f"results/tables/{dataset}.csv" in done.stdout


def test_controls_are_planned_where_the_configuration_has_worlds(fresh):
    target = "results/figures/control.png"
    control = ("--configfile", str(ROOT / "config.yaml"), str(ROOT / "configs/control.yaml"))
    done = fresh.snakemake("--dry-run", *control, "--", target)
    assert "--manifest results/manifests/shared.parquet" in done.stdout
    assert "conclugen.data.worlds" in done.stdout
    done = fresh.snakemake("--dry-run", "--", target, check=False)
    assert "results/tables/control.csv needs worlds and the raw row oracle" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("pretrain={epoch: 3}", "pretrain.epoch: unknown key; did you mean 'epochs'"),
        ("device=gpu", "device: "),
        ("featurs={}", "featurs: unknown key; did you mean 'features'"),
    ],
)
def test_a_mistake_in_the_configuration_stops_before_the_rules(fresh, given, message):
    done = fresh.snakemake("--dry-run", "--config", given, check=False)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Job stats" not in done.stdout


def test_what_all_stages_share_is_no_target(fresh):
    assert re.search(r"^weights$", (listed := fresh.snakemake("--list-target-rules").stdout), re.MULTILINE)
    assert not re.search(r"^stage$", listed, re.MULTILINE)
    done = fresh.snakemake("--dry-run", "--", "stage", check=False)
    assert done.returncode != 0
    assert "stage: no rule makes this" in done.stdout + done.stderr


def test_a_data_set_that_is_not_configured_is_no_target(fresh):
    done = fresh.snakemake("--dry-run", "--", "results/tables/moseii.csv", check=False)
    assert done.returncode != 0
    meant = "results/tables/moseii.csv: no rule makes this; did you mean results/tables/mosei.csv? data sets: "
    assert meant + "voxceleb2, mosei, meld, caer" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A corpus and a labelled set whose shards are planned; its files hold nothing, for no job reads them here."""
    project = Project.create(tmp_path_factory.mktemp("folders"))
    for name in ("talks", "mine"):
        root = project.folder / name
        root.mkdir()
        for clip in range(3):
            (root / f"{clip}.mp4").touch()
    rows = "".join(f"{n}.mp4,{('calm', 'glad')[n % 2]},{s}\n" for n, s in enumerate(("train", "valid", "test")))
    (project.folder / "mine/labels.csv").write_text("file,label,split\n" + rows)
    write_methods(project, ["ConCluGen"])
    project.snakemake("--", "results/plans/talks.csv", "results/plans/mine.csv")
    return project


def write_methods(project, methods, **downstream):
    config = TINY | {
        "datasets": {
            "talks": {"adapter": "folder", "root": "talks", "has": ["video", "audio", "text"]},
            "mine": {"adapter": "folder", "root": "mine", "table": "labels.csv", "has": ["video", "audio", "text"]},
        },
        "pretrain": TINY["pretrain"] | {"methods": methods, "dataset": "talks"},
        "downstream": TINY["downstream"] | {"datasets": ["mine"], "every_class": False} | downstream,
    }
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(config))


def test_instance_cont_is_pretrained_on_views_of_the_corpus_and_evaluated_on_clips(folders):
    target = "results/tables/mine.csv"
    write_methods(folders, ["ConCluGen"])
    assert "views" not in folders.planned(target=target)
    write_methods(folders, ["ConCluGen", "Instance-Cont"])
    commands = folders.snakemake("--dry-run", "--", target).stdout.splitlines()

    def jobs(module, *words):
        return [line for line in commands if f"-m conclugen.{module} " in line and all(word in line for word in words)]

    [views] = jobs("features.frames3d_views")
    assert "--faces results/faces/talks/0000.h5" in views
    [pretraining] = jobs("pretrain.run", '"method": "Instance-Cont"')
    assert "--features results/features/talks/frames3d_views/0000.h5 --splits" in pretraining
    [evaluation] = jobs("downstream.linear", "/Instance-Cont/")
    assert "--features results/features/mine/frames3d/0000.h5 --manifest" in evaluation
    [corpus], [labelled] = jobs("evaluation.qc", "/talks.csv"), jobs("evaluation.qc", "/mine.csv")
    assert "results/features/talks/frames3d_views/0000.ledger.csv" in corpus
    assert "frames3d_views" not in labelled


def test_faces_that_are_not_kept_are_cut_from_the_media_again(folders):
    write_methods(folders, ["ConCluGen", "Instance-Cont"])
    config = yaml.safe_load((folders.folder / "tiny.yaml").read_text())
    config["datasets"]["talks"]["faces"] = {"keep": False}
    config["features"] |= {"views": {"streams": ["frames2d", "frames3d"]}}
    (folders.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    commands = folders.snakemake("--dry-run", "--", "results/tables/mine.csv").stdout.splitlines()
    for module in ("frames2d", "frames3d", "frames2d_views", "frames3d_views"):
        [job] = [c for c in commands if f"features.{module} " in c and "faces/talks" in c]
        assert "--media-list results/plans/talks/0000.media.csv --root talks --settings" in job
    [job] = [c for c in commands if "features.frames2d " in c and "faces/mine" in c]
    assert "--media-list" not in job
    [pretraining] = [c for c in commands if "pretrain.run " in c and '"method": "Instance-Cont"' in c]
    assert "results/features/talks/frames2d_views/0000.h5" in pretraining
    assert "results/features/talks/frames3d_views/0000.h5" in pretraining


@pytest.mark.parametrize("kept", [True, False])
def test_a_landmark_network_is_given_the_crops_or_what_they_are_cut_from(folders, kept):
    write_methods(folders, ["ConCluGen"])
    config = yaml.safe_load((folders.folder / "tiny.yaml").read_text())
    config["modalities"] = {"video": ["frames2d"], "audio": ["audio"], "text": ["text"], "keypoints": ["keypoints"]}
    config["features"] = {"keypoints": {"backbone": "face68"}}
    config["faces"] = {"keep": kept}
    (folders.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    weights = folders.folder / "weights/face68"
    weights.mkdir(parents=True)
    (weights / FACE68.file).touch()
    if kept:
        done = folders.snakemake("--dry-run", "--", "results/tables/mine.csv", check=False)
        assert f"weights/face68/{FACE68.beside[0]} is missing" in done.stdout + done.stderr
        assert "set features.keypoints.backbone to mtcnn" in done.stdout + done.stderr
    (weights / FACE68.beside[0]).touch()
    commands = folders.snakemake("--dry-run", "--", "results/tables/mine.csv").stdout.splitlines()
    [job] = [c for c in commands if "features.keypoints " in c and "faces/talks" in c]
    assert f'"path": "weights/face68/{FACE68.file}"' in job
    assert ("--media-list results/plans/talks/0000.media.csv" in job) is not kept
    shutil.rmtree(weights)


def test_a_class_that_a_fold_lacks_stops_before_anything_is_extracted(folders):
    write_methods(folders, ["ConCluGen"], every_class=True)
    done = folders.snakemake("--dry-run", "--", "results/tables/mine.csv", check=False)
    assert done.returncode != 0
    assert (
        "mine has no utterance of the class 'glad' in train and test (train 0, valid 1, test 0)"
        in done.stdout + done.stderr
    )


def test_before_the_plan_no_command_is_made_of_letters(fresh):
    assert "=r =e =s" not in fresh.snakemake("--dry-run", "--", "results/tables/mosei.csv").stdout


def test_keypoints_are_one_more_modality_of_every_step(folders):
    write_methods(folders, ["ConCluGen"])
    config = yaml.safe_load((folders.folder / "tiny.yaml").read_text())
    config["modalities"] = {"video": ["frames2d"], "audio": ["audio"], "text": ["text"], "keypoints": ["keypoints"]}
    (folders.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    commands = folders.snakemake("--dry-run", "--", "results/tables/mine.csv").stdout.splitlines()
    [job] = [c for c in commands if "features.keypoints " in c and "faces/talks" in c]
    assert "--faces results/faces/talks/0000.h5 --faces-ledger" in job
    for module, word in (
        ("pretrain.run", "talks"),
        ("downstream.linear", "mine"),
        ("downstream.raw", "features-keypoi"),
    ):
        assert any(f"conclugen.{module} " in c and word in c and "/keypoints/0000.h5" in c for c in commands), module
    assert any("evaluation.qc " in c and "mine/keypoints/0000.ledger.csv" in c for c in commands)


def test_transcripts_are_made_where_speech_is_recognised_and_read_by_text_and_its_checks(folders):
    write_methods(folders, ["ConCluGen"])
    assert "transcripts" not in folders.planned(target="results/qc/leaks.csv")
    config = yaml.safe_load((folders.folder / "tiny.yaml").read_text())
    config["datasets"]["mine"]["asr"] = {"language": "en"}
    (folders.folder / "tiny.yaml").write_text(yaml.safe_dump(config))
    commands = folders.snakemake("--dry-run", "--", "results/tables/mine.csv", "results/qc/leaks.csv").stdout
    made, ledger = "results/transcripts/mine/0000.csv", "results/transcripts/mine/0000.ledger.csv"
    lists = "--media-list results/plans/mine/0000.media.csv --text-list results/plans/mine/0000.text.csv"
    assert f"conclugen.features.transcripts {lists} --root mine --version" in commands
    assert f"--text-list {made} --transcripts-ledger {ledger}" in commands
    assert "--text-list results/plans/talks/0000.text.csv --settings" in commands
    assert f"--transcripts {made} --settings" in commands
    [accounted] = [line for line in commands.splitlines() if "evaluation.qc " in line and "/mine.csv" in line]
    assert ledger in accounted


def test_table_2_asks_for_its_protocols_whatever_the_tables_have(folders):
    write_methods(folders, ["ConCluGen"])
    planned = folders.planned(target="results/tables/baselines.csv")
    assert (planned["downstream"], planned["pretrain"], planned["baselines"]) == (3, 1, 1)
    assert "table" not in planned


def test_rivals_are_pretrained_and_judged_whichever_methods_the_tables_have(folders):
    write_methods(folders, ["ConCluGen"])
    planned = folders.planned(target="results/tables/rivals.csv")
    rivals, fusions, controls = len(RIVALS), len(FUSIONS) - len(ORDERED), planned["control_network"]
    assert planned["pretrain"] == 1 + rivals
    assert planned["downstream"] == 1 + 1 + rivals + controls + 1 + 1 + fusions
    assert (planned["rivals"], "table" in planned) == (1, False)


def test_rows_that_lack_an_order_are_told_once_and_where_they_are_asked_for_alone(folders):
    write_methods(folders, ["ConCluGen"])
    for target, times in (("results/tables/rivals.csv", 1), ("results/tables/baselines.csv", 0)):
        done = folders.snakemake("--dry-run", "--", target)
        told = (done.stdout + done.stderr).count("has no CIA and no Multilogue-Net for mine")
        assert told == times


def test_label_fractions_are_asked_for_where_the_configuration_names_them(folders):
    target = "results/tables/label_efficiency.csv"
    write_methods(folders, ["ConCluGen"])
    done = folders.snakemake("--dry-run", "--", target, check=False)
    assert done.returncode != 0
    assert "needs downstream.label_fractions below 1" in done.stdout + done.stderr
    write_methods(folders, ["ConCluGen"], label_fractions=[0.01, 0.5, 1.0])
    planned = folders.planned(target=target)
    assert planned["label_efficiency"] == 1
    assert planned["downstream"] == 21  # raw features of all modalities and of each, shuffled, two linear; by share
    fraction = "results/downstream/mine/talks/paper/ConCluGen/linear/fraction-0.01/seed1.parquet"
    assert folders.planned(target=fraction)["downstream"] == 1


def test_presets_and_switches_are_trained_when_their_tables_are_asked_for(folders):
    write_methods(folders, ["ConCluGen", "Generative"])
    planned = folders.planned(target="results/tables/presets.csv")
    # Two methods and untrained networks with three presets, one seed; raw features once.
    made = ("pretrain", "control_network", "downstream")
    assert [planned[name] for name in ("presets", *made)] == [1, 6, 3, 10]
    assert (planned["score"], planned["chance"]) == (20, 2)  # on validation, on which one chooses, and on test
    planned = folders.planned(target="results/tables/ablation.csv")
    count = 1 + len(VARIANTS)
    assert [planned[name] for name in ("ablation", *made)] == [1, count, count, 2 * count]
    commands = folders.snakemake("--dry-run", "--", "results/tables/ablation.csv").stdout
    assert "evaluation.score" in commands
    assert "--split test" not in commands  # no test label is read


def test_controls_are_made_where_the_configuration_names_them(folders):
    write_methods(folders, ["ConCluGen"], controls=["untrained", "PCA", "GCCA"], protocols=["linear", "linear_input"])
    commands = folders.snakemake("--dry-run", "--", "results/tables/mine.csv").stdout
    made = [line for line in commands.splitlines() if "-m conclugen.pretrain.controls" in line]
    assert sorted(line.split("/talks/improved/")[1].split("/")[0] for line in made) == ["GCCA", "PCA", "untrained"]
    for protocol in ("linear", "linear_input"):
        judged = "--models results/pretrain/talks/improved/GCCA/seed0/model.safetensors --features"
        assert any(f"downstream.{protocol} " in line and judged in line for line in commands.splitlines())
    write_methods(folders, ["ConCluGen"], controls=[])
    assert "control_network" not in folders.planned(target="results/tables/mine.csv")
    done = folders.snakemake("--dry-run", "--", "results/pretrain/talks/improved/GCCA/seed0/history.csv", check=False)
    assert done.returncode != 0  # nothing is pretrained for it


def test_figures_are_drawn_from_the_table_and_its_scores(folders):
    write_methods(folders, ["ConCluGen"])
    planned = folders.planned(target="results/figures/mine/ConCluGen-linear.png")
    assert [planned[name] for name in ("figures", "table", "score", "chance", "downstream")] == [1, 1, 7, 1, 7]


def test_leaks_need_features_and_the_corpus_but_no_training(folders):
    write_methods(folders, ["ConCluGen"])
    commands = folders.snakemake("--dry-run", "--", "results/qc/leaks.csv").stdout
    assert "--manifest results/manifests/mine.parquet --corpus results/manifests/talks.parquet" in commands
    assert "--features results/features/mine/" in commands
    assert "conclugen.evaluation.join --tables results/qc/mine.leaks.csv" in commands
    assert "conclugen.pretrain" not in commands


def test_table_1_has_the_rows_of_a_mosei_where_there_is_one(fresh, folders):
    target = "results/tables/benchmark.csv"
    write_methods(folders, ["ConCluGen"])
    assert folders.planned(target=target) == {"published": 1}
    commands = fresh.snakemake("--dry-run", "--", target).stdout
    assert "conclugen.evaluation.benchmark --table results/tables/mosei.full.csv" in commands


def test_sentiment_goes_through_the_same_rules(fresh):
    done = fresh.snakemake("--dry-run", "--configfile", str(ROOT / "config.yaml"), "--", "results/tables/benchmark.csv")
    [published] = [line for line in done.stdout.splitlines() if "-m conclugen.evaluation.benchmark" in line]
    assert "--table results/tables/mosei.full.csv --sentiment results/tables/mosei-sentiment.full.csv" in published
    lines = [line for line in done.stdout.splitlines() if "-m conclugen.downstream.linear" in line]
    folders = {word.split("/")[2] for line in lines for word in line.split() if word.startswith("results/downstream/")}
    assert folders == {"mosei", "mosei-sentiment"}
    assert all(('"target": "sentiment"' in line) == ("/mosei-sentiment/" in line) for line in lines)


def test_a_set_without_sentiment_has_no_table_of_it(folders):
    write_methods(folders, ["ConCluGen"])
    done = folders.snakemake("--dry-run", "--", "results/tables/mine-sentiment.csv", check=False)
    assert done.returncode != 0
    assert "the labels of mine have no sentiment" in done.stdout + done.stderr


def test_robustness_needs_the_rows_that_see_several_modalities(folders):
    write_methods(folders, ["ConCluGen", "ConCluGen-vision"], protocols=["raw", "linear", "linear_input"])
    planned = folders.planned(target="results/tables/robustness.csv")
    assert {name: planned[name] for name in ("downstream", "robustness", "all_robustness")} == {
        "downstream": 5,
        "robustness": 1,
        "all_robustness": 1,
    }
    assert folders.planned(target="results/tables/mine.classes.csv")["classes"] == 1


def test_a_report_is_all_of_it(folders):
    write_methods(folders, ["ConCluGen"])
    planned = folders.planned(target="report")
    names = ("table", "figures", "robustness_figure", "published", "leaks", "all_leaks")
    assert {name: planned[name] for name in names} == {
        "table": 1,
        "figures": 1,
        "robustness_figure": 1,
        "published": 1,
        "leaks": 1,
        "all_leaks": 1,
    }
