"""Keys that have become constants: for one version they may still be written, as what they are.

Another value than the constant is a mistake, told before anything runs: it would be ignored without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GONE = {
    "tables.chance_draws": (100, "evaluation/chance.py:DRAWS"),
    "datasets.*.plan.max_shards": (256, "data/plan.py:MAX_SHARDS"),
    "datasets.*.asr.no_speech": (0.6, "features/asr/heard.py:NO_SPEECH"),
    "datasets.*.asr.min_logprob": (-1.0, "features/asr/heard.py:LEAST_LOGPROB"),
    "datasets.*.asr.max_compression": (2.4, "features/asr/heard.py:MOST_COMPRESSION"),
    "downstream.knn.temperature": (0.1, "downstream/knn.py:TEMPERATURE"),
    "images.knn.temperature": (0.1, "downstream/knn.py:TEMPERATURE"),
    "images.backbone_size": (112, "images/controls.py:IMAGENET_SIDE"),
    "report.map_utterances": (500, "evaluation/map.py:MOST_UTTERANCES"),
}


def without_gone(config: Any) -> tuple[Any, list[str], list[str]]:
    """Return a configuration without keys that are constants now, a note for each, and a line for each mistake."""
    notes, mistakes = [], []
    for key, (constant, home) in GONE.items():
        for place, value in _written(config, key.split("."), ()):
            name = ".".join(place)
            if value in (constant, str(constant)):
                notes.append(f"{name} is a constant now, {constant} ({home}); take it out before the next version")
            elif value is not None:  # null takes a key away
                mistakes.append(f"{name}: a constant now, {constant} ({home}), but {value!r} was given; take it out")
            config = _without(config, place)
    return config, notes, mistakes


def _written(values: Any, key: list[str], place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Where a key is written, and its value there; `*` is any name."""
    if not isinstance(values, Mapping):
        return
    for name in list(values) if key[0] == "*" else [key[0]] if key[0] in values else []:
        if len(key) == 1:
            yield (*place, str(name)), values[name]
        else:
            yield from _written(values[name], key[1:], (*place, str(name)))


def _without(values: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    first, *rest = place
    if not rest:
        return {name: value for name, value in values.items() if str(name) != first}
    return {name: _without(value, tuple(rest)) if str(name) == first else value for name, value in values.items()}
