"""What `predict` and `embed` share: what they are asked about, and how they call a model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conclugen.cli.pairs import pairs
from conclugen.faces.settings import DETECTORS

if TYPE_CHECKING:
    from conclugen.applied.clips import Clip
    from conclugen.applied.model import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of inputs."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="video or sound")
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER", help="what `conclugen export` wrote")
    parser.add_argument(
        "--texts", type=Path, metavar="CSV", help="columns file, text and, for utterances within files, start and end"
    )
    parser.add_argument("--window", type=float, metavar="S", help="slide over each file in windows of so many seconds")
    parser.add_argument("--step", type=float, metavar="S", help="seconds from one window to the next; else a window")
    parser.add_argument("--detector", choices=DETECTORS, help="none: videos are tight faces; else as trained")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument(
        "--weights", nargs="+", action="extend", default=[], metavar="STREAM=FILE", help="of backbones in no package"
    )


def loaded(options: argparse.Namespace) -> Model:
    """Return the model. Raises ApplyError, and PairError for weights that are not given as STREAM=FILE."""
    import conclugen

    return conclugen.load(options.model, pairs(options.weights, "--weights", "STREAM=FILE"), options.detector)


def clips(options: argparse.Namespace) -> list[Clip]:
    """Return what is asked about. Raises ApplyError, and LayoutError for a table of texts that cannot be read."""
    from conclugen.applied.clips import clips_of
    from conclugen.applied.errors import ApplyError
    from conclugen.applied.texts import read_texts, with_texts

    if options.step is not None and options.window is None:
        raise ApplyError("--step needs --window")
    if options.texts is None:
        return clips_of(options.files, None)
    files = [clip.file for clip in clips_of(options.files, None) if clip.file] if options.files else []
    return with_texts(files, read_texts(options.texts))


def told(model: Model) -> list[str]:
    """Return what is to be known of how videos were read."""
    if model.detector != "none":
        return []
    tight = f"as in {model.exported.dataset}"
    return [f"Videos were taken for tight faces, {tight}, so none was looked for; --detector mtcnn looks for them."]


def how(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `Model.predict` and `Model.embed`."""
    return {"window_s": options.window, "step_s": options.step, "threads": max(1, options.threads)}
