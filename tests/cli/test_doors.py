"""`init`, `run` and `doctor`: from a folder to a call of Snakemake that plans."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from conclugen.cli.main import main
from conclugen.cli.run import RunError, command

SNAKEMAKE = str(Path(sys.executable).with_name("snakemake"))


@pytest.fixture
def mine(tmp_path):
    """A folder of 30 empty clips and their table."""
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [f"c{i:02d}.mp4,{'ab'[i % 2]},hello,{('train', 'dev', 'test')[i // 10]},s{i // 5}" for i in range(30)]
    (folder / "table.csv").write_text("\n".join(["file,emotion,text,split,actor", *rows]) + "\n")
    for row in rows:
        (folder / row.split(",")[0]).touch()
    return folder


def init(*words):
    main(["init", *map(str, words)])


def test_a_folder_becomes_a_configuration_and_is_told(mine, checkout, tmp_path, capsys):
    init(mine, "--output", tmp_path / "o.yaml")
    said = capsys.readouterr().out
    for line in (
        "30 utterances: train 10, valid 10, test 10", "labels, one of 2: a 15, b 15", "6 speakers", "texts: 30 of 30",
        "missing: 0 of 30", f"conclugen run {tmp_path / 'o.yaml'} results/tables/mine.csv",
    ):  # fmt: skip
        assert line in said
    assert yaml.safe_load((tmp_path / "o.yaml").read_text()) == {
        "datasets": {
            "mine": {
                "adapter": "folder", "root": str(mine), "labels": "table.csv",
                "columns": {"label": "emotion", "speaker": "actor"},
            }
        },
        "pretrain": {"dataset": "mine"},
        "downstream": {"datasets": ["mine"]},
    }  # fmt: skip


def test_media_alone_are_learned_from_and_not_evaluated_on(mine, checkout, tmp_path, capsys):
    (mine / "table.csv").unlink()
    init(mine, "--output", tmp_path / "o.yaml", "--name", "talks")
    assert yaml.safe_load((tmp_path / "o.yaml").read_text())["pretrain"] == {"dataset": "talks", "splits": ["none"]}
    assert "without labels they are evaluated on mosei" in capsys.readouterr().out


def test_networks_of_a_data_set_with_folds_learn_from_them(checkout, tmp_path, capsys):
    for actor in range(1, 7):
        (tmp_path / f"r/Actor_{actor:02d}").mkdir(parents=True)
        for emotion in range(1, 9):
            (tmp_path / f"r/Actor_{actor:02d}/03-01-{emotion:02d}-01-01-01-{actor:02d}.wav").touch()
    init(tmp_path / "r", "--output", tmp_path / "o.yaml", "--name", "acted")
    assert yaml.safe_load((tmp_path / "o.yaml").read_text())["pretrain"] == {"dataset": "acted"}
    assert "48 utterances: fold1 8, fold2 8," in capsys.readouterr().out


def test_features_in_a_table_and_in_files_of_their_own_are_read_back(checkout, tmp_path, capsys):
    table, files = tmp_path / "table", tmp_path / "files"
    table.mkdir()
    files.mkdir()
    fold, mood = (("train", "dev", "test") * 12, ("glad", "sad", "sad", "glad") * 9)
    heads = ["id", "emotion", "fold", *(f"audio_{n}" for n in range(5))]
    rows = [[f"u{i}", mood[i], fold[i], *(str(i * n / 7) for n in range(5))] for i in range(36)]
    (table / "f.csv").write_text("\n".join(",".join(row) for row in [heads, *rows]) + "\n")
    for name, value in {"id": [row[0] for row in rows], "emotion": mood, "fold": fold, "audio": np.eye(36)}.items():
        np.save(files / f"{name}.npy", value)
    for folder, width in ((table, 5), (files, 36)):
        init(folder, "--output", tmp_path / f"{folder.name}.yaml")
        said = capsys.readouterr().out
        assert f"audio ({width})" in said
        assert "36 utterances: train 12, valid 12, test 12" in said
        assert "labels, one of 2: glad 18, sad 18" in said
    assert (tmp_path / "files.arrays.npz").is_file()


def test_folders_may_name_the_classes(checkout, tmp_path, capsys):
    for number in range(24):
        path = tmp_path / "clips" / ("train", "val", "test")[number % 3] / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    init(tmp_path / "clips", "--output", tmp_path / "plain.yaml")
    assert "they lie in folders (a, b): --labels-from-folders" in capsys.readouterr().out
    init(tmp_path / "clips", "--output", tmp_path / "o.yaml", "--labels-from-folders")
    said = capsys.readouterr().out
    assert "24 utterances: train 8, valid 8, test 8" in said
    assert "labels, one of 2: a 12, b 12" in said
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat/a.wav").touch()
    with pytest.raises(SystemExit):
        init(tmp_path / "flat", "--output", tmp_path / "f.yaml", "--labels-from-folders")
    assert "do not lie in two or more folders" in capsys.readouterr().err


def test_arrays_become_a_configuration(checkout, tmp_path, capsys):
    rng = np.random.default_rng(0)
    folds, moods = np.array(["train", "dev", "test"])[np.arange(60) % 3], np.array(["a", "b"])[np.arange(60) // 3 % 2]
    np.savez(tmp_path / "x.npz", ids=np.arange(60), face=rng.normal(size=(60, 4)), emotion=moods, fold=folds)
    init(tmp_path, "--output", tmp_path / "o.yaml", "--name", "arrays")
    assert "labels, one of 2: a 30, b 30" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--table", "none.csv"], "none.csv"),
        (["--column", "label"], "expected ROLE=COLUMN"),
        (["--column", "label=mood"], "no such column"),
        (["--name", "a b"], "string should match pattern"),
        (["--name", "leaks"], "this name is taken"),
        (["--labels", "joy"], "has no column 'joy'"),
    ],
)
def test_what_init_cannot_do_is_one_line(mine, checkout, tmp_path, capsys, words, said):
    with pytest.raises(SystemExit) as ended:
        init(mine, "--output", tmp_path / "o.yaml", *words)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not (tmp_path / "o.yaml").exists()


def test_what_would_stop_the_run_is_told_at_once(mine, checkout, tmp_path, capsys):
    table = mine / "table.csv"
    table.write_text(table.read_text().replace(",test,", ",dev,"))
    with pytest.raises(SystemExit):
        init(mine, "--output", tmp_path / "o.yaml")
    assert "a run would stop at: mine has no labelled utterance in the fold test" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        init(mine, "--output", tmp_path / "o.yaml")
    assert "is there already" in capsys.readouterr().err


def test_files_that_are_not_there_would_stop_the_run(mine, checkout, tmp_path, capsys):
    for path in sorted(mine.glob("*.mp4"))[:20]:
        path.unlink()
    with pytest.raises(SystemExit):
        init(mine, "--output", tmp_path / "o.yaml")
    assert "mine: 20 of 30 files are not below" in capsys.readouterr().err


def test_run_puts_configurations_before_and_targets_behind(checkout, tmp_path):
    for name in ("a.yaml", "b.yml"):
        (tmp_path / name).touch()
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yml")]
    assert command([files[0], "results/tables/x.csv", files[1]], 4, False) == [
        SNAKEMAKE, "--cores", "4", "--configfile", *files, "--", "results/tables/x.csv"
    ]  # fmt: skip
    assert command([], 1, True) == [SNAKEMAKE, "--cores", "1", "--dry-run", "--"]
    with pytest.raises(RunError, match=r"none\.yaml: no such file; conclugen init"):
        command(["none.yaml"], 1, False)
    with pytest.raises(RunError, match="at least 1"):
        command([], 0, False)


def test_run_is_for_the_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="holds no Snakefile"):
        command([], 1, False)


def test_doctor_tells_what_is_there(mine, checkout, tmp_path, capsys):
    init(mine, "--output", tmp_path / "o.yaml")
    main(["doctor", str(tmp_path / "o.yaml")])
    said = capsys.readouterr().out
    for line in ("video: h264", "frames3d: i3d", "data set mine", "30 utterances", "nothing is missing"):
        assert line in said


def test_doctor_tells_what_is_missing_and_ends_with_1(mine, checkout, tmp_path, capsys):
    init(mine, "--output", tmp_path / "o.yaml")
    (tmp_path / "more.yaml").write_text("features: {audio: {backbone: davenet}}\n")
    mine.rename(tmp_path / "elsewhere")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["doctor", str(tmp_path / "o.yaml"), str(tmp_path / "more.yaml")])
    said = capsys.readouterr().out
    assert ended.value.code == 1
    assert "MISSING: weights/davenet" in said
    assert "no such folder; set datasets.mine.root" in said
    assert "2 things are missing" in said


@pytest.mark.slow
def test_what_init_writes_is_planned_by_run(mine, checkout, tmp_path):
    """In a copy of the pipeline, so that nothing of the checkout's own results is looked at."""
    sys.path.insert(0, str(checkout / "tests/workflow"))
    from tiny_project import Project

    (tmp_path / "project").mkdir()
    project = Project.create(tmp_path / "project")
    call = [sys.executable, "-m", "conclugen.cli"]
    done = [
        subprocess.run([*call, *words], cwd=project.folder, env=project.environment(), capture_output=True, text=True)
        for words in (["init", str(mine)], ["run", "mine.yaml", "results/tables/mine.csv", "--cores", "2", "-n"])
    ]
    assert [one.returncode for one in done] == [0, 0], done
    assert f"{SNAKEMAKE} --cores 2 --configfile mine.yaml --dry-run -- results/tables/mine.csv" in done[1].stderr
    assert Project.counts(done[1].stdout + done[1].stderr)["pretrain"] == 35
