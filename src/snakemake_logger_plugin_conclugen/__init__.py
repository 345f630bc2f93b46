"""The logger of `profiles/*`: Snakemake finds it by the name of this package. See `conclugen.terminal`.

Bars where a person watches, a few lines elsewhere. Whoever asks Snakemake for more (`--printshellcmds`, `--verbose`)
gets Snakemake's own lines. The command of each job goes to `COMMANDS`, which is kept small.
"""

from __future__ import annotations

import importlib.util
import logging
import logging.handlers
import sys
import time
from pathlib import Path

from snakemake.logging import ColorizingTextHandler, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from conclugen.terminal.account import Account, failure
from conclugen.terminal.invocation import mistake
from conclugen.terminal.plain import Plain

BARS = "snakemake_logger_plugin_rich"
COMMANDS, LARGEST = Path("results/logs/commands.log"), 20_000_000  # bytes, of it and of the one before

# Snakemake imports this before it reads its arguments, and files of changes before it reads the Snakefile.
if Path(sys.argv[0]).name in ("snakemake", "snakemake.exe") and (told := mistake(sys.argv[1:])):
    sys.exit(told)


class LogHandler(LogHandlerBase):
    """Passes the events of Snakemake to the account of the run and to what shows it."""

    def __post_init__(self) -> None:
        """Choose the display."""
        self.account = Account()
        self.commands: logging.Handler | None = None
        self.own = True  # whether the display is one of `conclugen.terminal`
        self.shown = self._display()

    def _display(self) -> logging.Handler:
        asked, stream = self.common_settings, sys.stdout if self.common_settings.stdout else sys.stderr
        watched = stream.isatty() and not asked.nocolor and importlib.util.find_spec(BARS) is not None
        if asked.printshellcmds or asked.verbose or asked.debug_dag or (asked.dryrun and not watched):
            self.own = False
            handler = ColorizingTextHandler(nocolor=asked.nocolor, stream=stream)
            more = asked.printshellcmds or asked.verbose
            handler.setFormatter(DefaultFormatter({*(asked.quiet or ()), *(() if more else (Quietness.REASON,))}, True))
            return handler
        if watched:
            from conclugen.terminal.watched import Watched

            return Watched(asked, self.account)
        return Plain(stream, self.account)

    def emit(self, record: logging.LogRecord) -> None:
        """Show an event, whatever else may fail: an exception here would end the thread that shows the others."""
        try:
            self._show(getattr(record, "event", None), record)
        except Exception:  # noqa: BLE001 as handlers of the standard library do
            self.handleError(record)

    def _show(self, event: LogEvent | None, record: logging.LogRecord) -> None:
        """Take an event into the account, then show it."""
        if not self.own:
            self.shown.handle(record)
        elif event is LogEvent.JOB_ERROR:
            self.shown.fail(failure(self.account.stopped(record.jobid), record.log))
        else:
            made = self._account(event, record)
            self.shown.handle(record)
            self.shown.say(*(f"made {path}" for path in made))
        if event is LogEvent.JOB_INFO and not self.common_settings.dryrun and record.shellcmd:
            self._keep(record)

    def _account(self, event: LogEvent | None, record: logging.LogRecord) -> list[str]:
        if event is LogEvent.RUN_INFO:
            self.account.planned(record.stats)
        elif event is LogEvent.JOB_INFO:
            self.account.started(record.jobid, record.rule_name, record.rule_msg, record.output)
        elif event is LogEvent.JOB_FINISHED:
            return self.account.finished(record.job_id)
        elif event is LogEvent.PROGRESS:
            self.account.advanced(record.done, record.total)
        return []

    def _keep(self, record: logging.LogRecord) -> None:
        """Write the command of a job, and why it runs."""
        if self.commands is None:
            COMMANDS.parent.mkdir(parents=True, exist_ok=True)
            self.commands = logging.handlers.RotatingFileHandler(COMMANDS, maxBytes=LARGEST, backupCount=1)
        head = f"# {time.strftime('%Y-%m-%d %H:%M:%S')} {record.rule_msg}\n# {' '.join(record.reason.split())}"
        self.commands.emit(logging.makeLogRecord({"msg": f"{head}\n{record.shellcmd}\n"}))

    def close(self) -> None:
        """End the display."""
        for handler in filter(None, (self.shown, self.commands)):
            handler.close()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """It does, so that Snakemake does not."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Not what Snakemake would call its log."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's own filter heeds `--quiet`."""
        return False

    @property
    def has_formatter(self) -> bool:
        """The displays choose their words."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It does not."""
        return False
