"""What a step of pretraining on images costs beside the network's own arithmetic, and beside a DataLoader.

One run measures, in turns so that a busy machine slows all alike, and reports medians and ratios within a turn. Seconds
are the clock's on a GPU, the processor's on a CPU:

- `bare`: forward and backward of the network on views that are already there, without loss or optimiser;
- `stills`: the loop's whole step on stills with SimCLR: pictures from the map, two views, network, loss, AdamW;
- `clips`: the same on clips with TimeAug; `SSL-FER`: with all proposals and twice the views (`bare, doubled`);
- `loader`: the step of `stills` fed by torchvision's v2 transforms in a DataLoader, picture by picture.

    python benchmarks/images.py            # small, a minute on two free cores
    python benchmarks/images.py --paper    # ResNet-50 at 112 pixels, 128 clips a step: for a GPU
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness import alternate, arguments, machine, processor_seconds, ratio, write_csv
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from conclugen.images import clip_views, loop, regions, shard
from conclugen.images.methods import METHODS
from conclugen.images.network import drawn
from conclugen.images.presets import PRESETS
from conclugen.images.proposals.time_aug import RATE
from conclugen.images.settings import Pretraining
from conclugen.images.shard import Images
from conclugen.images.views import Batch
from conclugen.pretrain.state import State
from conclugen.store.allocator import keep_memory
from conclugen.store.devices import compute_dtype, device, set_threads
from conclugen.store.settings import parse

SMALL = {"network": "resnet10", "width": 16, "stored": 48, "size": 40, "batch": 64, "channels": 1}
PAPER = {"network": "resnet50", "width": 64, "stored": 128, "size": 112, "batch": 128, "channels": 3}
FRAMES = 25  # of a clip: long enough for HardNeg


class Pictures(Dataset):
    """The pictures of a shard as a DataLoader takes them: two views each, made one by one by torchvision."""

    def __init__(self, images: Images, settings: Pretraining) -> None:
        changes = settings.changes
        colours = (changes.brightness, changes.contrast, changes.saturation, changes.hue)
        self.images = images
        self.change = v2.Compose(
            [
                v2.RandomResizedCrop(settings.size, scale=changes.crop, ratio=(1.0, 1.0), antialias=False),
                v2.RandomHorizontalFlip(changes.mirror),
                v2.RandomApply([v2.ColorJitter(*colours)], changes.colour),
                v2.RandomApply([v2.GaussianBlur(3)], changes.blur),
                v2.RandomGrayscale(changes.grey),
                v2.ToDtype(torch.float32, scale=True),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        picture = torch.from_numpy(np.array(self.images.pixels[row])).permute(2, 0, 1)
        return self.change(picture), self.change(picture)


@dataclasses.dataclass
class Loaded:
    """A source whose views come from a DataLoader."""

    settings: Pretraining
    where: torch.device
    batches: Any

    def batch(self, rows: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return the next views, whichever rows were asked for."""
        views = torch.cat(next(self.batches)).to(self.where)
        return Batch(views, torch.arange(len(views), device=self.where).roll(len(views) // 2), None)


def main() -> None:
    """Measure and write a CSV."""
    parser = arguments("images", __doc__, repeats=7)
    parser.add_argument("--paper", action="store_true")
    given = parser.parse_args()
    set_threads(given.threads)
    keep_memory()  # as jobs of pretraining do
    sizes = PAPER if given.paper else SMALL
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), sizes, given.repeats)
    about = machine(given.threads) | sizes | {"repeats": given.repeats}
    write_csv(given.output, [row | about for row in rows])
    for row in rows:
        told = f"{row['views_per_s']:8.0f} views/s  {row['of_bare']:.2f} of bare  {row['times_loader']:.2f} x loader"
        print(f"{row['measured']:>14}  {row['median_s']:.4f} s  {told}")


