"""Presets of one's own: based on a shipped one, with what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conclugen.config.errors import allowed_names
from conclugen.config.written import as_type
from conclugen.pretrain.presets import PRESETS


def as_based(presets: Any) -> Any:
    """Return presets with each switch read as the type that it has in the preset it is based on."""
    if not isinstance(presets, Mapping):
        return presets
    return {name: _as_based(preset) if isinstance(preset, Mapping) else preset for name, preset in presets.items()}


def _as_based(preset: Mapping[str, Any]) -> dict[str, Any]:
    base = PRESETS.get(preset.get("based_on"), {})
    return {
        part: {key: as_type(value, _kind(base[part].get(key))) for key, value in changes.items()}
        if isinstance(changes, Mapping) and part in base
        else changes
        for part, changes in preset.items()
        if changes is not None  # taken away by a file on top
    }


def _kind(value: Any) -> Any:
    """The type of a switch; one that is off may be a number, too."""
    if value is None:
        return float | None
    return list[str] if isinstance(value, tuple) else type(value) | None


def preset_mistakes(presets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each mistake: a preset names the one it is based on, and changes switches of it."""
    return [f"presets.{name}.{mistake}" for name, preset in presets.items() for mistake in _mistakes(preset)]


def _mistakes(preset: Mapping[str, Any]) -> Iterator[str]:
    base = preset.get("based_on")
    if base not in PRESETS:
        yield f"based_on: {base!r} is unknown; {allowed_names(str(base), list(PRESETS))}"
        return
    for part, changes in preset.items():
        if part == "based_on":
            continue
        if part not in PRESETS[base]:
            yield f"{part}: unknown; {allowed_names(part, ['based_on', *PRESETS[base]])}"
        elif not isinstance(changes, Mapping):
            yield f"{part}: {changes!r} is no section; write its switches as {part}: {{KEY: VALUE}}"
        else:
            yield from (f"{part}.{mistake}" for mistake in _switch_mistakes(PRESETS[base][part], changes))


def _switch_mistakes(known: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[str]:
    for key, value in changes.items():
        if key not in known:
            yield f"{key}: unknown; {allowed_names(key, list(known))}"
        elif not _fits(value, known[key]):
            wanted = "number" if _is_number(known[key]) or known[key] is None else type(known[key]).__name__
            yield f"{key}: {value!r} ({type(value).__name__}) was given where {known[key]!r} ({wanted}) stands"


def _fits(value: Any, base: Any) -> bool:
    if value is None or (base is None and _is_number(value)):
        return True
    if _is_number(base):
        return _is_number(value)
    return isinstance(value, list | tuple if isinstance(base, tuple) else type(base))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
