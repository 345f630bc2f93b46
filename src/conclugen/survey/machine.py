"""The machine: cores, memory, disk, GPU, and the codecs that PyAV brings."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from conclugen.store.provenance import versions

GB = 1e9
LEAST_FREE_GB = 10.0  # the demo takes two; crops of real film 0.6 an hour
LEAST_MEMORY_GB = 8.0  # of the largest job of stage one, frames3d
# What films and recordings are coded with, by the name that the decoder has.
CODECS = {
    "video": ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg", "wmv2"),
    "sound": ("aac", "mp3", "mp2", "opus", "vorbis", "flac", "ac3", "pcm_s16le"),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """A sentence, and whether a run can go on with it."""

    text: str
    fine: bool = True


def sentences(folder: Path = Path()) -> Iterator[Finding]:
    """Yield what the machine has; `folder`: where results will lie."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GB
    free = shutil.disk_usage(folder).free / GB
    yield Finding(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {cores} cores")
    yield Finding(f"{memory:.0f} GB of memory", memory >= LEAST_MEMORY_GB)
    yield Finding(f"{free:.0f} GB free in {folder.resolve()}", free >= LEAST_FREE_GB)
    yield Finding(_gpu())
    yield Finding(versions())


def _gpu() -> str:
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a CUDA build on a machine without a driver warns
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = ", ".join(torch.cuda.get_device_name(number) for number in range(count))
    return f"GPU: {names}" if names else "no GPU that PyTorch sees; all of it runs on the CPU, pretraining slowly"


def codecs() -> Iterator[Finding]:
    """Yield which of the usual codecs can be decoded."""
    import av

    for kind, names in CODECS.items():
        lost = [name for name in names if not _decodes(name, av)]
        yield Finding(f"{kind}: {', '.join(name for name in names if name not in lost)}")
        if lost:
            yield Finding(f"{kind} coded as {', '.join(lost)}: this PyAV cannot decode it", fine=False)


def _decodes(name: str, av: object) -> bool:
    try:
        av.codec.Codec(name, "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True
