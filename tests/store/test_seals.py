import subprocess

import pytest

from conclugen.store.seals import RECORD, SealError, check_seal, seal_of, sweep, write_sealed

TEXT = "utterance_id,split,group\na,train,ä\nb,valid,x\n"


@pytest.fixture
def sealed(tmp_path):
    assert write_sealed(tmp_path / "splits.csv", TEXT)
    return tmp_path / "splits.csv"


def test_a_whole_file_fits_its_seal_and_is_written_once(sealed):
    check_seal(sealed)
    assert not write_sealed(sealed, TEXT)
    command = ["sha256sum", "--check", seal_of(sealed).name]
    assert subprocess.run(command, cwd=sealed.parent, capture_output=True).returncode == 0


@pytest.mark.parametrize("place", range(0, len(TEXT.encode()), 7))
def test_any_flipped_bit_is_noticed(sealed, place):
    data = bytearray(sealed.read_bytes())
    data[place] ^= 1
    sealed.write_bytes(data)
    with pytest.raises(SealError, match=r"splits\.csv: contents do not match their checksum; delete it and rerun"):
        check_seal(sealed)
    assert write_sealed(sealed, TEXT)
    check_seal(sealed)


def test_a_damaged_seal_is_noticed_and_a_file_without_one_is_taken_as_it_is(sealed):
    seal_of(sealed).write_bytes(b"\xff")
    with pytest.raises(SealError):
        check_seal(sealed)
    seal_of(sealed).unlink()
    check_seal(sealed)


def test_seals_without_their_file_are_swept_and_no_others(sealed):
    (sealed.parent / "qc").mkdir()
    gone = sealed.parent / "qc" / "mine.csv"
    write_sealed(gone, TEXT)
    gone.unlink()
    record = sealed.with_name(RECORD)
    record.write_text("")
    assert sweep(sealed.parent) == 1
    assert not seal_of(gone).exists()
    assert record.exists()
    check_seal(sealed)
    assert seal_of(sealed).exists()
    assert sweep(sealed.parent / "not made yet") == 0
