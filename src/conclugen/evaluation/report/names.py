"""What the page calls things: a reader's words for the columns, protocols and statuses of tables."""

from __future__ import annotations

import math
from collections.abc import Mapping

from conclugen.data.cross_validation import number_of
from conclugen.evaluation.estimates import CHANCE
from conclugen.evaluation.metrics import LOWER_IS_BETTER
from conclugen.pretrain.unlearned import CONTROLS, RAW
from conclugen.store.ledger import Status

METRICS = {
    "balanced_accuracy_mean": "Balanced accuracy, mean over classes",
    "f1_positive_macro": "F1 of the positive class, mean over classes",
    "auroc_macro": "Area under the ROC curve, mean over classes",
    "average_precision_macro": "Average precision, mean over classes",
    "acc_plain_macro": "Plain accuracy, mean over classes",
    "acc_support_weighted": "Accuracy, support-weighted (the paper's)",
    "precision_support_weighted": "Precision, support-weighted (the paper's)",
    "recall_support_weighted": "Recall, support-weighted (the paper's)",
    "f1_support_weighted": "F1, support-weighted (the paper's)",
    "f1_binary_weighted": "F1 of both decisions, weighted",
    "ece_macro": "Calibration error, mean over classes",
    "accuracy": "Accuracy",
    "f1_weighted": "F1, support-weighted",
    "precision_weighted": "Precision, support-weighted",
    "recall_weighted": "Recall, support-weighted",
    "f1_macro": "F1, mean over classes",
    "recall_macro": "Recall, mean over classes (UAR)",
    "ece": "Calibration error",
    "mae": "Mean absolute error (scale from −3 to 3)",
    "rmse": "Root mean squared error (scale from −3 to 3)",
    "pearson": "Pearson correlation",
    "ccc": "Concordance correlation (CCC)",
    "acc7": "Accuracy of seven classes",
    "acc2_has0": "Accuracy, negative or not",
    "f1_weighted_has0": "F1, negative or not",
    "acc2_non0": "Accuracy, negative or positive",
    "f1_weighted_non0": "F1, negative or positive",
}
PROTOCOLS = {
    CHANCE: "without input",
    "raw": "raw features",
    "supervised": "trained with labels from scratch",
    "linear": "representation alone",
    "linear_input": "representation beside its input",
    "finetune": "fine-tuned with labels",
    "knn": "nearest neighbours",
    "shuffled": "learned from shuffled labels",
}
STATUSES = {
    Status.OK: "read",
    Status.MISSING_MEDIA: "file missing",
    Status.CORRUPT: "file damaged",
    Status.TIMEOUT: "took too long",
    Status.CRASHED: "decoder crashed",
    Status.NO_VIDEO: "no video in it",
    Status.NO_FRAMES: "no frame in it",
    Status.NO_FACE: "no face found",
    Status.NO_AUDIO: "no sound in it",
    Status.SILENT: "silent",
    Status.TOO_SHORT: "too short",
    Status.NO_TEXT: "no text",
    Status.OTHER_LANGUAGE: "another language",
    Status.NO_LABEL: "no known label",
    Status.BAD_TIMES: "times make no sense",
    Status.NON_FINITE: "features not finite",
    "unaccounted": "in no ledger",
}
STAGES = {
    "manifest": "labels and list",
    "faces": "faces",
    "audio": "sound",
    "text": "text",
    "transcripts": "speech recognition",
    "frames2d": "still frames",
    "frames3d": "moving frames",
    "keypoints": "landmarks",
    "frames2d_views": "copies of still frames",
    "frames3d_views": "copies of moving frames",
}
SPLITS = {"train": "training", "valid": "validation", "test": "test", "none": "no split"}
DATA = {
    "demo": "Made by a program. The numbers say that the pipeline works; they say nothing about real faces.",
    "world": "Made to know what can be learned. The numbers say nothing about real faces.",
    "own": "Data given to the pipeline, not made by it.",
}
VERDICTS = {
    "yes": ("▲", "better"),
    "no": ("●", "not told apart"),
    "below": ("▼", "worse"),
    "unknown": ("○", "not tested"),
    "": ("", ""),
}
LOSSES = {
    "mms": "contrast between modalities",
    "infonce": "contrast between views",
    "clustering": "clustering",
    "reconstruction": "reconstruction",
}
CHECKS = {
    "speaker": "same speaker",
    "group": "same source",
    "file": "same file",
    "text": "same words",
    "corpus speaker": "same speaker in the corpus",
    "corpus group": "same source in the corpus",
    "corpus file": "same file in the corpus",
    "corpus text": "same words in the corpus",
    "backbone": "backbone saw these labels",
    "label": "a feature is the label",
}
RULES = {
    "demo": "write the demo corpus",
    "manifest": "list utterances",
    "plan": "plan shards",
    "faces": "find faces",
    "features": "extract features",
    "transcripts": "recognise speech",
    "qc": "account losses",
    "pretrain": "pretrain",
    "downstream": "learn and predict",
    "tables": "measure, write tables",
    "leaks": "look for leaks",
    "maps": "map representations",
    "crops": "put faces side by side",
    "figures": "draw figures",
    "report": "write reports",
}
KINDS = ("method", "raw", "control", "chance")


