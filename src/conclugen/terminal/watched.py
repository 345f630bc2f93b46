"""Bars in a terminal, by the logger plugin `rich`; under them what it lacks: jobs by name, time left and losses."""

from __future__ import annotations

import logging

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface
from snakemake_logger_plugin_rich.handler import RichLogHandler

from conclugen.terminal.account import Account
from conclugen.terminal.plain import says_nothing

COUNTED = "{task.fields[active]}"  # the column of jobs at work, which says one too many; they are named below


class _Below:
    """The lines under the bars, written anew whenever these are drawn."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def __rich__(self) -> Text:
        return Text("\n".join([*self.account.at_work(), self.account.progress()]), overflow="ellipsis", no_wrap=True)


class Watched(RichLogHandler):
    """The display of the plugin, told by the account of the run."""

    def __init__(
        self, settings: OutputSettingsLoggerInterface, account: Account, console: Console | None = None
    ) -> None:
        super().__init__(settings=settings)
        if console is not None:
            self.console = self.event_handler.console = self.progress.live.console = self.live_display.console = console
        drawn = Group(self.progress, _Below(account))
        self.live_display.update(Panel(drawn, title="conclugen", border_style="dim", padding=(0, 1)))
        columns = [column for column in self.progress.columns if getattr(column, "text_format", "") != COUNTED]
        self.progress.columns = tuple(columns)
        self.account = account

    def say(self, *lines: str) -> None:
        """Print lines above the bars."""
        for line in lines:
            self.console.print(Text(line, style="green"), soft_wrap=True)

    def fail(self, lines: list[str]) -> None:
        """Print what is said of a job that failed, instead of its whole log, as the plugin would."""
        for line in lines:
            self.console.print(Text(line, style="bold red" if line == lines[0] else ""), soft_wrap=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Show an event, and hide the bars of rules that are through; what remains at the end is the account."""
        event = getattr(record, "event", None)
        if says_nothing(record):
            return
        super().emit(record)
        if event is LogEvent.PROGRESS and self.account.done == self.account.total:
            self.say(self.account.progress())
        for rule, counts in self.event_handler.rule_counts.items():
            self.event_handler.progress_display.set_visible(rule, 0 < counts["started"] > counts["completed"])
