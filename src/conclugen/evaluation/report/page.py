"""The page: everything in one file that asks for nothing else.

The template escapes whatever data say. A content security policy in the page itself forbids the browser to load or send
anything, and to run any script but the page's own, which it names by its hash.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import importlib.resources
import statistics
from collections.abc import Mapping, Sequence

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from conclugen.evaluation import metrics
from conclugen.evaluation.report import accounting, costs, curves, efficiency, maps, masked, names, views, words
from conclugen.evaluation.report.reading import Job, Lost, Measured, Network
from conclugen.pretrain.verdict import WORDS

SHOWN = 200  # of the lost utterances, which may be many


@dataclasses.dataclass(frozen=True)
class Made:
    """How the page came about: the command, what of the configuration differs from its defaults (YAML), what was left
    out of it, and versions."""

    command: str
    changes: str
    notes: Sequence[str]
    versions: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Run:
    """All that a page is made of; `faces`: JPEG of the contact sheets of data sets, by name."""

    tables: Sequence[Measured]
    networks: Sequence[Network]
    accounts: Mapping[str, accounting.Account]
    lost: Sequence[Lost]
    leaks: Mapping[str, accounting.Account]
    jobs: Sequence[Job]
    made: Made
    faces: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


def render(run: Run) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": names.number, "duration": costs.duration, "percent": "{:.1%}".format}
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rule_costs = costs.by_rule(run.jobs)
    return environment.get_template("page.html").render(
        style=Markup(_asset("page.css")),
        script=Markup(script),
        script_hash=digest,
        names=names,
        tables=[_of_table(table, run) for table in run.tables],
        networks=_of_networks(run.networks),
        splits=accounting.splits(run.accounts),
        losses=_of_losses(run.accounts),
        classes=accounting.losses(run.accounts, of_classes=True),
        lost=run.lost[:SHOWN],
        more_lost=max(0, len(run.lost) - SHOWN),
        leaks=_found_first([row for rows in run.leaks.values() for row in rows if row["check"] != "lost"]),
        costs=rule_costs,
        faces={name: base64.b64encode(jpeg).decode() for name, jpeg in run.faces.items()},
        dearest=max((cost.seconds for cost in rule_costs), default=1.0),
        made=run.made,
    )


def _found_first(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Leaks that were found, then those that cannot be known, then the rest, each in its order."""
    return sorted(rows, key=lambda row: {"yes": 0, "unknown": 1}.get(row["found"], 2))


def _asset(name: str) -> str:
    """The text of a file beside this module."""
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _of_table(table: Measured, run: Run) -> dict[str, object]:
    """What the template reads of a table."""
    lines, data = views.lines(table), table.rows[0]["data"]
    first = next((row for row in table.rows if row["corpus"]), table.rows[0])
    said = [*words.answer(table), accounting.in_test(table.settings.dataset, run.accounts)]
    leaks = accounting.leaks(run.leaks.get(table.settings.dataset, ()))
    return {
        "name": table.name,
        "dataset": table.settings.dataset,
        "target": table.settings.target,
        "data": data,
        "about_data": names.DATA[data],
        "facts": [
            (
                names.several(int(first["n_test"]), "test utterance"),
                f"in {names.several(int(first['groups']), 'group')}",
            ),
            (names.several(int(first["seeds"]), "seed"), "of each trained row"),
            (names.several(len(table.scores.split.classes), "class", "classes"), ", ".join(table.scores.split.classes)),
            (first["preset"], f"preset; pretrained on {first['corpus']}"),
        ],
        "answer": said + ([leaks] if leaks else []),
        "reference": table.settings.reference,
        "level": f"{table.scores.split.level:.0%}",
        "metric": names.METRICS[table.scores.split.headline],
        "lines": lines,
        "scores": views.scores(table, lines),
        "zero": {what: views.zero(table, what) for what in ("raw", "untrained")},
        "metrics": [names.METRICS[name] for name in metrics.NAMES[table.scores.split.task]],
        "matrices": views.rows_of_classes(table),
        "efficiency": efficiency.section(
            table.scores, table.shares, [(row["method"], row["protocol"]) for row in table.rows]
        ),
        "maps": maps.section(table.places),
        "masked": masked.section(table.masked, table.scores.split.level),
    }


def _of_networks(networks: Sequence[Network]) -> list[dict[str, object]]:
    """What the template reads of the networks of each corpus, all its folds, and preset: verdicts by method, panels."""
    places = dict.fromkeys((network.corpus, network.preset) for network in networks)
    sections = []
    for corpus, preset in places:
        group = [network for network in networks if (network.corpus, network.preset) == (corpus, preset)]
        methods = [
            _of_method([network for network in group if network.method == name])
            for name in dict.fromkeys(n.method for n in group)
        ]
        folds = len({network.fold for network in group if network.fold})
        about = {"corpus": corpus, "folds": folds, "preset": preset}
        sections.append({**about, "methods": methods, "panels": curves.panels(group)})
    return sections


def _of_method(networks: Sequence[Network]) -> dict[str, object]:
    """The verdicts on the networks of one method, and the means of what was measured on rows not trained on."""
    said = [network.pretext["pretext"] for network in networks]
    means = {}
    for name in ("retrieval", "retrieval_chance", "effective_rank", "mean_cosine"):
        known = [network.pretext["numbers"].get(name, float("nan")) for network in networks]
        means[name] = statistics.fmean(known)
    return {
        "method": networks[0].method,
        "counts": {word: said.count(word) for word in WORDS},
        "worst": max(said, key=WORDS.index),
        "causes": dict.fromkeys(network.pretext["cause"] for network in networks if network.pretext["cause"]),
        "kept": statistics.fmean(network.pretext["epoch"] + 1 for network in networks),
        "epochs": statistics.fmean(network.pretext["epochs"] for network in networks),
        **means,
    }


def _of_losses(accounts: Mapping[str, accounting.Account]) -> list[tuple[str, list[tuple[str, dict[str, object]]]]]:
    """By data set, by stage, what was lost of each split."""
    grouped: dict[str, dict[str, dict[str, object]]] = {}
    for loss in accounting.losses(accounts):
        stage = names.STAGES.get(loss.stage, loss.stage)
        grouped.setdefault(loss.dataset, {}).setdefault(stage, {})[loss.split] = loss
    return [(name, list(stages.items())) for name, stages in grouped.items()]
