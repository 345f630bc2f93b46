"""The three streams of video and sound against their bare backbones.

`stream` is all that a job does between loading its network and writing its shard: reading, decoding, resizing,
batching, the network, pooling. `bare` is the network alone on the very tensors that the stream gives it, which are
made beforehand, at the batch size that suits it best. The ratio is that of their rates.
On the CPU seconds are the processor's, of all threads and of the decoding process with its start; on a GPU they are the
clock's.

    python benchmarks/extraction.py
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from clips import make_clips
from harness import alternate, arguments, processor_seconds, ratio, report

from conclugen.config.stage_one import Audio, Faces, Frames2d, Frames3d
from conclugen.faces.extract import extract as cut_face
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard, FaceShardWriter
from conclugen.features import audio, common, frames2d, frames3d
from conclugen.features.audio import AudioSettings
from conclugen.features.backbone import Backbone, choose
from conclugen.features.faces import Clips
from conclugen.features.frames2d import Frames2dSettings
from conclugen.features.frames3d import Frames3dSettings
from conclugen.media.items import MediaItem
from conclugen.store.devices import device, set_threads

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
STREAMS = ("frames2d", "frames3d", "audio")


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("extraction", __doc__, repeats=5)
    parser.add_argument("--clips", type=int, default=6, help="films to render")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each, on average")
    parser.add_argument("--copies", type=int, nargs=3, default=(16, 2, 24), help="of each, per stream")
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=STREAMS)
    options = parser.parse_args()
    set_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder), options.clips, options.seconds, height=360)
        copies = dict(zip(STREAMS, options.copies, strict=True))
        rows: list[dict[str, object]] = []
        for name in options.streams:
            rows.append(MEASURED[name](Path(folder), clips, copies[name], options.repeats, options.threads))
            report(options.output, rows, options.threads)  # after each stream, since the whole takes minutes


def of_frames2d(folder: Path, clips: Sequence[Path], copies: int, repeats: int, threads: int) -> dict[str, object]:
    """Measure still frames."""
    settings, module, dim = loaded(Frames2dSettings, Frames2d(), frames2d.BACKBONES)
    with FaceShard(face_shard(folder / "frames2d.h5", clips, copies)) as shard:
        clips_of = Clips(shard, {})
        return compare("frames2d", lambda m: frames2d.extract(clips_of, settings, m, dim), module, repeats)


def of_frames3d(folder: Path, clips: Sequence[Path], copies: int, repeats: int, threads: int) -> dict[str, object]:
    """Measure windows of frames."""
    settings, module, dim = loaded(Frames3dSettings, Frames3d(), frames3d.BACKBONES)
    with FaceShard(face_shard(folder / "frames3d.h5", clips, copies)) as shard:
        clips_of = Clips(shard, {})
        return compare("frames3d", lambda m: frames3d.extract(clips_of, settings, m, dim), module, repeats)


def loaded(
    kind: type, section: Frames2d | Frames3d, backbones: Mapping[str, Callable[..., Backbone]]
) -> tuple[Any, torch.nn.Module, int]:
    """Return the settings, the network and the dimension of a visual stream with its default backbone."""
    settings = kind(**section.model_dump(exclude={"seen"}))
    backbone = choose(backbones, settings)
    module, _ = backbone.load(device())
    return dataclasses.replace(settings, size=backbone.size), module, backbone.width(module)


def of_audio(folder: Path, clips: Sequence[Path], copies: int, repeats: int, threads: int) -> dict[str, object]:
    """Measure sound; the start of the decoding process is counted."""
    settings = AudioSettings(**Audio().model_dump(exclude={"seen"}))
    backbone = choose(audio.BACKBONES, settings)
    module, _ = backbone.load(device())
    items = [MediaItem(f"{c.stem}-{i}", c.name, None, None, None, 0, "") for i in range(copies) for c in clips]
    return compare("audio", lambda m: audio.extract(items, folder, settings, backbone, m), module, repeats)


MEASURED = {"frames2d": of_frames2d, "frames3d": of_frames3d, "audio": of_audio}


def compare(
    stream: str, extract: Callable[[torch.nn.Module], object], module: torch.nn.Module, repeats: int
) -> dict[str, object]:
    """Return the rates of a stream and of its network alone, in utterances, frames or windows per second."""
    given: list[Any] = []
    extract(Recorder(module, given))
    inputs = [one for batch in given for one in batch]
    batch = best_batch(module, inputs)
    calls = ready(inputs, batch)
    clock = time.perf_counter if device().type == "cuda" else processor_seconds
    things = {"stream": lambda: extract(module), "bare": lambda: run(module, calls)}
    seconds = alternate(things, repeats, clock=clock)
    ratios = [b / a for a, b in zip(seconds["stream"], seconds["bare"], strict=True)]
    return {
        "stream": stream,
        "inputs": len(inputs),
        "shape": "x".join(str(n) for n in inputs[0].shape) if stream != "audio" else "waves",
        "best_batch": batch,
        "stream_per_s": len(inputs) / min(seconds["stream"]),
        "bare_per_s": len(inputs) / min(seconds["bare"]),
        "ratio_median": ratio(seconds["bare"], seconds["stream"]),
        "ratio_least": min(ratios),
        "repeats": repeats,
    }


class Recorder(torch.nn.Module):
    """A network that keeps what it is given."""

    def __init__(self, module: torch.nn.Module, given: list[Any]) -> None:
        super().__init__()
        self.module, self.given = module, given

    def forward(self, batch: Any) -> torch.Tensor:
        """Return the network's output (N, D)."""
        self.given.append([one.clone() for one in batch])
        return self.module(batch)


def ready(inputs: Sequence[torch.Tensor], size: int) -> list[Any]:
    """Join inputs into batches; waves stay a list, in order of length so that little is padded."""
    if inputs[0].dim() == 1:
        inputs = sorted(inputs, key=len)
        return [inputs[i : i + size] for i in range(0, len(inputs), size)]
    return [torch.stack(list(inputs[i : i + size])) for i in range(0, len(inputs), size)]


def run(module: torch.nn.Module, calls: Sequence[Any]) -> None:
    """Run the network over batches that are there."""
    for call in calls:
        common.embed(module, call, device())
    if device().type == "cuda":
        torch.cuda.synchronize()


def best_batch(module: torch.nn.Module, inputs: Sequence[torch.Tensor]) -> int:
    """Return the batch size at which the network is fastest, over some of the inputs."""
    seconds = {}
    for size in [size for size in BATCHES if size <= len(inputs)]:
        calls = ready(inputs[: max(size, 16)], size)
        run(module, calls[:1])
        started = processor_seconds()
        run(module, calls)
        seconds[size] = (processor_seconds() - started) / sum(len(call) for call in calls)
    return min(seconds, key=seconds.__getitem__)


def face_shard(path: Path, clips: Sequence[Path], copies: int) -> Path:
    """Write the faces of clips, `copies` times each under different names."""
    settings = FaceSettings(detector="mtcnn", **Faces().model_dump())
    with FaceShardWriter(path, settings.crop_size, {}) as writer:
        for clip in clips:
            done = cut_face(MediaItem(clip.stem, clip.name, None, None, None, 0, ""), str(clip.parent), settings)
            for i in range(copies):
                writer.add(f"{clip.stem}-{i}", done.present, done.track)
    return path


if __name__ == "__main__":
    main()