def kind(row: Mapping[str, str]) -> str:
    """Return what a row of a table is: one of `KINDS`."""
    if row["protocol"] == CHANCE:
        return "chance"
    if row["protocol"] == "raw":
        return "raw"
    return "control" if row["method"] in CONTROLS or row["protocol"] in ("shuffled", "supervised") else "method"


def split(name: str) -> str:
    """Return what a split or a fold is called."""
    fold = number_of(name)
    return SPLITS.get(name, name) if fold is None else f"fold {fold}"


def method(name: str) -> str:
    """Return what a method is called: the raw rows in words, others by their name."""
    if name == RAW:
        return "raw features, all modalities"
    return f"raw features, {name.removeprefix(f'{RAW}-')} alone" if name.startswith(f"{RAW}-") else name


def row(method_name: str, protocol: str) -> str:
    """Return what a row is called within a sentence."""
    return method(method_name) if protocol == "raw" else f"{method_name} ({PROTOCOLS.get(protocol, protocol)})"


def cause(text: str) -> str:
    """Return the likely cause of a verdict with losses in words."""
    return " ".join(LOSSES.get(word, word) for word in text.split(" "))


def headline(metric: str) -> str:
    """Return a metric within a sentence."""
    name = METRICS[metric].partition(",")[0].partition(" (")[0]
    return name[0].lower() + name[1:]


def number(value: float, digits: int = 3) -> str:
    """Return a number with a minus sign; a dash where it is not defined."""
    return "–" if not math.isfinite(value) else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def probability(p: float) -> str:
    """Return a p, of which no more is said than that it is below a thousandth."""
    return "< 0.001" if p < 0.001 else number(p)


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign."""
    return f"+{number(value, digits)}" if round(value, digits) > 0 else number(value, digits)


def gain(value: float, metric: str) -> str:
    """Return a difference as how much better or worse it is."""
    better = -value if metric in LOWER_IS_BETTER else value
    return f"{number(abs(value))} {'better' if better >= 0 else 'worse'}"


def span(low: float, high: float, metric: str) -> str:
    """Return the interval of a difference in the same words, from its worse end; empty where there is none."""
    if not math.isfinite(low + high):
        return ""
    worse, better = (high, low) if metric in LOWER_IS_BETTER else (low, high)
    first, last = gain(worse, metric), gain(better, metric)
    return f"{first.split()[0] if first.split()[1] == last.split()[1] else first} to {last}"


def share(count: float, total: float) -> str:
    """Return a share in per cent, with the counts."""
    return f"{count:,.0f} of {total:,.0f}" + (f" ({count / total:.1%})" if total else "")


def listed(words: list[str]) -> str:
    """Return words as an enumeration."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def some(words: list[str], limit: int = 4) -> str:
    """Return the first words of an enumeration, and how many more there are."""
    more = len(words) - limit
    return listed([*words[:limit], f"{more} more"] if more > 0 else words)


def several(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"
