"""What changed between two records of a rule's params: code, settings, libraries, data."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

MISSING = object()


def changes(before: Collection[str], now: Collection[str]) -> list[str]:
    """Return a phrase per change between the params of a job as Snakemake records them (`repr` of each value).

    A rule's params are told apart by their form: lists of `name@digest` are code, libraries and data; JSON objects are
    settings; anything else is a plain value. Given are the values that only the one or only the other has.
    """
    old, new = [_read(value) for value in sorted(before)], [_read(value) for value in sorted(now)]
    causes = [*_files(_listed(old), _listed(new)), *_settings(_objects(old), _objects(new))]
    causes += _plain([v for v in old if _is_plain(v)], [v for v in new if _is_plain(v)])
    return list(dict.fromkeys(causes))


def _read(value: str) -> Any:
    try:
        plain = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
    if isinstance(plain, str) and plain.startswith("{"):
        try:
            return json.loads(plain)
        except ValueError:
            return plain
    return plain


def _listed(values: list[Any]) -> dict[str, str]:
    """Digests by name, of all lists of `name@digest`, and of a single one."""
    entries = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    return dict(entry.rsplit("@", 1) for entry in entries if isinstance(entry, str) and "@" in entry)


def _objects(values: list[Any]) -> dict[str, Any]:
    return {key: inner for value in values if isinstance(value, dict) for key, inner in _flat(value)}


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) and not (isinstance(value, str) and "@" in value)


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _flat(inner, f"{above}{key}.")
        else:
            yield f"{above}{key}", inner


def _files(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name.endswith(".py"):
            happened = "changed" if before and after else "is new in this stage" if after else "left this stage"
            yield f"{name} {happened}"
        elif name == "media":
            yield f"the media files changed ({before or 'not recorded'} → {after or 'not recorded'})"
        elif _is_version(before) and _is_version(after):
            yield f"library {name}: {before or 'version not recorded'} → {after or 'version not recorded'}"
        else:
            yield f"source {name} {'changed' if before and after else 'is new' if after else 'is gone'}"


def _is_version(text: str | None) -> bool:
    """A version has a dot, a digest has none."""
    return text is None or "." in text


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        if before != after:
            yield f"setting {key}: {_shown(before)} → {_shown(after)}"


def _plain(old: list[Any], new: list[Any]) -> Iterator[str]:
    if old or new:
        yield f"setting: {', '.join(map(_shown, old)) or 'none'} → {', '.join(map(_shown, new)) or 'none'}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "not there"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
