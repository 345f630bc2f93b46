"""Where each official layout keeps its labels, folds and transcripts.

The workflow asks `sources(adapter, root, settings)` for the files whose change must rebuild a manifest, and `chosen`
for the folders of media it leads to, so this module stays light: the standard library only. Of an adapter that is not
named here, all is in the names of its media. Where a layout has no index
and its folders serve as one, those are returned; where all files of a folder are read, a pattern that finds them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from conclugen.data import official
from conclugen.media import suffixes

MELD_PARTS = {
    "train": ("train_sent_emo.csv", ("train_splits",)),
    "dev": ("dev_sent_emo.csv", ("dev_splits_complete", "dev_splits")),
    "test": ("test_sent_emo.csv", ("output_repeated_splits_test", "test_splits")),
}
MOSEI_MEDIA = {"segmented": "Videos/Segmented/Combined", "full": "Videos/Full/Combined"}
TRANSCRIPT_FILES = "*.txt"  # in a folder of transcripts
CAER_PARTS = ("train", "validation", "test")
CREMAD_VIDEO, CREMAD_SOUND = "VideoFlash", ("AudioWAV", "AudioMP3")
# Names of RAVDESS, the first number of which says what is in the file; the second is 01 for speech.
RAVDESS_NAME = re.compile(r"(0[123])-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.(\w+)")
RAVDESS_HOLDS = {"01": ("video", "audio"), "02": ("video",), "03": ("audio",)}
RAVDESS_SPEECH = "01"
EMODB_NAME = re.compile(r"(\d\d)([ab]\d\d)([a-z])[a-z]\.\w+", re.IGNORECASE)  # speaker, sentence, emotion


def bases(root: Path, names: Iterable[str], depth: int = 2) -> list[Path]:
    """Return `root` and the folders below it, `depth` levels down, whose lower-case names are among `names`."""
    wanted, folders, level = set(names), [root], [root]
    for _ in range(depth):
        level = [
            child
            for folder in level
            if folder.is_dir()
            for child in sorted(folder.iterdir())
            if child.name.lower() in wanted and child.is_dir()
        ]
        folders.extend(level)
    return folders


def first(folders: Iterable[Path], *patterns: str) -> Path | None:
    """The first path that a pattern finds: patterns in order, folders in order within each."""
    folders = list(folders)
    for pattern in patterns:
        for folder in folders:
            if hit := next(iter(sorted(folder.glob(pattern))), None):
                return hit
    return None


def _named(root: Path, value: Any, default: Path | None) -> Path | None:
    """The path that a setting names (relative to root), or else the one that was found."""
    return root / value if value else default


def _existing(*paths: Path | None) -> list[Path]:
    return [path for path in paths if path is not None and path.exists()]


def mosei_bases(root: Path) -> list[Path]:
    """Folders in which the parts of CMU-MOSEI may lie."""
    return bases(root, ("raw", "cmu_mosei", "cmu-mosei", "mosei", "labels"))


def mosei_labels(root: Path, settings: dict[str, Any]) -> Path | None:
    """The label table, `.csd` or `.csv`."""
    patterns = ("CMU_MOSEI_Labels.csd", "*[Ll]abel*.csd", "*[Ll]abel*.csv")
    return _named(root, settings.get("labels"), first(mosei_bases(root), *patterns))


def mosei_folds(root: Path, settings: dict[str, Any]) -> Path | None:
    """The JSON file of the standard folds."""
    return _named(root, settings.get("folds"), first(mosei_bases(root), "standard_folds.json"))


def mosei_transcripts(root: Path, settings: dict[str, Any]) -> Path | None:
    """The folder of segmented transcripts, or a CSV, or the words with their times."""
    patterns = ("Transcript/Segmented/Combined", "transcripts.csv", "CMU_MOSEI_TimestampedWords.csd")
    return _named(root, settings.get("transcripts"), first(mosei_bases(root), *patterns))


def mosei(root: Path, settings: dict[str, Any]) -> list[Path]:
    """Labels, folds and transcripts."""
    files = _existing(*(find(root, settings) for find in (mosei_labels, mosei_folds, mosei_transcripts)))
    return [path / TRANSCRIPT_FILES if path.is_dir() else path for path in files]


def mosei_media(root: Path, choice: str) -> tuple[str, str]:
    """Which media are read, `segmented` or `full`, and the folder, relative to root, that holds them: the official one
    where none is there. `auto` takes segmented where there are any."""
    folders = {kind: first(mosei_bases(root), folder) for kind, folder in MOSEI_MEDIA.items()}
    if choice == "auto":
        choice = "full" if not _holds_files(folders["segmented"]) and _holds_files(folders["full"]) else "segmented"
    folder = folders[choice]
    return choice, folder.relative_to(root).as_posix() if folder else f"Raw/{MOSEI_MEDIA[choice]}"


def _holds_files(folder: Path | None) -> bool:
    if folder is None:
        return False
    with os.scandir(folder) as entries:
        return any(True for _ in entries)


def meld_bases(root: Path) -> list[Path]:
    """Folders in which the parts of MELD may lie, as its archives unpack."""
    return bases(root, ("meld.raw", "meld", "raw", "train", "dev", "test"))


def meld(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The three CSV files."""
    return _existing(*(path for path, _ in meld_parts(root).values()))


