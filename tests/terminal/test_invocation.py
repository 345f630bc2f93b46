"""Targets that an option of Snakemake would take for its own."""

import shlex

import pytest

from conclugen.terminal.invocation import mistake


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "changes").touch()


@pytest.mark.parametrize(
    ("written", "taker", "right"),
    [
        ("--cores 8 --configfile mine.yaml {}", "--configfile", "--cores 8 --configfile mine.yaml -- {}"),
        ("--configfile mine.yaml {} --cores 8 -n", "--configfile", "--configfile mine.yaml --cores 8 -n -- {}"),
        ("--configfiles mine.yaml {}", "--configfiles", "--configfiles mine.yaml -- {}"),
        ("-n --config device=cpu {}", "--config", "-n --config device=cpu -- {}"),
        ("-C device=cpu {} --cores 2", "-C", "-C device=cpu --cores 2 -- {}"),
        ("--set-threads faces=1 {} -- more", "--set-threads", "--set-threads faces=1 -- {} more"),
        ("--configfile {}", "--configfile", "--configfile -- {}"),
    ],
)
@pytest.mark.parametrize("target", ["results/tables/mine.csv", "weights"])
def test_a_target_that_an_option_takes_is_told_with_the_right_command(written, taker, right, target):
    said = mistake(shlex.split(written.format(target)))
    command = "snakemake " + right.format(target)
    assert said == f"{taker} would take {target} for one of its values; a target goes behind --: {command}"


def test_a_file_of_changes_that_is_not_there_is_named():
    assert (
        mistake(["--configfile", "mien.yaml", "--", "x"])
        == "mien.yaml: there is no such file of changes to config.yaml"
    )


@pytest.mark.parametrize(
    "written",
    [
        "--cores 8 --configfile mine.yaml -- results/tables/mine.csv",
        "results/tables/mine.csv --configfile mine.yaml changes",
        "--configfile=mine.yaml results/tables/mine.csv",
        "--configfile mine.yaml --cores 8 results/tables/mine.csv",
        "--config device=cpu a.b=c --cores 1 -- weights",
        "-R faces --cores 2 -- all",
        "",
    ],
)
def test_right_calls_are_let_pass(written):
    assert mistake(shlex.split(written)) == ""
