"""The bad clips of the demo corpus: each kind once, where the layout can have it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from conclugen.data.demo_plan import Clip

# The split where each kind goes, in the order in which a small corpus takes them.
CASES = {
    "corrupt": "test",
    "silent": "train",
    "no_face": "test",
    "no_text": "train",
    "no_audio": "train",
    "two_faces": "train",
    "empty": "valid",
    "missing": "test",
    "variable_rate": "train",
}
SHARE = 15  # one clip in so many is a bad one, at most


def assign(clips: Sequence[Clip], cases: Sequence[str]) -> list[Clip]:
    """Give each case to a clip of its split, or of the first split where the corpus has no such split.

    Taken are clips of the commonest emotions, so that no class of a split is lost.
    """
    changed = {clip.file: clip for clip in clips}
    for case in [case for case in CASES if case in cases][: len(clips) // SHARE]:
        free = [clip for clip in changed.values() if not clip.case]
        candidates = [clip for clip in free if clip.split == CASES[case]] or free
        common = max(candidates, key=lambda clip: _commonness(clip, candidates))
        changed[common.file] = dataclasses.replace(common, case=case)
    return list(changed.values())


def _commonness(clip: Clip, clips: Sequence[Clip]) -> tuple[int, int]:
    """How often the clip's label occurs; of equals, the one with the most words is taken."""
    return sum(other.emotions.keys() == clip.emotions.keys() for other in clips), len(clip.text)


def spoil(path: Path, case: str) -> None:
    """Empty a file, or cut it after 40 % and, where a cut file still plays (AVI), garble what is left."""
    if case == "empty":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    if case == "corrupt":
        whole = path.read_bytes()
        cut = whole[: len(whole) * 2 // 5]
        path.write_bytes(bytes(byte ^ 0x5A for byte in cut) if path.suffix == ".avi" else cut)
