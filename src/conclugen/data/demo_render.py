"""Makes one clip of the demo corpus: speech, film, and both in a file as the layout has it."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from conclugen.data.demo_camera import film
from conclugen.data.demo_cases import spoil
from conclugen.data.demo_plan import Clip, generator
from conclugen.data.demo_speech import RATE, speak, voice_of

# By the ending of the file: codec, options and bit rate of the picture, then the codec of the sound.
CODECS = {".mp4": ("h264", "aac"), ".avi": ("mpeg4", "libmp3lame")}


@dataclasses.dataclass(frozen=True)
class Rendered:
    """A written clip: its file below the root and its length in seconds."""

    file: str
    seconds: float


def render(clip: Clip, root: Path, stereo: bool) -> Rendered:
    """Write a clip below `root`. A missing clip is not written, a spoilt one is cut or emptied afterwards."""
    sound = speak(clip.text, voice_of(clip.identity), clip.voice, clip.seed)
    fps = clip.framing.fps
    n = max(int(len(sound) / RATE * fps), 2)
    seconds = n / fps
    sound = np.pad(sound, (0, max(0, int(seconds * RATE) - len(sound))))[: int(seconds * RATE)]
    path = root / clip.file
    if clip.case not in ("missing", "empty"):
        frames = film(clip, _loudness(sound, n))
        if clip.case == "silent":
            sound = np.zeros_like(sound)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, frames, None if clip.case == "no_audio" else sound, clip, stereo)
    spoil(path, clip.case)
    return Rendered(clip.file, seconds)


def write_video(path: Path, frames: np.ndarray, sound: np.ndarray | None, clip: Clip, stereo: bool) -> None:
    """Encode frames (T, h, w, 3) uint8 and sound (n,) float32 at `RATE` Hz; one thread, so that it is repeatable."""
    rng = generator("codec", clip.seed)
    times = _times(len(frames), clip, rng)
    picture_codec, sound_codec = CODECS[path.suffix]
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        picture = container.add_stream(picture_codec, rate=clip.framing.fps)
        picture.width, picture.height, picture.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        picture.codec_context.thread_count = 1
        picture.codec_context.flags |= av.codec.context.Flags.bitexact
        if picture_codec == "h264":
            picture.options = {"preset": "superfast", "crf": str(int(rng.integers(22, 34)))}
        else:
            picture.bit_rate = int(rng.integers(300_000, 1_200_000))
        if clip.case == "variable_rate":
            picture.codec_context.time_base = Fraction(1, 1000)
        else:
            picture.codec_context.time_base = Fraction(1, clip.framing.fps)
        voice = None
        if sound is not None:
            voice = container.add_stream(sound_codec, rate=RATE, layout="stereo" if stereo else "mono")
            voice.bit_rate = int(rng.choice((32_000, 48_000, 64_000))) * (2 if stereo else 1)
        for i, time in times:
            frame = av.VideoFrame.from_ndarray(frames[i], format="rgb24")
            frame.pts, frame.time_base = time, picture.codec_context.time_base
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        if voice is not None:
            _encode_sound(container, voice, sound)


def _times(n: int, clip: Clip, rng: np.random.Generator) -> list[tuple[int, int]]:
    """(frame, time stamp): every frame in turn; at a variable rate some are left out, the others unevenly spaced."""
    if clip.case != "variable_rate":
        return [(i, i) for i in range(n)]
    frames = [i for i in range(n) if i in (0, n - 1) or rng.random() < 0.6]
    step = 1000 / clip.framing.fps
    return [(i, round(i * step + rng.uniform(-0.3, 0.3) * step * (0 < i < n - 1))) for i in frames]


def _encode_sound(container: av.container.OutputContainer, stream: av.AudioStream, sound: np.ndarray) -> None:
    """Encode sound in pieces of the codec's own size, as it demands; further channels repeat the first."""
    size, channels = stream.codec_context.frame_size or 1024, stream.codec_context.channels
    for start in range(0, len(sound), size):
        piece = np.tile(sound[start : start + size], (channels, 1))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout=stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _loudness(sound: np.ndarray, n: int) -> np.ndarray:
    """Loudness (n,) in 0..1 of each of n equal parts of the sound, for the lips."""
    level = np.asarray([np.sqrt(np.mean(np.square(part))) for part in np.array_split(sound, n)])
    return np.clip(level / (np.quantile(level, 0.95) + 1e-6) - 0.15, 0, 1)
