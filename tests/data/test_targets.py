"""Labels as numbers."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from conclugen.data.manifest import Manifest
from conclugen.data.targets import targets


def test_unknown_labels_are_nan():
    table = pd.DataFrame({"label": ["b", None, "a"]})
    single = targets(Manifest(table, "x", "folder", "single", ("a", "b")))
    assert single[0].tolist() == [0, 1]
    assert np.isnan(single[1]).all()
    table = pd.DataFrame({"a": [0.33, np.nan], "b": [0.0, 3.0]})
    multi = targets(Manifest(table, "x", "folder", "multi", ("a", "b")))
    assert multi[0].tolist() == [1, 0]
    assert np.isnan(multi[1, 0])
    assert multi[1, 1] == 1


@pytest.mark.parametrize(
    "module", ["evaluation.qc", "evaluation.leaks", "evaluation.table", "data.plan", "features.imported"]
)
def test_what_computes_on_no_network_does_not_wait_for_pytorch(module):
    """Its import takes 1.6 s of a processor, in every job anew."""
    code = f"import sys, conclugen.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
