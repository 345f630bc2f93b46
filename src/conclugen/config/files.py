"""A configuration as it lies in files, for what runs without Snakemake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from conclugen.config import Config, check
from conclugen.config.errors import ConfigError

BASE = Path("config.yaml")  # below every file of changes, as in the Snakefile


def read_files(changes: Sequence[Path], base: Path = BASE) -> Config:
    """Return the configuration of `base` with each file of changes on top, as `snakemake --configfile` reads them.

    Raises ConfigError for a file that is not there or is no YAML, and for each mistake in what they say together.
    """
    from snakemake.utils import update_config  # a second, and only here

    values = _read(base)
    for path in changes:
        update_config(values, _read(path))
    return check(values)


def _read(path: Path) -> dict:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; run this in the folder of the checkout") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected keys and values, such as datasets: {{…}}")
    return values
