"""Files of a run as tables."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import pandas as pd

from conclugen.applied.errors import ApplyError
from conclugen.store.ledger import read_ledger
from conclugen.store.shards import read_shard
from conclugen.store.tables import read_table


def read(path: str | PathLike[str]) -> pd.DataFrame:
    """Return a feature shard, a ledger, a table, predictions or a manifest as a table.

    A shard has `utterance_id`, `present` and a column per number, `0` to `D - 1`, NaN where it is not present. What a
    file says of itself is in `.attrs`. Labels of a manifest are those of all splits, test included: never choose by
    those. Raises ApplyError for another kind of file, and what is raised where a file is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise ApplyError(f"{path}: no such file")
    if path.suffix == ".h5":
        return _shard(path)
    if path.suffix == ".parquet":
        arrow, about = read_table(path)
        table = arrow.to_pandas()
        table.attrs = about
        return table
    if path.name.endswith(".ledger.csv"):
        rows = [(r.utterance_id, r.stage, r.status.value, r.reason, r.seconds, r.tries) for r in read_ledger(path)]
        return pd.DataFrame(rows, columns=["utterance_id", "stage", "status", "reason", "seconds", "tries"])
    if path.suffix == ".csv":
        return pd.read_csv(path)
    raise ApplyError(f"{path}: no shard (.h5), table (.csv), predictions or manifest (.parquet)")


def _shard(path: Path) -> pd.DataFrame:
    shard = read_shard(path)
    values = pd.DataFrame(shard.features)
    values[~shard.present] = float("nan")
    values.columns = [str(number) for number in values.columns]
    table = pd.concat([pd.DataFrame({"utterance_id": shard.utterance_id, "present": shard.present}), values], axis=1)
    table.attrs = dict(shard.attributes)
    return table
