"""The three streams of video and sound against their bare backbones: the packaged ones, and those of the paper.

`stream` is all that a job does between loading its network and writing its shard: reading, decoding, resizing,
batching, the network, pooling. `bare` is the network alone on the very tensors that the stream gives it, which are
made beforehand, at the batch size that suits it best. The ratio is that of their rates. The paper's networks have
random weights: what they cost does not depend on them.
On the CPU seconds are the processor's, of all threads and of the decoding process with its start; on a GPU they are the
clock's.

    python benchmarks/extraction.py
"""

from __future__ import annotations

import dataclasses
import functools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torchvision
from clips import make_clips
from harness import alternate, arguments, processor_seconds, ratio, report

from conclugen.config.stage_one import Audio, Faces, Frames2d, Frames3d
from conclugen.faces.extract import extract as cut_face
from conclugen.faces.settings import FaceSettings
from conclugen.faces.shard import FaceShard, FaceShardWriter
from conclugen.features import audio, common, frames2d, frames3d
from conclugen.features.backbone import Backbone, WeightFile, chosen
from conclugen.features.backbones.davenet import Davenet
from conclugen.features.backbones.r3d101 import R3D101
from conclugen.features.backbones.resnet152 import ResNet152
from conclugen.features.faces import Clips
from conclugen.features.settings import Audio as AudioSettings
from conclugen.features.settings import Frames2d as Frames2dSettings
from conclugen.features.settings import Frames3d as Frames3dSettings
from conclugen.media.items import MediaItem
from conclugen.store.devices import device, set_threads

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
STREAMS = ("frames2d", "frames3d", "audio")
SECTIONS = {"frames2d": Frames2d(), "frames3d": Frames3d(), "audio": Audio()}
VISUAL = {"frames2d": (Frames2dSettings, frames2d), "frames3d": (Frames3dSettings, frames3d)}
# Of each stream the paper's backbone, and how its network is made without a file of weights.
PAPER: dict[str, tuple[str, Callable[[], torch.nn.Module]]] = {
    "frames2d": ("resnet152", lambda: ResNet152(torchvision.models.resnet152()).to(memory_format=torch.channels_last)),
    "frames3d": ("r3d101", lambda: R3D101().to(memory_format=torch.channels_last_3d)),
    "audio": ("davenet", Davenet),
}


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("extraction", __doc__, repeats=5)
    parser.add_argument("--clips", type=int, default=6, help="films to render")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each, on average")
    parser.add_argument("--copies", type=int, nargs=3, default=(8, 2, 84), help="of each film, per stream")
    parser.add_argument(
        "--paper-copies", type=int, nargs=3, default=(2, 2, 16), help="the same for the paper's networks"
    )
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=STREAMS)
    options = parser.parse_args()
    set_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        clips = make_clips(Path(folder), options.clips, options.seconds, height=360)
        rows: list[dict[str, object]] = []
        for paper, copies in ((False, options.copies), (True, options.paper_copies)):
            for stream in options.streams:
                count, measure = copies[STREAMS.index(stream)], of_audio if stream == "audio" else of_faces
                rows.append(measure(stream, paper, Path(folder), clips, count, options.repeats))
                report(options.output, rows, options.threads)  # after each, since the whole takes minutes


def of_faces(
    stream: str, paper: bool, folder: Path, clips: Sequence[Path], copies: int, repeats: int
) -> dict[str, object]:
    """Measure a visual stream."""
    kind, streams = VISUAL[stream]
    settings, backbone, module = loaded(stream, paper, kind)
    settings = dataclasses.replace(settings, size=backbone.size)
    path = face_shard(folder / f"{stream}-{paper}.h5", clips, copies)
    with FaceShard(path) as shard:
        clips_of = Clips(shard, {})
        do = functools.partial(streams.extract, clips_of, settings, dim=backbone.dim)
        return about(stream, backbone, paper) | compare(do, module, repeats)


def of_audio(
    stream: str, paper: bool, folder: Path, clips: Sequence[Path], copies: int, repeats: int
) -> dict[str, object]:
    """Measure sound; the start of the decoding process is counted."""
    settings, backbone, module = loaded(stream, paper, AudioSettings)
    items = [MediaItem(f"{c.stem}-{i}", c.name, None, None, None, 0, "") for i in range(copies) for c in clips]
    do = functools.partial(audio.extract, items, folder, settings, backbone)
    return about(stream, backbone, paper) | compare(do, module, repeats)


def loaded(stream: str, paper: bool, kind: type) -> tuple[Any, Backbone, torch.nn.Module]:
    """Return the settings, the backbone and the network of a stream: the default ones or the paper's."""
    settings = kind(**SECTIONS[stream].model_dump(exclude={"seen"}))
    if not paper:
        backbone = chosen(settings)
        return settings, backbone, backbone.load(device())[0]
    name, construct = PAPER[stream]
    settings = dataclasses.replace(settings, backbone=name, weights=WeightFile("random", "0" * 64))
    return settings, chosen(settings), construct().eval().requires_grad_(False).to(device())


def about(stream: str, backbone: Backbone, paper: bool) -> dict[str, object]:
    """Return what a row says of its network."""
    return {"stream": stream, "backbone": backbone.name, "weights": "random" if paper else "packaged"}


def compare(extract: Callable[..., object], module: torch.nn.Module, repeats: int) -> dict[str, object]:
    """Return the rates of a stream and of its network alone, in utterances, frames or windows per second."""
    given: list[Any] = []
    extract(module=Recorder(module, given))
    inputs = [one for batch in given for one in batch]
    batch = best_batch(module, inputs)
    calls = ready(inputs, batch)
    clock = time.perf_counter if device().type == "cuda" else processor_seconds
    things = {"stream": lambda: extract(module=module), "bare": lambda: run(module, calls)}
    seconds = alternate(things, repeats, clock=clock)
    ratios = [b / a for a, b in zip(seconds["stream"], seconds["bare"], strict=True)]
    return {
        "inputs": len(inputs),
        "shape": "x".join(str(n) for n in inputs[0].shape) if inputs[0].dim() > 1 else "waves",
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
