"""What is looked at of a data set at every call: the contents of its label files, the times of its media."""

from __future__ import annotations

from pathlib import Path

from conclugen import choices, slices
from conclugen.config import Config
from conclugen.data import content, tree
from conclugen.data.sources import chosen, scanned, sources
from conclugen.images.listing import SUFFIXES
from conclugen.media import suffixes

IMAGE_FILES = (".csv", ".txt", ".npy", *SUFFIXES)


def is_demo(config: Config, dataset: str) -> bool:
    """Return whether a data set is a demo corpus."""
    return choices.demo_layout(config.datasets[dataset].root) in config.demo.utterances


def inputs(config: Config, dataset: str) -> list[str]:
    """Return the index of a demo corpus, which names the hash of each file, or the file of a world. Files of the user's
    own are no inputs: they are compared by content instead of by time (`contents`), and may have any name.
    """
    if is_demo(config, dataset):
        return [f"results/demo/{choices.demo_layout(config.datasets[dataset].root)}/index.csv"]
    return choices.world_files(config, dataset)


def contents(config: Config, dataset: str) -> list[str]:
    """Return a digest of each label and index file, one of the list of media where that alone makes utterances or tells
    which file is meant, and the folders of media that were found.
    """
    data_set = config.datasets[dataset]
    if inputs(config, dataset):
        return []
    root, options = Path(data_set.root), slices.stage_settings(config, "manifest", {"dataset": dataset})
    digests = tree.contents(root, sources(data_set.adapter, root, options))
    extensions = scanned(data_set.adapter, options)
    if data_set.adapter == "folder" and content.spelled_otherwise(root, options):
        extensions = tuple(options["extensions"])
    if extensions:
        digests.append(f"media@{tree.names(root, extensions, _most(config, dataset))}")
    return [*digests, *chosen(data_set.adapter, root, options)]


def media(config: Config, dataset: str) -> list[str]:
    """Return a digest of the media by name, size and time: the plan looks at each file again when one has changed."""
    data_set = config.datasets[dataset]
    if is_demo(config, dataset) or data_set.adapter == "features":
        return []
    root, extensions = Path(data_set.root), tuple(getattr(data_set, "extensions", ()))
    options = slices.stage_settings(config, "manifest", {"dataset": dataset})
    named = tuple(content.named_files(root, options)) if data_set.adapter == "folder" else ()
    return [f"media@{tree.stamps(root, (*suffixes.MEDIA, *extensions), _most(config, dataset), named)}"]


def images(config: Config, name: str) -> list[str]:
    """Return a digest of the files of an image data set by name, size and time, of at most `tree.ENTRIES`."""
    root = Path(config.images.datasets[name].root)
    return [f"images@{tree.stamps(root, IMAGE_FILES, tree.ENTRIES)}"] if root.is_dir() else []


def _most(config: Config, dataset: str) -> int | None:
    """How many files and folders may be looked at for changes: none, some, or any number."""
    return {None: tree.ENTRIES, True: None, False: 0}[config.datasets[dataset].watch]
