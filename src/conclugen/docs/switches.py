"""The switches of the presets, from `pretrain/settings.py`, and what the shipped presets set them to."""

from __future__ import annotations

from conclugen.docs.attributes import meanings, summary
from conclugen.docs.configuration import UntoldError
from conclugen.docs.markdown import flow, grid
from conclugen.pretrain.presets import PRESETS, VARIANTS, changes_of
from conclugen.pretrain.settings import Architecture, ClusterSettings, Objective, Schedule

PARTS = {"architecture": Architecture, "objective": Objective, "clusters": ClusterSettings, "schedule": Schedule}


def switches() -> str:
    """Return a heading and a table for each part of a preset: of every switch the meaning, and its value by preset.

    Raises UntoldError for a switch without a meaning.
    """
    printed = []
    for part in next(iter(PRESETS.values())):
        printed += [f"### `presets.*.{part}`", summary(PARTS[part]), grid(("key", "meaning", *PRESETS), _rows(part))]
    return "\n\n".join(printed)


def variants() -> str:
    """Return a table of the shipped presets that differ from another in one switch."""
    rows = []
    for name in VARIANTS:
        base, changes = changes_of(name, {})
        changed = [(f"{part}.{key}", value) for part, values in changes.items() for key, value in values.items()]
        rows.append((f"`{name}`", f"`{base}`", ", ".join(f"`{key}: {flow(value)}`" for key, value in changed)))
    return grid(("preset", "based on", "but with"), rows)


def _rows(part: str) -> list[tuple[str, ...]]:
    key_meanings, rows = meanings(PARTS[part]), []
    for key in next(iter(PRESETS.values()))[part]:
        path = f"presets.*.{part}.{key}"
        if key not in key_meanings:
            raise UntoldError(f"{path}: no meaning; say it under Attributes of {PARTS[part].__qualname__}")
        values = [preset[part][key] for preset in PRESETS.values()]
        plain = [list(value) if isinstance(value, tuple) else value for value in values]
        rows.append((f"`{path}`", key_meanings[key], *(f"`{flow(value)}`" for value in plain)))
    return rows