def meld_parts(root: Path) -> dict[str, tuple[Path | None, str]]:
    """Return, by part, its label file, if any, and the folder of its clips, relative to root: the official one where
    none is there."""
    folders, parts = meld_bases(root), {}
    for part, (name, names) in MELD_PARTS.items():
        path = first(folders, name)
        clips = first(folders, *names) or (path.parent if path else root) / names[0]
        parts[part] = (path, clips.relative_to(root).as_posix())
    return parts


def caer_base(root: Path) -> Path | None:
    """The folder that holds train, validation and test."""
    base = first(bases(root, ("caer",)), *CAER_PARTS)
    return base.parent if base else None


def caer(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The class folders, which are the labels, and `transcripts.csv`."""
    base = caer_base(root)
    if base is None:
        return []
    folders = [child for part in CAER_PARTS for child in sorted((base / part).glob("*")) if child.is_dir()]
    return [*folders, *_existing(transcripts_csv(root, base))]


def transcripts_csv(root: Path, base: Path) -> Path | None:
    """The optional `transcripts.csv`, at the root or in the folder that holds the splits."""
    return first((root, base), "transcripts.csv")


def voxceleb2_base(root: Path) -> Path:
    """The folder that holds dev and test."""
    base = first(bases(root, ("voxceleb2", "vox2")), "dev", "test")
    return base.parent if base else root


def voxceleb2(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The optional transcripts."""
    return _existing(transcripts_csv(root, voxceleb2_base(root)))


def folder(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The table, if there is one."""
    name = settings.get("table")
    return _existing(root / name) if name else []


def scanned(adapter: str, settings: dict[str, Any]) -> tuple[str, ...]:
    """Return the extensions of the media files whose presence makes an utterance; none where a table lists them."""
    if adapter == "voxceleb2":
        return (".m4a", ".mp4")
    if adapter == "folder" and not settings.get("table"):
        return tuple(settings["extensions"])
    listed = dict.fromkeys(("mosei", "meld", "folder", "features"), ())
    return {**listed, "caer": suffixes.VIDEO}.get(adapter, suffixes.MEDIA)


def chosen(adapter: str, root: Path, settings: dict[str, Any]) -> list[str]:
    """Return the folders of media that a manifest's paths lead to, as they were found: unpacked later, or elsewhere,
    they are others."""
    if adapter == "meld":
        return [f"clips@{folder}" for _, folder in meld_parts(root).values()]
    if adapter == "mosei":
        return ["{}@{}".format(*mosei_media(root, settings["media"]))]
    return []


def features(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The file of arrays."""
    return _existing(root / settings["file"]) if settings.get("file") else []


def ravdess(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The actors' folders."""
    return sorted(path for pattern in ("Actor_*", "*/Actor_*") for path in root.glob(pattern) if path.is_dir())


def ravdess_kinds(path: str) -> tuple[str, ...]:
    """What a file of RAVDESS holds; nothing where it is no recording of speech."""
    match = RAVDESS_NAME.fullmatch(path.rsplit("/", 1)[-1])
    return RAVDESS_HOLDS[match[1]] if match and match[2] == RAVDESS_SPEECH else ()


def cremad(root: Path, settings: dict[str, Any]) -> list[Path]:
    """The folders of videos and of sound, as far as they are there."""
    folders = bases(root, ("crema-d", "cremad"))
    return _existing(*(first(folders, name) for name in (CREMAD_VIDEO, *CREMAD_SOUND)))


SOURCES: dict[str, Callable[[Path, dict[str, Any]], list[Path]]] = {
    "voxceleb2": voxceleb2,
    "mosei": mosei,
    "meld": meld,
    "caer": caer,
    "folder": folder,
    "features": features,
    "ravdess": ravdess,
    "cremad": cremad,
}


def sources(adapter: str, root: Path, settings: dict[str, Any]) -> list[Path]:
    """Return the label and index files of a layout, as far as they are there."""
    if adapter in official.FILES:
        return official.files(adapter, root)
    return SOURCES[adapter](root, settings) if adapter in SOURCES else []
