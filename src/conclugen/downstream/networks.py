"""What predictions tell of the pretrained network they come from: which it is, and how it does its own task."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from conclugen.models import io
from conclugen.pretrain import verdict
from conclugen.pretrain.unlearned import CONTROLS

KEPT = ("pretext", "cause", "epoch", "epochs", "measured_on", "weights_sha256")


def origin(folder: Path | None) -> dict[str, Any] | None:
    """Return the name of the network in `folder` and its `pretext`, in JSON values; None where there is no network.

    A control (`untrained`, `PCA`, `GCCA`) was trained for nothing: its `pretext` is None. Raises ModelError or
    PretextError for a record that is missing, altered, or about other weights.
    """
    if folder is None:
        return None
    if io.about(folder).get("method") in CONTROLS:
        return {"name": folder.name, "pretext": None}
    record = verdict.read(folder, io.weights_sha256(folder))
    # JSON has no NaN: what is not defined is null.
    numbers = {name: value if math.isfinite(value) else None for name, value in record["numbers"].items()}
    return {"name": folder.name, "pretext": {name: record[name] for name in KEPT} | {"numbers": numbers}}
