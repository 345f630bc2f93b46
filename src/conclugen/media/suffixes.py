"""Which files are taken for video or sound, by their suffix: lower case, with the dot. The only list of them.

What a file is in truth its decoder finds out; a suffix only says which files of a folder are looked at, so a table may
name files with any other.
"""

from __future__ import annotations

VIDEO = (
    ".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".m1v", ".m2p", ".m2t", ".m2ts", ".m2v",
    ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm",
    ".ogv", ".qt", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv", ".wtv",
)  # fmt: skip
SOUND = (
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".awb", ".caf", ".eac3", ".flac", ".m4a", ".m4b",
    ".mka", ".mp2", ".mp3", ".nist", ".oga", ".ogg", ".opus", ".snd", ".sph", ".spx", ".tta", ".voc", ".w64", ".wav",
    ".wave", ".weba", ".wma", ".wv",
)  # fmt: skip
MEDIA = VIDEO + SOUND


def suffix(path: str) -> str:
    """The suffix of a path in lower case, empty where its name has none."""
    name = path.rsplit("/", 1)[-1]
    _, dot, end = name.rpartition(".")
    return f".{end.lower()}" if dot else ""


def is_sound(path: str) -> bool:
    """Whether a path names a file that holds sound alone."""
    return suffix(path) in SOUND
