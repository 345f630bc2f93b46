"""The command: its help, its errors, and what it costs those who do not use it."""

import subprocess
import sys

import pytest

from conclugen.cli import export as subcommand
from conclugen.cli.main import COMMANDS, main
from conclugen.store.fingerprint import fingerprint


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_explains_its_flags(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: conclugen {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["fly"], ["export"], ["run", "--cores", "many"]])
def test_a_call_that_cannot_be_understood_ends_with_2(words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_what_stops_a_command_is_one_line_and_exit_code_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(tmp_path / "none.mp4"), "--model", str(tmp_path)])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("conclugen predict: ")
    assert said.count("\n") == 1


def test_a_fault_of_our_own_keeps_its_trace(monkeypatch, tmp_path):
    def fail(options):
        raise TypeError("a fault")

    monkeypatch.setattr(subcommand, "run", fail)
    with pytest.raises(TypeError, match="a fault"):
        main(["export", str(tmp_path), "--output", str(tmp_path)])


def test_what_a_stage_refuses_is_one_line_that_names_its_trace(monkeypatch, tmp_path, capsys):
    def fail(options):
        raise ValueError("seed 3: outputs are not finite;\nthe learning rates are too high")

    monkeypatch.setattr(subcommand, "run", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["export", str(tmp_path), "--output", str(tmp_path)])
    [log] = tmp_path.glob("conclugen-export-*.log")
    line = f"seed 3: outputs are not finite; the learning rates are too high (in full: {log})\n"
    assert (ended.value.code, capsys.readouterr().err) == (2, f"conclugen export: {line}")
    assert "Traceback" in log.read_text("utf-8")
    assert "in fail" in log.read_text("utf-8")


def test_the_package_is_as_light_as_before():
    heavy = "import sys, conclugen; print([name for name in ('torch', 'pandas', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("stage", ["faces.run", "features.audio", "pretrain.run", "downstream.linear", "data.folder"])
def test_no_stage_depends_on_what_uses_models(stage):
    ours = ("conclugen/applied", "conclugen/cli", "conclugen/survey")
    assert not [file for file in fingerprint(f"conclugen.{stage}") if file.startswith(ours)]
