"""Every command and every piece of configuration in README and docs, as they are printed."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config
from tiny_project import ROOT, Project

from conclugen.cli.main import parser as of_command
from conclugen.config import Config, check
from conclugen.config.datasets import Features, Folder
from conclugen.config.stage_one import Stream
from conclugen.config.stage_two import Downstream

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "configs").glob("*.yaml"))]
SNAKEMAKE = ("snakemake", ".venv/bin/snakemake", ".venv-slurm/bin/snakemake")
CONCLUGEN = ".venv/bin/conclugen"
PROGRAMS = (*SNAKEMAKE, CONCLUGEN, "make", "git", "tmux")
NO_EXECUTOR = ["--workflow-profile", "profiles/slurm"]  # of the other environment; tests/workflow/test_slurm.py has it


def commands() -> list[list[str]]:
    """Commands on lines of their own (in configurations, in comments) and within sentences, once each, as words."""
    found = []
    for page in PAGES:
        text = page.read_text()
        lines = re.findall(r"^(?:#  | {4}) *(\S.*)$", text, re.MULTILINE)
        found += [line for line in lines if line.split()[0] in PROGRAMS]
        found += re.findall(r"`((?:snakemake|make) [^`…]+)`", " ".join(text.split()))
    words = [shlex.split(line, comments=True) for line in found]
    return list(dict.fromkeys(tuple(w) for w in words))


def blocks() -> list[tuple[str, dict]]:
    """YAML blocks by page."""
    pattern = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
    return [(page.name, yaml.safe_load(text)) for page in PAGES for text in pattern.findall(page.read_text())]


def spans() -> list[tuple[str, dict]]:
    """Pieces of configuration within sentences, without those that leave something out."""
    found = []
    for page in PAGES:
        for text in re.findall(r"`([a-z_]+: [\[{][^`…]*)`", page.read_text()):
            found.append((page.name, yaml.safe_load(text)))
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A fresh copy with README's `mine.yaml` and data as it describes them; no file holds a picture or sound."""
    made = Project.create(tmp_path_factory.mktemp("printed"))
    for part in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / part, made.folder)
    for part in ("configs", "requirements", "tests/real"):
        shutil.copytree(ROOT / part, made.folder / part)
    mine = next(text for _, text in blocks() if "mine" in text.get("datasets", {}))
    root = made.folder / "data"
    root.mkdir()
    mine["datasets"]["mine"]["root"] = str(root)
    (made.folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    rows = [f"c{i:02d}.mp4,{'ab'[i % 2]},hello,{('train', 'valid', 'test')[i // 4]}" for i in range(12)]
    (root / mine["datasets"]["mine"]["labels"]).write_text("\n".join(["file,label,text,split", *rows]) + "\n")
    for row in rows:
        (root / row.split(",")[0]).touch()
    return made


def made_of(words: list[str], project: Project) -> list[list[str]]:
    """The calls of Snakemake that a call of make consists of."""
    words = [word.replace("DATASET=name", "DATASET=mosei") for word in words]
    done = subprocess.run(["make", "-n", *words[1:]], cwd=project.folder, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    assert done.stdout.strip()
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.split()[0] in SNAKEMAKE]


def test_every_command_is_taken_with_its_targets_and_its_configuration(project):
    """Each is called as it stands, but to list rules instead of running jobs: its flags are read, its configuration is
    checked, its targets are looked for among the rules."""
    asked = [list(words) for words in commands()]
    assert {words[0] for words in asked} == set(PROGRAMS)
    calls = [words for words in asked if words[0] in SNAKEMAKE]
    calls += [call for words in asked if words[0] == "make" for call in made_of(words, project)]
    given = dict.fromkeys(tuple(word for word in words[1:] if word not in NO_EXECUTOR) for words in calls)
    assert len(given) > 12
    done = {" ".join(words): project.warm("--list-target-rules", *words) for words in given}
    assert {words: out + err for words, (code, out, err) in done.items() if code} == {}


@pytest.mark.parametrize("words", [words for words in commands() if words[0] == CONCLUGEN], ids=" ".join)
def test_every_call_of_our_own_command_is_taken(words):
    """Its flags are read; `tests/cli` runs them."""
    parser, _ = of_command(words[1])
    assert parser.parse_args(words[1:]).command == words[1]


def test_the_table_of_your_own_data_is_planned_as_printed(project):
    code, out, err = project.warm("-n", *["--cores", "8", "--configfile", "mine.yaml", "--", "results/tables/mine.csv"])
    assert code == 0, out + err
    assert Project.counts(out + err)["pretrain"] == 35


def over(*given: dict) -> Config:
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    for one in given:
        update_config(values, one)
    return check(values)


@pytest.mark.parametrize(("page", "block"), blocks())
def test_every_block_is_a_configuration_or_a_profile(page, block, project):
    if "executor" not in block:
        assert over(block)
        return
    folder = project.folder / "profiles/printed"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(block))
    words = "--workflow-profile profiles/printed --jobs 1 --list-target-rules -- results/tables/mosei.csv"
    code, out, err = project.warm(*words.split())
    assert code == 0, out + err


@pytest.mark.parametrize(("page", "span"), spans())
def test_every_piece_of_configuration_is_accepted(page, span):
    key = next(iter(span))
    sections = [section for section in (Config, Folder, Features, Downstream, Stream) if key in section.model_fields]
    assert sections, f"{page}: {key!r} is a key of nothing"
    if Config in sections:
        assert over(span)
    elif Folder in sections:
        assert over({"datasets": {"mine": {"adapter": "folder", "root": "/data/mine"} | span}})
    elif Features in sections:
        arrays = {"adapter": "features", "root": "/data/mine", "file": "x.npz", "streams": {"text": "t"}}
        assert over({"datasets": {"mine": arrays | span}})
    elif Downstream in sections:
        assert over({"downstream": span})


def test_every_rule_that_runs_something_is_in_the_table_of_rules(project):
    code, out, err = project.warm("--list-rules")
    assert code == 0, out + err
    told = re.findall(
        r"^\| (\w+)(?: \(checkpoint\))? \| `\w+\.smk` \|", (ROOT / "docs/contracts.md").read_text(), re.MULTILINE
    )
    assert set(told) == set(re.findall(r"^(\w+)$", out, re.MULTILINE)) - {"all", "report", "stage", "weights"}


def test_what_is_looked_for_is_found():
    assert len(blocks()) >= 5
    assert len(spans()) >= 4
    assert all(Path(page).exists() for page in PAGES)
