"""Files of a run as tables."""

import numpy as np
import pytest

import conclugen
from conclugen.applied.errors import ApplyError
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.shards import read_shard


def test_every_kind_of_file_becomes_a_table(planted, tmp_path):
    path = planted.shards()["text"][0]
    shard = read_shard(path)
    table = conclugen.read(path)
    assert table["utterance_id"].tolist() == planted.ids
    assert table.attrs["backbone"] == "minilm"
    values = table.drop(columns=["utterance_id", "present"]).to_numpy()
    np.testing.assert_array_equal(values[shard.present], shard.features[shard.present])
    assert np.isnan(values[~shard.present]).all()
    assert len(conclugen.read(planted.folder / "manifests/mine.parquet")) == 36
    assert conclugen.read(planted.protocol("raw") / "seed0.parquet").attrs["protocol"] == "raw"
    assert conclugen.read(planted.folder / "tables/mine.full.csv")["recall_macro"].tolist() == [0.41]
    write_ledger(tmp_path / "0000.ledger.csv", [LedgerRow("=a", "text", Status.NO_TEXT, "no text", 0.5)])
    ledger = conclugen.read(tmp_path / "0000.ledger.csv")
    assert ledger[["utterance_id", "status"]].to_numpy().tolist() == [["=a", "no_text"]]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ApplyError, match="no such file"):
        conclugen.read(tmp_path / "none.csv")
    (tmp_path / "a.txt").touch()
    with pytest.raises(ApplyError, match="no shard"):
        conclugen.read(tmp_path / "a.txt")


def test_nothing_else_is_found_in_the_package():
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = conclugen.lode
