"""Clips for the benchmarks: moving faces from the demo's renderer, with speech, in h264 and AAC."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

from conclugen.data.demo_camera import film
from conclugen.data.demo_plan import Clip, Framing, Settings, Strengths, make_clip
from conclugen.data.demo_render import render, write_video
from conclugen.data.demo_speech import RATE

EMOTIONS = ({"happy": 2.0}, {"sad": 1.5}, {"anger": 2.0}, {"surprise": 2.5}, {"fear": 1.0}, {})


def make_clips(folder: Path, count: int, seconds: float, height: int = 720, fps: int = 25) -> list[Path]:
    """Write `count` clips of 16:9, `height` lines and about `seconds` into `folder`, each of another person."""
    return [render_one(folder, clip) for clip in plan(count, seconds, height, fps)]


def plan(count: int, seconds: float, height: int, fps: int) -> list[Clip]:
    """Return clips whose heads fill a quarter to a half of the frame's height."""
    settings = Settings(count, seconds, height, fps, 0, Strengths(1.0, 1.0, 1.0))
    framing = Framing(height * 16 // 9, height, fps, (0.55, 1.1))
    return [
        make_clip(
            settings, "benchmark", framing, EMOTIONS[i % len(EMOTIONS)],
            file=f"clip{i:02d}.mp4", utterance_id=f"clip{i:02d}", split="train", identity=i, scene=i, about={},
        )
        for i in range(count)
    ]  # fmt: skip


def render_one(folder: Path, clip: Clip) -> Path:
    """Render one clip into `folder`."""
    return folder / render(clip, folder, stereo=False).file


def exact_clip(path: Path, seconds: float, height: int, fps: int = 25) -> Path:
    """Write a clip of exactly `seconds` with a moving face and a tone that comes and goes.

    It is filmed at a third of `height` and enlarged, which spares most of the noise and so of the file.
    """
    clip = plan(1, seconds, height // 3, fps)[0]
    count, time_s = round(seconds * fps), np.arange(round(seconds * RATE)) / RATE
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time_s)
    sound = (0.2 * loud * np.sin(2 * np.pi * 180 * time_s)).astype(np.float32)
    size = (height * 16 // 9, height)
    frames = film(clip, 0.5 + 0.5 * np.sin(np.arange(count)))
    large = [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR)) for frame in frames]
    write_video(path, np.stack(large), sound, clip, stereo=False)
    return path


def repeat(source: Path, target: Path, times: int) -> Path:
    """Write `target`: the packets of `source`, `times` over, with their times moved on; nothing is encoded again."""
    with av.open(str(source)) as opened, av.open(str(target), "w") as output:
        streams = {s.index: output.add_stream_from_template(s) for s in opened.streams}
        first, end = dict.fromkeys(streams, math.inf), dict.fromkeys(streams, 0.0)
        for packet in opened.demux():
            if packet.dts is not None:
                i = packet.stream.index
                first[i] = min(first[i], float(packet.dts * packet.time_base))
                end[i] = max(end[i], float((packet.dts + packet.duration) * packet.time_base))
        length_s = max(end[i] - first[i] for i in streams)
        for turn in range(times):
            opened.seek(0)
            for packet in opened.demux():
                if packet.dts is not None:
                    later = round(turn * length_s / packet.time_base)
                    packet.pts, packet.dts = packet.pts + later, packet.dts + later
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
    return target


def pixels(path: Path) -> list[np.ndarray]:
    """Return every frame of a file, RGB (H, W, 3) uint8."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def rescaled(sources: Sequence[Path], folder: Path, height: int = 720) -> list[Path]:
    """Write the films of `sources` scaled to `height` lines, without sound."""
    return [_rescale(source, folder / f"{source.stem}.mp4", height) for source in sources]


def _rescale(source: Path, target: Path, height: int) -> Path:
    with av.open(str(source)) as opened, av.open(str(target), "w") as output:
        stream = opened.streams.video[0]
        width = round(stream.width * height / stream.height / 2) * 2
        written = output.add_stream("h264", rate=stream.average_rate)
        written.width, written.height, written.pix_fmt = width, height, "yuv420p"
        written.options = {"preset": "superfast", "crf": "23"}
        for frame in opened.decode(stream):
            output.mux(written.encode(frame.reformat(width, height, "yuv420p")))
        output.mux(written.encode())
    return target
