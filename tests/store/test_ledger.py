import pytest

from conclugen.store.ledger import LedgerRow, Status, read_ledger, write_ledger


def test_round_trip_keeps_order_and_flattens_reasons(tmp_path):
    rows = [
        LedgerRow("b", "faces", Status.CORRUPT, 'moov atom\nnot found, "x"', 0.25),
        LedgerRow("a", "faces", Status.OK, "", 1.0),
    ]
    write_ledger(tmp_path / "l.csv", rows)
    read = read_ledger(tmp_path / "l.csv")
    assert [r.utterance_id for r in read] == ["b", "a"]
    assert read[0].reason == 'moov atom not found, "x"'
    assert read[0].status is Status.CORRUPT


def test_an_unknown_status_is_an_error(tmp_path):
    (tmp_path / "l.csv").write_text("utterance_id,stage,status,reason,seconds,tries\na,faces,vanished,,0,1\n")
    with pytest.raises(ValueError, match="vanished"):
        read_ledger(tmp_path / "l.csv")
