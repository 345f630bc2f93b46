"""A small FER2013 in the official CSV."""

from __future__ import annotations

import json

import pytest
from made_faces import made, write_csv


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """A folder with `fer2013.csv`, and what `images.prepare` makes of it."""
    from conclugen.images import prepare

    folder = tmp_path_factory.mktemp("fer2013")
    write_csv(folder / "fer2013.csv", made())
    options = {"adapter": "fer2013", "size": None, "options": {}}
    given = ["--dataset", "faces", "--root", str(folder), "--settings", json.dumps(options)]
    given += ["--output", str(folder / "images.h5"), "--manifest", str(folder / "manifest.parquet")]
    prepare.main([*given, "--ledger", str(folder / "ledger.csv")])
    return folder
