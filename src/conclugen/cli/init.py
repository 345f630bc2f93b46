"""`conclugen init FOLDER`: look at what lies there, and write a configuration that runs at once."""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conclugen.cli.pairs import pairs

if TYPE_CHECKING:
    from conclugen.data.manifest import Manifest
    from conclugen.survey.found import Found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags; what is not given is found out."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that holds your clips, arrays or official data")
    parser.add_argument("--name", help="of the data set; without it that of the folder")
    parser.add_argument("--output", type=Path, metavar="FILE", help="to write; without it NAME.yaml")
    parser.add_argument(
        "--table", metavar="FILE", help="the table of the clips, or the file of arrays, below the folder"
    )
    parser.add_argument(
        "--column", nargs="+", action="extend", default=[], metavar="ROLE=COLUMN", help="such as label=emotion"
    )
    parser.add_argument("--labels", metavar="A,B,…", help="columns, or the array, of a task with any of several labels")
    parser.add_argument("--classes", metavar="A,B,…", help="names of classes that stand as numbers")
    parser.add_argument(
        "--labels-from-folders",
        action="store_true",
        help="a clip's folder names its class; writes NAME.labels.csv",
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(options: argparse.Namespace) -> None:
    """Look, write, read back as the pipeline will, and say what was understood."""
    from conclugen.config.files import read_files
    from conclugen.store.atomic import write_text
    from conclugen.survey.account import alone, manifest_of, mistakes, sentences
    from conclugen.survey.found import SurveyError

    if not options.folder.is_dir():
        raise SurveyError(f"{options.folder}: no such folder")
    name = options.name or re.sub(r"[^A-Za-z0-9_-]+", "-", options.folder.resolve().name).strip("-") or "mine"
    output = options.output or Path(f"{name}.yaml")
    if output.exists() and not options.force:
        raise SurveyError(f"{output}: is there already; name another by --output, or write over it by --force")
    survey = _from_folders(options.folder, output) if options.labels_from_folders else look(options, output)
    entry = {"adapter": survey.adapter, "root": os.path.abspath(options.folder), **survey.options}
    manifest = manifest_of(alone(name, entry), name)
    text = _yaml(options.folder, name, entry, survey, manifest)
    with tempfile.TemporaryDirectory() as scratch:
        write_text(Path(scratch, output.name), text)
        config = read_files([Path(scratch, output.name)])
    write_text(output, text)
    print(f"{options.folder}: read by the adapter {survey.adapter}")
    for line in [*survey.notes, *sentences(config, name, manifest), *config.notes]:
        print(f"  {line}")
    if wrong := mistakes(config, name, manifest):
        raise SurveyError(f"{output} is written, but a run would stop at: {wrong[0]}")
    table = config.downstream.datasets[0]
    if table != name:
        print(f"  networks learn from it; without labels they are evaluated on {table}, of the configuration below it")
    print(f"{output}: written. Next: conclugen run {shlex.quote(str(output))} results/tables/{table}.csv")


def look(options: argparse.Namespace, output: Path) -> Found:
    """Return what lies in the folder; arrays in files of their own are put into one beside `output`.

    Raises SurveyError, and PairError for a column that is no ROLE=COLUMN.
    """
    from conclugen.survey import arrays, csv_features, layouts, npy, tables
    from conclugen.survey.found import Found

    columns = pairs(options.column, "--column", "ROLE=COLUMN, such as label=emotion")
    labels, classes = (text.split(",") if text else [] for text in (options.labels, options.classes))
    if options.table is None and not columns and (layout := layouts.layout_of(options.folder)):
        return Found(
            layout, notes=(f"the official layout of {layout}, which has {layouts.OFFICIAL[layout]:,} utterances",)
        )
    file = options.table or arrays.file_of(options.folder)
    if file is None and (alone := npy.files(options.folder)):
        return npy.packed(options.folder, alone, output.with_suffix(".arrays.npz"), columns, labels, classes)
    if file is not None and not file.lower().endswith(tables.TABLES):
        return arrays.arrays(options.folder, file, columns, labels, classes)
    if not columns.keys() & {"file"} and (
        of_rows := csv_features.features(options.folder, options.table, columns, labels, classes)
    ):
        return of_rows
    survey = tables.clips(options.folder, options.table, columns, labels)
    return Found(survey.adapter, survey.options | ({"classes": classes} if classes else {}), notes=survey.notes)


def _from_folders(folder: Path, output: Path) -> Found:
    """Write the table of clips whose folders name their classes. Raises SurveyError where none do."""
    from conclugen.data.common import scan
    from conclugen.media.suffixes import MEDIA
    from conclugen.store.atomic import write_text
    from conclugen.survey.found import Found, SurveyError
    from conclugen.survey.tables import by_folder

    rows = by_folder(scan(folder, MEDIA))
    if not rows:
        raise SurveyError(f"{folder}: its media do not lie in two or more folders of several; give a table instead")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("file", "label", "split"), *rows])
    table = output.with_suffix(".labels.csv")
    write_text(table, text.getvalue())
    return Found("folder", {"labels": os.path.abspath(table)}, notes=(f"{table}: written, {len(rows)} rows",))


def _yaml(folder: Path, name: str, entry: dict[str, Any], survey: Found, manifest: Manifest) -> str:
    """The configuration: with labels the data set is learned from and evaluated on, without it is learned from."""
    import yaml

    from conclugen.data.cross_validation import together
    from conclugen.survey.found import SurveyError

    values: dict[str, Any] = {"datasets": {name: entry}}
    values |= {"modalities": survey.modalities} if survey.modalities else {}
    values["pretrain"] = {"dataset": name}
    if "train" not in together(manifest.table["split"].tolist()):
        values["pretrain"]["splits"] = ["none"]
    if manifest.task != "none":
        values["downstream"] = {"datasets": [name]}
    elif survey.adapter == "features":
        raise SurveyError(f"{folder}: has no labels, so no table can be made; name them: --column label=NAME")
    head = f"# Written by: conclugen init {shlex.quote(str(folder))}\n"
    head += "# Every other key stands in config.yaml with its default.\n"
    return head + yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
