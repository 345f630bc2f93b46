"""What is in some media files, by their headers: `python -m conclugen.media.probe < PATHS`, paths separated by NUL.

A header can crash or hang what reads it, so whoever plans the work asks this program instead of opening files itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

TIMEOUT_S = 60.0


def contents(paths: Sequence[str], timeout_s: float = TIMEOUT_S) -> tuple[int, int, int]:
    """Return how many of the files could be opened, how many of these have moving pictures, and how many sound.

    A file that cannot be opened does not count, nor does any after one that kills or holds up the reader.
    """
    command = [sys.executable, "-m", "conclugen.media.probe"]
    given = "\0".join(paths).encode(errors="surrogateescape")
    try:
        done = subprocess.run(
            command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=timeout_s
        )
        said = done.stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
    streams = [json.loads(line) for line in said.splitlines() if line.endswith(b"]")]
    return len(streams), sum(video for video, _ in streams), sum(sound for _, sound in streams)


def main() -> None:
    """Write `[video, sound]` for each file that can be opened, a line each."""
    from conclugen.media.container import open_media
    from conclugen.media.errors import MediaError
    from conclugen.media.streams import audio_stream, video_stream

    for path in sys.stdin.buffer.read().decode(errors="surrogateescape").split("\0"):
        there = []
        try:
            with open_media(path) as container:
                for stream in (video_stream, audio_stream):
                    try:
                        there.append(bool(stream(container)))
                    except MediaError:
                        there.append(False)
        except MediaError:
            continue
        print(json.dumps(there), flush=True)


if __name__ == "__main__":
    main()
