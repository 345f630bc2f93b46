"""Tiny encodes of moving noise and a tone, one for each family of containers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIDE, FRAMES, RATE = 64, 14, 25
BASES = {
    "h264.mp4": ("libx264", "yuv420p", "aac", {}),
    "first.mp4": ("libx264", "yuv420p", "aac", {"movflags": "faststart"}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", "libopus", {}),
    "mpeg4.avi": ("mpeg4", "yuv420p", "libmp3lame", {}),
    "h264.mkv": ("libx264", "yuv420p", "aac", {}),
    "mjpeg.mov": ("mjpeg", "yuvj420p", "pcm_s16le", {}),
    "mpeg1.mpg": ("mpeg1video", "yuv420p", "mp2", {}),
}


def encode(path: Path, picture: str | None, pixels: str, sound: str | None, options: dict[str, str]) -> Path:
    """Write a small clip of moving noise and a tone."""
    draw = np.random.default_rng(1)
    noise = draw.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    with av.open(str(path), "w", options={"fflags": "+bitexact", **options}) as container:
        video = container.add_stream(picture, rate=RATE) if picture else None
        audio = container.add_stream(sound, rate=48000, layout="mono") if sound else None
        if video is not None:
            video.width = video.height = SIDE
            video.pix_fmt, video.codec_context.gop_size = pixels, 5
            if picture == "libvpx-vp9":
                video.codec_context.options = {"deadline": "realtime", "cpu-used": "8"}
            for i in range(FRAMES):
                image = np.ascontiguousarray(np.roll(noise, 3 * i, axis=1) // 2 + 4 * i)
                container.mux(video.encode(av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")))
            container.mux(video.encode(None))
        if audio is not None:
            _tone(container, audio)
    return path


def _tone(container, audio) -> None:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(48000 * FRAMES // RATE) / 48000)
    kind = audio.codec_context.format.name
    size = audio.codec_context.frame_size or 1024
    for begin in range(0, len(wave) - size + 1, size):
        piece = wave[None, begin : begin + size]
        top, dtype = {"s16": (2**15 - 1, "i2"), "s32": (2**31 - 1, "i4"), "flt": (1, "f4")}[kind[:3]]
        piece = (piece * top).astype(dtype)
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format=kind, layout="mono")
        block.sample_rate, block.pts, block.time_base = 48000, begin, Fraction(1, 48000)
        container.mux(audio.encode(block))
    container.mux(audio.encode(None))
