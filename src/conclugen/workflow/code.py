"""The code of each stage as the configuration chooses it: a changed hash runs the stage's jobs again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from conclugen import choices
from conclugen.config import Config
from conclugen.downstream.protocols import FUSIONS
from conclugen.features import staged
from conclugen.features.catalogue import CATALOGUE
from conclugen.images import shape
from conclugen.pretrain import methods
from conclugen.store import fingerprint as source
from conclugen.store import packaged
from conclugen.store.provenance import file_sha256
from conclugen.workflow import image_slices

# What keys there are: a job is told the values of its own, so a new key or default reruns what it changes alone.
KEYS = (
    "conclugen.store.keys",
    "conclugen.data.settings",
    "conclugen.data.published",
    "conclugen.faces.settings",
    "conclugen.features.settings",
    "conclugen.pretrain.settings",
    "conclugen.downstream.settings",
    "conclugen.images.settings",
    "conclugen.images.sets",
    "conclugen.evaluation.settings",
)
# Also which GPU a job takes, whether its run still lasts, and what all packages hold, of which a stage names its part.
NO_PART_OF_RESULTS = (*KEYS, "conclugen.store.lease", "conclugen.store.fence", "conclugen.store.packaged")

ALIKE = ("clips", "copies", "points")  # stages below `images` whose code is found as that of others is
OF_VIDEO = ("conclugen.pretrain.objective", "conclugen.models.network")

BY_JOB = ("features.transcripts", "pretrain.run", "images.prepare", "images.controls")  # wildcards choose their code


def made_by(config: Config, module: str | Callable[[Any], str]) -> Callable[[Any], list[str]]:
    """Return a params function: the code of a stage, found once where no wildcard chooses it.

    Args:
        config: the configuration.
        module: the stage's, below `conclugen`; or a params function of it.
    """
    if callable(module):
        return lambda wildcards: _of_job(config, module(wildcards), wildcards)
    if module in BY_JOB:
        return lambda wildcards: _of_job(config, module, wildcards)
    code = _of_job(config, module, None)
    return lambda wildcards: code


def _of_job(config: Config, module: str, wildcards: Any) -> list[str]:
    """Return the code of a stage as the configuration and the wildcards of a job choose it."""
    folder, _, name = module.partition(".")
    stream = name.removesuffix("_views")
    if folder == "features" and stream in CATALOGUE:
        return of_stream(config, stream, name)
    if folder == "downstream":
        return of_downstream(config, name, wildcards.method)
    if folder == "images" and name not in ALIKE:
        return of_images(config, module, _network_of_images(config, name, wildcards), _layout(config, name, wildcards))
    known = {
        "faces.run": lambda: of_faces(config),
        "features.transcripts": lambda: of_transcripts(config, wildcards.dataset),
        "pretrain.run": lambda: of_pretraining(config, wildcards.method),
        "images.points": lambda: of_points(config),
        "evaluation.report.run": lambda: of_page(config),
    }
    return known.get(module, lambda: of(config, module))()


def of(config: Config, module: str, without: Iterable[str] = (), plus: Iterable[str] = ()) -> list[str]:
    """Return the code of a stage and, where the configuration asks for it, the versions of the libraries it imports.

    Args:
        config: the configuration.
        module: the stage's, below `conclugen`.
        without, plus: as for `store.fingerprint`.
    """
    entry, left_out = f"{source.PACKAGE}.{module}", (*without, *NO_PART_OF_RESULTS)
    code = source.fingerprint(entry, left_out, plus)
    return code + source.libraries(entry, config.rerun_on_upgrade, left_out, plus)


def of_stream(config: Config, stream: str, module: str | None = None) -> list[str]:
    """Return the code of a stream with its backbone, and the files its network is built from beside its weights; the
    other backbones are no part of it.
    """
    chosen = getattr(config.features, stream)
    plus = [f"conclugen.features.backbones.{chosen.backbone}", *_network_of(stream, chosen)]
    code = of(config, f"features.{module or stream}", plus=plus)
    return code + staged.companions(stream, chosen) + packaged.hashes([chosen.backbone])


def _network_of(stream: str, chosen: Any) -> list[str]:
    """The modules that build the network which a backbone's file names; none where the file is missing."""
    needs_file = CATALOGUE[stream][chosen.backbone].own
    if not needs_file or chosen.weights is None or not Path(chosen.weights.path).is_file():
        return []
    network = shape.read(Path(chosen.weights.path)).network
    return ["conclugen.images.backbone", f"conclugen.images.networks.{network}"]


