"""Which data sets tell the order of utterances, and what that leaves of the fusions that need it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from conclugen.config.present import available_kinds
from conclugen.data import content, order
from conclugen.downstream.protocols import ORDERED

if TYPE_CHECKING:
    from conclugen.config import Config


def pattern(config: Config, dataset: str) -> str | None:
    """Return the pattern of ids that tells the order of a data set: its own, else its layout's; None: none does."""
    options = config.datasets[dataset]
    return options.order or order.PATTERNS.get(options.adapter)


def is_ordered(config: Config, dataset: str) -> bool:
    """Whether a data set tells the order of its utterances, by their ids or by films and times."""
    options = config.datasets[dataset]
    if pattern(config, dataset) is not None:
        return True
    if options.adapter == "folder":
        return content.is_cut(Path(options.root), options.model_dump(include={"table", "columns"}))
    return options.adapter in order.BY_TIME and "video" in available_kinds(config, dataset)


def order_mistakes(config: Config) -> list[str]:
    """Return a line for each fusion that is named in `downstream.fusions` and each data set whose order it lacks."""
    named, without = _lacking(config, config.downstream.fusions)
    return [f"downstream.fusions: {' and '.join(named)}: {_needs(name)}, or leave them out" for name in without]


def left_out(config: Config) -> list[str]:
    """Return a line for each data set of which the table of rivals lacks rows, since it does not tell its order."""
    named, without = _lacking(config, config.tables.rivals)
    return [f"the table of rivals has no {' and no '.join(named)} for {name}: {_needs(name)}" for name in without]


def _lacking(config: Config, fusions: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return which of the fusions asked for need an order, and the data sets that do not tell it to them."""
    named = [name for name in fusions if name in ORDERED]
    return named, [name for name in config.downstream.datasets if named and not is_ordered(config, name)]


def _needs(dataset: str) -> str:
    return f"{dataset} does not tell the order of its utterances; set datasets.{dataset}.order"
