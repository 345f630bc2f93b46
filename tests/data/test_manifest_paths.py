"""Missing media paths, as None or as NaN in a string column, are allowed; paths that leave the root are not."""

import pandas as pd
import pytest

from conclugen.data.common import table
from conclugen.data.manifest import Manifest, ManifestError, read_manifest, validate, write_manifest


def _manifest(media):
    return Manifest(table({"utterance_id": ["a", "b"], "media": media}), "d", "folder", "none", ())


def test_missing_media_in_any_column_type(tmp_path):
    manifest = _manifest(["x.mp4", None])
    manifest.table["media"] = pd.Series(["x.mp4", None], dtype="str")
    write_manifest(tmp_path / "m.parquet", manifest)
    validate(read_manifest(tmp_path / "m.parquet"))


@pytest.mark.parametrize("path", ["../x.mp4", "/etc/passwd", "a/../../x"])
def test_paths_stay_below_the_root(path):
    with pytest.raises(ManifestError, match="media leaves the root"):
        validate(_manifest([path, None]))
