import subprocess

import pytest

from conclugen.store.listing import WeightsError, listing_text, read_listing
from conclugen.store.provenance import file_sha256


def test_a_listing_is_what_sha256sum_checks_and_keeps_its_order(tmp_path):
    assert read_listing(tmp_path) == {}
    for name in ("net work.bin", "a.json"):
        (tmp_path / name).write_text(name)
    files = {name: file_sha256(tmp_path / name) for name in ("net work.bin", "a.json")}
    (tmp_path / "SHA256SUMS").write_text(listing_text(files))
    assert list(read_listing(tmp_path).items()) == list(files.items())
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("line", ["", "abc  net.bin", f"{'0' * 64}  ../net.bin", f"{'0' * 64} "])
def test_a_damaged_listing_is_refused(tmp_path, line):
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  good.bin\n{line}\n")
    with pytest.raises(WeightsError, match="no line of a listing"):
        read_listing(tmp_path)
