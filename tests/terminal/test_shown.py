"""What the logger writes of a run's events, in a file and in a terminal."""

import io
import logging
import sys
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_conclugen import COMMANDS, LogHandler


class Terminal(io.StringIO):
    """A terminal that keeps what it is told."""

    def isatty(self):
        return True


def settings(**changed):
    plain = {"printshellcmds": False, "nocolor": False, "quiet": None, "debug_dag": False, "verbose": False}
    return SimpleNamespace(**plain | {"show_failed_logs": False, "stdout": False, "dryrun": False} | changed)


def events(log):
    job = {"rule_name": "faces", "rule_msg": "Find the faces of talks", "output": ["results/tables/x.csv"]}
    job |= {"shellcmd": "python --settings {}", "reason": "Missing\noutput", "wildcards": {}, "log": [str(log)]}
    yield {"msg": "Building DAG of jobs..."}
    yield {"msg": "told by the rules", "levelno": logging.WARNING}
    yield {"event": LogEvent.RUN_INFO, "stats": {"faces": 2, "total": 2}, "msg": "Job stats: 2"}
    yield {"event": LogEvent.JOB_INFO, "jobid": 1} | job
    yield {"event": LogEvent.SHELLCMD, "msg": "python --settings {}", "jobid": 1}
    yield {"event": LogEvent.JOB_FINISHED, "job_id": 1, "msg": "Finished"}
    yield {"event": LogEvent.PROGRESS, "done": 1, "total": 2}
    yield {"event": LogEvent.JOB_INFO, "jobid": 2} | job
    failed = "RuleException:\nCalledProcessError in file x, line 1:\nCommand 'python --settings {}' returned 1"
    yield {"event": LogEvent.ERROR, "msg": failed}
    yield {"event": LogEvent.ERROR, "msg": "WorkflowError:\nweights are missing"}
    yield {"event": LogEvent.JOB_ERROR, "jobid": 2, "msg": "Error in rule"} | job | {"rule_msg": None}


def shown(stream, monkeypatch, folder, **changed):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stderr", stream)
    log = folder / "faces.log"
    log.write_text("first\nthe disk is full\n")
    handler = LogHandler(settings(**changed), None)
    for event in events(log):
        handler.handle(logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"} | event))
    handler.close()
    return stream.getvalue()


def test_a_file_gets_few_lines_and_the_commands_go_to_a_log(tmp_path, monkeypatch):
    text = shown(io.StringIO(), monkeypatch, tmp_path)
    failed = ["FAILED: Find the faces of talks", f"  log: {tmp_path / 'faces.log'}, which ends:"]
    error = ["WorkflowError:", "weights are missing"]
    told = ["told by the rules", "Job stats: 2", "made results/tables/x.csv", *error, *failed]
    assert text.splitlines() == [*told, "    first", "    the disk is full"]
    commands = (tmp_path / COMMANDS).read_text().splitlines()
    assert commands[1:3] == ["# Missing output", "python --settings {}"]
    assert commands[0].endswith("Find the faces of talks")


def test_a_terminal_shows_jobs_by_name_and_how_a_log_ends(tmp_path, monkeypatch):
    pytest.importorskip("snakemake_logger_plugin_rich")
    text = shown(Terminal(), monkeypatch, tmp_path)
    for part in ("told by the rules", "FAILED: Find the faces of talks", "the disk is full", "made results/tables/x"):
        assert part in text
    assert "--settings" not in text
    assert "Building DAG" not in text


def test_whoever_asks_for_commands_gets_the_lines_of_snakemake(tmp_path, monkeypatch):
    text = shown(io.StringIO(), monkeypatch, tmp_path, printshellcmds=True, nocolor=True)
    assert "Job 1: Find the faces of talks\nReason: Missing" in text
    assert "python --settings {}" in text


def test_what_cannot_be_shown_is_told_and_ends_nothing(tmp_path, monkeypatch, capsys):
    handler = LogHandler(settings(), None)
    handler.handle(logging.makeLogRecord({"event": LogEvent.PROGRESS}))  # without its numbers
    assert "AttributeError" in capsys.readouterr().err