def write(folder: Path, sizes: dict[str, Any]) -> tuple[Images, Images]:
    """Return noise as stills, and as frames of clips."""
    count, side, channels = FRAMES * 2 * sizes["batch"], sizes["stored"], sizes["channels"]
    clip, moment = np.divmod(np.arange(count), FRAMES)
    points = iter(np.broadcast_to(regions.registered().numpy(), (count, 68, 2)))
    clips = shard.Clips(clip.astype(np.int32), moment / RATE, points)
    for name, frames in (("stills", None), ("clips", clips)):
        rng = np.random.default_rng(0)
        noise = (rng.integers(0, 256, (side, side, channels), np.uint8) for _ in range(count))
        shard.write(folder / name, [str(n) for n in range(count)], noise, side, channels, {}, frames)
    return shard.read(folder / "stills"), shard.read(folder / "clips")


def job(images: Images, sizes: dict[str, Any], method: str, loaded: bool = False) -> loop.Job:
    """Return a training that is about to begin."""
    told = {"network": sizes["network"], "width": sizes["width"], "size": sizes["size"], "batch_size": sizes["batch"]}
    told |= {"dataset": "noise", "preset": "improved", "method": method, "epochs": 100, "absent": []}
    told |= {"proposals": list(METHODS[method])}
    settings, where = parse(Pretraining, json.dumps(PRESETS["improved"] | told)), device()
    network = drawn(sizes["network"], sizes["channels"], sizes["width"], 0).to(where).train()
    descriptors = torch.rand((len(images), 64), generator=torch.Generator().manual_seed(0))
    source = clip_views.source(images, settings, where, descriptors)
    if loaded:
        source = Loaded(settings, where, endless(Pictures(images, settings), sizes["batch"]))
    number = len(images) if images.frames is None else len(images) // FRAMES
    items = torch.arange(number)
    return loop.job(network, source, items, items, 0, State(Path("unused"), "benchmark"))


def endless(pictures: Pictures, batch: int) -> Any:
    """Yield batches of two views for ever."""
    while True:
        yield from DataLoader(pictures, batch, shuffle=True, drop_last=True)


def stepping(one: loop.Job, batch: int) -> Callable[[], float]:
    """Return a call that takes one step of a training."""
    number = iter(range(10**9))

    def step() -> float:
        rows = torch.randperm(len(one.train), generator=torch.Generator().manual_seed(0))[:batch]
        return loop.step(one, rows, next(number))  # its loss is read, so a GPU has finished

    return step


def bare(one: loop.Job, views: int, sizes: dict[str, Any]) -> Callable[[], float]:
    """Return a call of forward and backward on views that are there."""
    where, dtype = one.source.where, compute_dtype(one.source.where)
    images = torch.rand((views, sizes["channels"], sizes["size"], sizes["size"]), device=where)

    def call() -> float:
        with torch.autocast(where.type, dtype, enabled=dtype != torch.float32):
            found = one.network(images).sum()
        one.network.zero_grad()
        found.backward()
        return float(found.detach())

    return call


def measure(folder: Path, sizes: dict[str, Any], repeats: int) -> list[dict[str, Any]]:
    """Return a row for each thing that is measured."""
    stills, clips = write(folder, sizes)
    batch = sizes["batch"]
    things = {
        "bare": bare(job(stills, sizes, "SimCLR"), 2 * batch, sizes),
        "bare, doubled": bare(job(stills, sizes, "SimCLR"), 4 * batch, sizes),
        "loader": stepping(job(stills, sizes, "SimCLR", loaded=True), batch),
        "stills": stepping(job(stills, sizes, "SimCLR"), batch),
        "clips": stepping(job(clips, sizes, "TimeAug"), batch),
        "SSL-FER": stepping(job(clips, sizes, "SSL-FER"), batch),
    }
    clock = time.perf_counter if device().type == "cuda" else processor_seconds
    seconds = alternate(things, repeats, warm_up=2, clock=clock)
    rows = []
    for name, taken in seconds.items():
        doubled = name in ("bare, doubled", "SSL-FER")
        under, views = seconds["bare, doubled" if doubled else "bare"], batch * (4 if doubled else 2)
        median = statistics.median(taken)
        shares = {"of_bare": ratio(under, taken), "times_loader": ratio(seconds["loader"], taken) * views / (2 * batch)}
        rows.append({"measured": name, "median_s": median, "views_per_s": views / median, **shares})
    return rows


if __name__ == "__main__":
    main()