def of_transcripts(config: Config, dataset: str) -> list[str]:
    """Return the code of the transcripts with the chosen engine, and its files beside the weights; the other engine is
    no part of it.
    """
    asr = config.datasets[dataset].asr
    code = of(config, "features.transcripts", choices.unused_engines(config, dataset))
    beside = staged.hashes_beside(asr.weights.path) if asr.weights else []
    return code + beside + packaged.hashes([asr.engine, "silero_vad"])


def of_faces(config: Config) -> list[str]:
    """Return the code of the face stage and the weights of its detector."""
    return of(config, "faces.run") + packaged.hashes(["mtcnn"])


def of_pretraining(config: Config, method: str) -> list[str]:
    """Return the code of pretraining with the losses of a method; the others are no part of it."""
    losses = choices.losses(config, method)
    return of(config, "pretrain.run", methods.unused_modules(losses), methods.chosen_modules(losses))


def of_downstream(config: Config, protocol: str, method: str) -> list[str]:
    """Return the code of a protocol and, of a way to fuse modalities, its module; the others are no part of it."""
    fusion = [f"conclugen.downstream.fusions.{FUSIONS[method]}"] if method in FUSIONS else []
    return of(config, f"downstream.{protocol}", plus=fusion)


def of_images(config: Config, module: str, network: str, layout: str = "") -> list[str]:
    """Return the code of a stage on images with the network and the layout that it finds by name, if it does, and the
    weights that a network starts from; what measures networks on video is no part of it.
    """
    by_folder = {"networks": network, "layouts": layout}
    plus = [f"conclugen.images.{folder}.{name}" for folder, name in by_folder.items() if name]
    return of(config, module, OF_VIDEO, plus) + packaged.hashes([network])


def _network_of_images(config: Config, name: str, wildcards: Any) -> str:
    """The network that a stage on images finds by name; empty for none."""
    if name == "controls":
        return {"untrained": config.images.network, "mobilenet_v2": "mobilenet_v2"}.get(wildcards.method, "")
    trained = dict.fromkeys(("pretrain", "untrained", "represent", *image_slices.TUNED), config.images.network)
    return (trained | {"descriptors": "mobilenet_v2"}).get(name, "")


def _layout(config: Config, name: str, wildcards: Any) -> str:
    """The layout that a stage on images finds by name; empty for none."""
    return config.images.datasets[wildcards.images].adapter if name == "prepare" else ""


def of_points(config: Config) -> list[str]:
    """Return the code of the landmarks of kept frames, with the network that measures them where there is one."""
    chosen = config.features.keypoints
    if chosen.backbone != image_slices.LANDMARKS:
        return of(config, "images.points")
    code = of(config, "images.points", plus=[f"conclugen.features.backbones.{chosen.backbone}"])
    return code + staged.companions("keypoints", chosen)


def of_page(config: Config) -> list[str]:
    """Return the code of the report, and of its template, style and script, which are no modules."""
    folder = source.SOURCE / source.PACKAGE / "evaluation/report"
    beside = [path for path in sorted(folder.glob("page.*")) if path.suffix != ".py"]
    return of(config, "evaluation.report.run") + [f"{path.name}@{file_sha256(path)[:12]}" for path in beside]
