"""Media files of tests are written by the helpers of tests/media."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))
