"""What a protocol writes: scores per utterance, and the record of what validation chose. Never a label."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from safetensors.torch import save_file

from conclugen.downstream.data import Data
from conclugen.downstream.draws import Draw
from conclugen.store import places
from conclugen.store.atomic import atomic_path, write_text
from conclugen.store.tables import write_table


def write(
    folder: Path,
    data: Data,
    outputs: torch.Tensor,
    seed: int,
    fraction: float,
    about: Mapping[str, Any],
    without: Mapping[str, torch.Tensor],
) -> None:
    """Write `seed{n}.parquet`: outputs (N, C) of every valid and test utterance, float32.

    `without` holds the outputs (N, C) of the same classifier with one modality masked in every utterance, by modality:
    further columns. `about` is kept in the file's metadata beside the streams and the place, by which a file that was
    put elsewhere is known. Raises ValueError for outputs that are not finite.
    """
    held_out = np.isin(data.split, ("valid", "test"))
    columns: dict[str, np.ndarray] = {}
    for prefix, values in {"score": outputs, **{f"without_{name}": value for name, value in without.items()}}.items():
        scores = values.detach().float().cpu().numpy()[held_out]
        if not np.isfinite(scores).all():
            raise ValueError(
                f"seed {seed}: outputs are not finite; the learning rates are too high or features are broken"
            )
        columns |= {f"{prefix}_{name}": scores[:, i] for i, name in enumerate(data.classes)}
    table = pd.DataFrame({"utterance_id": data.ids[held_out], "split": data.split[held_out], **columns})
    record = {
        "streams": {m: list(s) for m, s in data.streams.items()},
        "seed": seed,
        "label_fraction": fraction,
        "without": list(without),
        **about,
    }
    if data.fold is not None:
        record["fold"] = dataclasses.asdict(data.fold)
    if place := places.of_predictions(folder):
        record["place"] = place
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    write_table(folder / f"seed{seed}.parquet", arrow, record)


def write_head(folder: Path, seed: int, state: Mapping[str, torch.Tensor]) -> None:
    """Write `seed{n}.head.safetensors`: weight (D, C), bias (C,), and mean and scale (D,) of its inputs."""
    with atomic_path(folder / f"seed{seed}.head.safetensors") as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, temporary)


def clear(folder: Path) -> None:
    """Remove what an earlier run of other seeds left: a table reads every seed it finds."""
    for path in folder.glob("seed*/"):
        shutil.rmtree(path)
    for pattern in ("seed*.parquet", "seed*.head.safetensors", "selection.csv"):
        for path in folder.glob(pattern):
            path.unlink()


def write_selection(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `selection.csv`: every candidate of every seed with its validation score, and which one was chosen."""
    write_text(
        folder / "selection.csv", pd.DataFrame(rows).to_csv(index=False, lineterminator="\n", float_format="%.6g")
    )


class Tried(Protocol):
    """A candidate of the budget as it was trained: its rate and decay, and its best epoch on validation."""

    rate: float
    decay: float
    epoch: int
    score: float
    loss: float


def selection_rows(draw: Draw, tried: Sequence[Tried], chosen: Tried) -> list[dict[str, Any]]:
    """Return the rows of `selection.csv` of the candidates of a draw."""
    return [
        {
            "seed": draw.seed,
            "label_fraction": draw.fraction,
            "learning_rate": candidate.rate,
            "weight_decay": candidate.decay,
            "epoch": candidate.epoch,
            "valid_score": candidate.score,
            "valid_loss": candidate.loss,
            "chosen": candidate is chosen,
        }
        for candidate in tried
    ]
