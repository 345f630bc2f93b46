"""Another try for what failed in a shard, while the rest of the shard is kept byte for byte.

`ask` looks at the ledger of a shard, puts the shard aside (a link, so that Snakemake may delete its outputs) and then
writes the list of who is to be tried again. That list is an input of the shard's rule: its coming or its change makes
the rule run, once. The job takes from the shard put aside what is not to be tried again, where settings, code, root
and the utterance's files are those it was made with (`version`, and its row of the media list); where they are not, or
nothing lies aside any more, all is done afresh.

Snakemake's own means know whole jobs: `--retries` starts a job that failed again, while one whose clip timed out has
succeeded and says so in its ledger; `--forcerun` makes all of a shard anew, and lasts for one call, so that a run that
is broken off forgets it. A list that is an input outlasts the run and tells the job whom it is about.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import logging
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import h5py

from conclugen.store.atomic import atomic_path, write_if_changed
from conclugen.store.ledger import LedgerRow, Status, read_ledger
from conclugen.store.shards import ShardError

VERSION = "made_by"  # attribute of a shard: hash of the settings and code that made it
FIELDS = ("utterance_id", "tries", "timeout_s")
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Attempt:
    """What a job takes over and what it tries again.

    Attributes:
        shard: the shard put aside; None where nothing of it is taken over.
        kept: of each utterance that is taken over, its row in that shard and its row of the ledger.
        tries: of each utterance that was asked for, how often it will have been tried.
        timeout_s: limit for an utterance that was asked for with the retry; None: that of the settings.
        aside: files that are of no use once the job is through.
    """

    shard: Path | None = None
    kept: dict[str, tuple[int, LedgerRow]] = dataclasses.field(default_factory=dict)
    tries: dict[str, int] = dataclasses.field(default_factory=dict)
    timeout_s: float | None = None
    aside: tuple[Path, ...] = ()

    def finish(self) -> None:
        """Remove what lay aside: the job's outputs stand."""
        for path in self.aside:
            path.unlink(missing_ok=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a stage whose failures can be tried again."""
    parser.add_argument("--retries", nargs="*", type=Path, default=[], help="list of who is to be tried again, if any")
    parser.add_argument("--version", default="", help="hash of settings and code, kept with the shard")


def ask(
    target: Path, shard: Path, media_list: Path, statuses: Collection[Status], timeout_s: float | None = None
) -> list[str]:
    """Ask for another try of those utterances of a shard whose status is among `statuses`; return their ids.

    Asked twice before the job has run, it changes nothing. The list is written last: without it, nothing runs.

    Args:
        target: the list to write (CSV); the shard is put aside beside it.
        shard: the shard; its ledger lies beside it. Where either is missing, nothing is asked.
        media_list: what the shard was made of. Where it is newer, the next run makes the shard anew unasked.
        statuses: to be tried again.
        timeout_s: limit per utterance in this try, seconds; None: that of the stage's settings.
    """
    ledger = shard.with_suffix(".ledger.csv")
    if not shard.exists() or not ledger.exists() or media_list.stat().st_mtime > shard.stat().st_mtime:
        return []
    failed = [row for row in read_ledger(ledger) if row.status in statuses and row.status is not Status.OK]
    if failed:
        aside = _aside(target)
        _link(shard, aside[0])
        for source, copy in zip((ledger, media_list), aside[1:], strict=True):
            write_if_changed(copy, source.read_text(encoding="utf-8"))
        limit = "" if timeout_s is None else repr(timeout_s)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([FIELDS, *((row.utterance_id, row.tries + 1, limit) for row in failed)])
        write_if_changed(target, text.getvalue())
    return [row.utterance_id for row in failed]


def of_hdf5(shard: Path) -> tuple[list[str], str]:
    """Return the ids of a shard, in order, and what made it. Raises ShardError."""
    try:
        with h5py.File(shard, "r") as file:
            return file["utterance_id"].asstr()[()].tolist(), file.attrs.get(VERSION, "")
    except (OSError, KeyError) as error:
        raise ShardError(f"{shard}: cannot be read ({error}); delete it and rerun") from error


def attempt(
    files: Sequence[Path],
    media_list: str | Path,
    version: str,
    about: Callable[[Path], tuple[list[str], str]] = of_hdf5,
) -> Attempt:
    """Return what a job takes over and what it tries again.

    Args:
        files: the list that `ask` wrote, or none.
        media_list: what the shard is to be made of now.
        version: hash of the settings and code that make it.
        about: tells the ids and the version of a shard.

    Raises ValueError where a list is given without a version, or more than one.
    """
    if not files:
        return Attempt()
    if len(files) > 1 or not version:
        raise ValueError(f"a retry takes one list and a version; given are {[str(f) for f in files]} and {version!r}")
    asked = _read(files[0])
    shard, ledger, before = _aside(files[0])
    if not (shard.exists() and ledger.exists() and before.exists()):
        log.warning("%s: nothing lies aside, so the whole shard is made afresh", files[0])
        return Attempt()
    ids, made_by = about(shard)
    if made_by != version:
        log.warning("%s: other settings or code made it, so the whole shard is made afresh", shard)
        return Attempt(aside=(shard, ledger, before))
    rows, old, new = {r.utterance_id: r for r in read_ledger(ledger)}, _read(before), _read(media_list)
    kept = {
        name: (i, rows[name])
        for i, name in enumerate(ids)
        if name in rows and name not in asked and name in new and old.get(name) == new[name]
    }
    tries = {name: int(row["tries"]) for name, row in asked.items()}
    limits = [float(row["timeout_s"]) for row in asked.values() if row["timeout_s"]]
    return Attempt(shard, kept, tries, max(limits, default=None), (shard, ledger, before))


def _aside(target: Path) -> tuple[Path, Path, Path]:
    """Where the shard, its ledger and its media list lie, beside the list of a retry."""
    return target.with_suffix(".shard"), target.with_suffix(".ledger.csv"), target.with_suffix(".media.csv")


def _link(source: Path, aside: Path) -> None:
    """Link a shard, which is replaced and never written in place; copy it where links cannot be made."""
    if aside.exists() and os.path.samefile(source, aside):
        return
    with atomic_path(aside) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def _read(path: str | Path) -> dict[str, dict[str, str]]:
    """Return the columns of a CSV by utterance: of a retry's list, or of a media list."""
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["utterance_id"]: row for row in csv.DictReader(handle)}
