"""What a safetensors file says of itself, read from its header alone. Standard library only: planning reads it."""

from __future__ import annotations

import json
from pathlib import Path

from conclugen.store.listing import WeightsError

MOST_BYTES = 100 << 20  # of a header, as the format has it


def metadata(path: Path) -> dict[str, str]:
    """Return the texts that a file keeps beside its tensors. Raises WeightsError for a file that is none."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= MOST_BYTES:
                raise WeightsError(f"{path}: is no safetensors file, or cut short")
            header = json.loads(file.read(length))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read as a safetensors file ({error})") from error
    told = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return {str(name): str(value) for name, value in told.items()}
