"""What the tests look for after a pool of decoding processes has gone."""

import psutil


def decoders() -> list[str]:
    """Command lines of this process's children that decode."""
    lines = []
    for child in psutil.Process().children():
        try:
            lines.append(" ".join(child.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return [line for line in lines if "spawn_main" in line]
