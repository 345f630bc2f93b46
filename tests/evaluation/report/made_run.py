"""The files of a small run, made by hand, and the page that is written of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from made_predictions import made_network, make_manifest, make_predictions, noisy

from conclugen.data.manifest import read_manifest
from conclugen.evaluation import leaks, qc, table
from conclugen.evaluation.cells import write_csv
from conclugen.evaluation.report import reading, run
from conclugen.pretrain import verdict
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from measuring import SETTINGS, measure, viewed

TABLE = SETTINGS | {"seen": {"frames2d": [], "frames3d": [], "text": []}, "data": "demo"}
TOLD = {"target": "expression", "reference": "ConCluGen", "dataset": "made", "corpus": "corpus"}
PAGE = {"tables": {"made": TOLD}}
LIMITS = {"max_lost": 1.0, "min_lost": 10, "max_lost_of_class": 1.0, "min_lost_of_class": 10}
HARM = "<script>alert(1)</script>"


def networks(word, count=5):
    return [made_network(word, seed) for seed in range(count)]


# By (method, protocol): how well it follows the truth, and the verdict on its networks.
ROWS = {
    ("raw-features", "raw"): (0.5, None),
    ("ConCluGen", "linear"): (0.49, "collapsed"),
    ("ConGen", "linear"): (0.48, "weak"),
    ("untrained", "linear"): (0.45, None),
    ("ConCluGen", "shuffled"): (0.0, "weak"),
}


def paths(flags):
    """The files that flags of scores name."""
    return [Path(word) for word in flags if not word.startswith("--")]


class MadeRun:
    """The files of a run in a folder, laid out as the workflow lays them out."""

    def __init__(self, folder: Path, task: str = "multi", rows=ROWS, count: int = 300, **changes) -> None:
        self.folder = folder
        self.manifest = folder / "manifests/made.parquet"
        self.manifest.parent.mkdir(parents=True)
        frame = make_manifest(self.manifest, task, count)
        self.predictions = [
            make_predictions(folder / "downstream", frame, *names, noisy(strength), networks=word and networks(word))
            for names, (strength, word) in rows.items()
        ]
        self.table = folder / "tables/made.full.csv"
        self.scores = measure(self.manifest, self.predictions, TABLE | changes)
        view = ["--settings", json.dumps(viewed(TABLE | changes)), "--full", str(self.table)]
        table.main([*self.scores, *view, "--output", str(folder / "tables/made.csv")])
        self.ids = frame["utterance_id"].tolist()

    def measured(self, **changes) -> reading.Measured:
        settings = reading.TableSettings(**PAGE["tables"]["made"] | changes)
        return reading.measured("made", settings, self.table, paths(self.scores))

    def account(self, reason: str = "no frame") -> None:
        """Ledgers of faces and sound, in which the first utterances are lost, and the table of quality control."""
        self.ledgers = []
        for stage, folder in (("faces", "faces/made"), ("audio", "features/made/audio")):
            rows = [
                LedgerRow(name, stage, Status.CORRUPT if n < 4 else Status.OK, reason if n < 4 else "", 0.1)
                for n, name in enumerate(self.ids)
            ]
            self.ledgers.append(self.folder / folder / "0000.ledger.csv")
            write_ledger(self.ledgers[-1], rows)
        self.qc, self.leaks = self.folder / "qc/made.csv", self.folder / "qc/made.leaks.csv"
        given = ["--manifest", str(self.manifest), "--settings", json.dumps(LIMITS), "--output", str(self.qc)]
        qc.main([*given, "--ledgers", *map(str, self.ledgers)])
        found = leaks.overlap(read_manifest(self.manifest))
        write_csv(self.leaks, found, leaks.COLUMNS)

    def train(self, cause: str = "all vectors are alike", corpus: str = "corpus") -> Path:
        """One network that collapsed, with its history; `corpus` may be one in the turn of a fold."""
        folder = self.folder / f"pretrain/{corpus}/paper/ConCluGen/seed0"
        folder.mkdir(parents=True)
        numbers = {"retrieval": 0.1, "retrieval_chance": 0.1, "effective_rank": 1.2, "mean_cosine": 0.99}
        told = verdict.Pretext(verdict.Verdict("collapsed", cause), 1, 3, "valid", numbers, numbers, numbers)
        verdict.write(folder, told, "0" * 64)
        about = {"weights_sha256": "0" * 64, "about": {"software": "conclugen 0.1.0, torch 2.11.0"}}
        (folder / "settings.json").write_text(json.dumps(about))
        columns = ("epoch", "loss", "mms", "valid_loss", "valid_mms_share", "valid_retrieval", "valid_effective_rank")
        with open(folder / "history.csv", "w", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerows([columns, *((n, 3 - n, 3 - n, 3.5 - n, 0.1 * n, 0.1, 1.2) for n in range(3))])
        return folder

    def measure_jobs(self) -> Path:
        for name, seconds in (("tables/made", 2.0), ("tables/other", 50.0), ("report/made", 70.0)):
            path = self.folder / f"benchmarks/{name}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"s\th:m:s\tmax_rss\tcpu_time\n{seconds}\t0:00:02\t100.0\t1.5\n")
        return self.folder / "benchmarks"

    def write_page(self, name: str = "made.html", changes: str = '{"device": "cpu"}', more=None) -> str:
        """The page of all this; `more`: files by further flags."""
        output = self.folder / "report" / name
        given = {
            "--tables": [self.table],
            "--manifests": [self.manifest],
            "--networks": sorted({path.parent for path in self.folder.glob("pretrain/**/pretext.json")}),
            "--qc": [self.qc],
            "--ledgers": self.ledgers,
            "--leaks": [self.leaks],
            "--benchmarks": [self.measure_jobs()],
            "--settings": [json.dumps(PAGE)],
            "--changes": [changes],
            "--command": ["snakemake --cores 1 -- results/report/made.html"],
            "--output": [output],
        } | (more or {})
        words = [word for flag, values in given.items() for word in (flag, *map(str, values))]
        run.main([*words, *self.scores])
        return output.read_text(encoding="utf-8")
