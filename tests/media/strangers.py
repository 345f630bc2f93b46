"""Files that do not belong in a list of videos: text, playlists, pictures, pipes, folders."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import av
import numpy as np
from encodes import SIDE, encode


def named(folder: Path, good: Path) -> list[str]:
    """Write what is no damaged encode but should not be there either; return the names."""
    text = {
        "text.mp4": "hello world\n" * 200,
        "html.mp4": "<html><body>404 Not Found</body></html>",
        "one.mp4": "x",
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{good.name}\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile {good.name}\n",
        "concat.ffconcat": f"ffconcat version 1.0\nfile {good.name}\n",
        "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "manifest.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        f"<AdaptationSet><Representation><BaseURL>{good.name}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "subtitles.mp4": "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n",
        "still%03d.png": "a pattern, not a picture",
    }
    for name, content in text.items():
        (folder / name).write_text(content)
    (folder / "list.mp4").write_text(text["list.m3u8"])
    for i in range(3):
        _still(folder / f"still{i:03d}.png")
    _still(folder / "picture.png").rename(folder / "picture.mp4")
    (folder / "empty.mp4").touch()
    (folder / "folder.mp4").mkdir()
    (folder / "loop_a.mp4").symlink_to("loop_b.mp4")
    (folder / "loop_b.mp4").symlink_to("loop_a.mp4")
    (folder / "dangling.mp4").symlink_to("nowhere.mp4")
    (folder / "device.mp4").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.mp4")
    _subtitles(folder / "subtitles.mkv")
    encode(folder / "deaf.mp4", "libx264", "yuv420p", None, {})
    encode(folder / "blind.mp4", None, "", "aac", {})
    _wave(folder / "slow.wav", rate=1, channels=1)
    _wave(folder / "many.wav", rate=48000, channels=60000)
    links = ("loop_a.mp4", "dangling.mp4", "device.mp4")
    more = ("list.mp4", "picture.mp4", "empty.mp4", "folder.mp4", "pipe.mp4", "subtitles.mkv", "x" * 300 + ".mp4")
    return [*text, *links, *more, "deaf.mp4", "blind.mp4", "slow.wav", "many.wav"]


def _still(path: Path) -> Path:
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((SIDE, SIDE, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _subtitles(path: Path) -> None:
    """A Matroska file whose one track is subtitles: an SRT file, remuxed."""
    source = path.with_suffix(".srt")
    source.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n\n")
    with av.open(str(source)) as read, av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream_from_template(read.streams.subtitles[0])
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    source.unlink()


def _wave(path: Path, rate: int, channels: int) -> None:
    """A WAV file of a header that claims `rate` and `channels`."""
    body = random.Random(0).randbytes(1 << 18)
    kind = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2 & 0xFFFFFFFF, channels * 2 & 0xFFFF, 16)
    data = b"WAVEfmt " + struct.pack("<I", 16) + kind + b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
