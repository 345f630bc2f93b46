"""Media files for tests, written with PyAV."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np


def moving_bars(count, height=96, width=128):
    """Frames (count, H, W, 3) whose grey level is 4 x their number and whose top left quarter is white."""
    frames = np.empty((count, height, width, 3), np.uint8)
    for i in range(count):
        frames[i] = (4 * i) % 200
        frames[i, : height // 2, : width // 2] = 255
    return frames


def tone(seconds, rate=44100, hertz=440.0, amplitude=0.3):
    """A sine (T,) float32."""
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write_media(
    path,
    frames=None,
    rate=25,
    times=None,
    sound=None,
    sound_rate=44100,
    codec="libx264",
    pixels="yuv420p",
    rotation=None,
    aspect=None,
    options=None,
    gop=12,
):
    """Write frames (T, H, W, 3) at `rate` or at `times` (T,) seconds, and sound (T,) or (C, T) at `sound_rate`."""
    with av.open(str(path), "w", options=options or {}) as container:
        video = audio = None
        if frames is not None:
            video = container.add_stream(codec, rate=rate)
            video.height, video.width = frames[0].shape[:2]
            video.pix_fmt, video.codec_context.gop_size = pixels, gop
            video.codec_context.time_base = Fraction(1, rate if times is None else 1000)
            if aspect is not None:
                video.codec_context.sample_aspect_ratio = aspect
            if rotation is not None:
                video.set_display_rotation(rotation)
        if sound is not None:
            layout = "mono" if sound.ndim == 1 else "stereo"
            audio = container.add_stream(
                "aac" if str(path).endswith((".mp4", ".m4a", ".aac")) else "pcm_s16le", rate=sound_rate
            )
            audio.layout = layout
        if video is not None:
            times = np.arange(len(frames)) / rate if times is None else times
            for time_s, image in zip(times, frames, strict=True):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                frame.pts, frame.time_base = round(time_s * 120000), Fraction(1, 120000)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if audio is not None:
            planes = np.atleast_2d(sound)
            for begin in range(0, planes.shape[1], 1024):
                piece = np.ascontiguousarray(planes[:, begin : begin + 1024], dtype=np.float32)
                block = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
                block.sample_rate, block.pts, block.time_base = sound_rate, begin, Fraction(1, sound_rate)
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
    return path
