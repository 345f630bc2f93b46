"""Sound files for tests: of any number of channels, and with packets at given times."""

from __future__ import annotations

import wave
from fractions import Fraction

import av
import numpy as np

CODECS = {
    ".mp4": "aac",
    ".mkv": "pcm_s16le",
    ".webm": "libopus",
    ".ts": "mp2",
    ".flv": "libmp3lame",
    ".opus": "libopus",
}
CLOCK = 48_000  # ticks per second in which packets are timed before the container rounds them


def write_wave(path, channels, rate=16000):
    """Write channels (C, T) of -1..1 as a .wav of 16 bits, whose header says nothing of their places in the room."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.asarray(channels).T * 32767).astype("<i2").tobytes())
    return path


def write_placed(path, channels, layout, rate=16000):
    """Write channels (C, T) of -1..1 as .flac or .wav of a layout such as 5.1, which its header names."""
    with av.open(str(path), "w") as container:
        codec = "flac" if str(path).endswith(".flac") else "pcm_f32le"
        stream = container.add_stream(codec, rate=rate, layout=layout)
        for begin in range(0, channels.shape[1], 1024):
            piece = np.ascontiguousarray(channels[:, begin : begin + 1024], np.float32)
            container.mux(stream.encode(_frame(piece, layout, rate, begin)))
        container.mux(stream.encode(None))
    return path


def write_timed(path, pieces, rate=48000, pictures_s=()):
    """Write sound with holes in its times.

    Args:
        path: its suffix names the format, and by `CODECS` the codec.
        pieces: (seconds at which it begins, samples (T,)), ascending.
        rate: samples per second.
        pictures_s: times of the pictures of a video stream beside it; none: there is no such stream.
    """
    codec = next(name for suffix, name in CODECS.items() if str(path).endswith(suffix))
    with av.open(str(path), "w") as container:
        video = (
            container.add_stream("mpeg4", rate=25, width=32, height=32, pix_fmt="yuv420p") if len(pictures_s) else None
        )
        audio = container.add_stream(codec, rate=rate, layout="mono")
        for time_s in pictures_s:
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            picture.pts, picture.time_base = round(time_s * 25), Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None) if video else [])
        for i, (time_s, samples) in enumerate(pieces):
            encoder = audio if i == 0 else _again(audio, codec, rate)
            for packet in _packets(encoder, samples, rate):
                packet.stream = audio
                packet.pts = packet.dts = round((time_s + packet.pts * packet.time_base) * CLOCK)
                packet.time_base = Fraction(1, CLOCK)
                container.mux(packet)
    return path


def _again(stream, codec, rate):
    """Another encoder, since one that was emptied takes nothing more."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", stream.codec_context.format
    encoder.time_base = Fraction(1, rate)
    encoder.open()
    return encoder


def _packets(encoder, samples, rate):
    size = encoder.frame_size or 1024
    kind = encoder.format.name if hasattr(encoder, "format") else encoder.codec_context.format.name
    for begin in range(0, len(samples), size):
        frame = _frame(np.ascontiguousarray(samples[None, begin : begin + size], np.float32), "mono", rate, begin)
        frame = av.AudioResampler(format=kind, layout="mono", rate=rate).resample(frame)[0]
        frame.pts, frame.time_base = begin, Fraction(1, rate)
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _frame(piece, layout, rate, begin):
    frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
    return frame
