"""Labels and transcripts of the demo corpus, in the files and with the faults that the official releases have."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from conclugen.data.demo_plan import Clip, generator
from conclugen.store.atomic import write_text

MOSEI_COLUMNS = ("sentiment", "happy", "sad", "anger", "surprise", "disgust", "fear")
MELD_COLUMNS = ("Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID", "Season")
MELD_COLUMNS += ("Episode", "StartTime", "EndTime")
MELD_FILES = {"train": "train_sent_emo.csv", "valid": "dev_sent_emo.csv", "test": "test_sent_emo.csv"}
MELD_NAMES = {"happy": "joy", "sad": "sadness"}
VALENCE = {"happy": 1, "sad": -1, "anger": -1, "surprise": 0, "disgust": -1, "fear": -1}

# Characters 0x80..0x9f of the code page 1252, left undecoded: an apostrophe and an ellipsis.
BROKEN_APOSTROPHE, BROKEN_ELLIPSIS = "\x92", "\x85"


def transcripts(root: Path, clips: Sequence[Clip], seconds: Mapping[str, float]) -> None:
    """`transcripts.csv` at the root, `file,text`: such releases have no words, but a user may have transcribed them."""
    rows = [{"file": clip.file, "text": clip.text} for clip in clips if clip.case != "no_text"]
    _write_csv(root / "transcripts.csv", ("file", "text"), rows)


def mosei(root: Path, clips: Sequence[Clip], seconds: Mapping[str, float]) -> None:
    """Transcripts, `CMU_MOSEI_Labels.csd` (its segments in no order) and `standard_folds.json`."""
    videos: dict[str, list[Clip]] = {}
    for clip in clips:
        videos.setdefault(str(clip.about["video"]), []).append(clip)
    folds: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    spans = {video: _spans(video, parts, seconds) for video, parts in videos.items()}
    for video, parts in videos.items():
        folds[parts[0].split].append(video)
        path = root / "Raw/Transcript/Segmented/Combined" / f"{video}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, _transcript(video, parts, spans[video]))
    write_text(root / "standard_folds.json", json.dumps(folds))
    with h5py.File(root / "CMU_MOSEI_Labels.csd", "w", libver="v108") as file:
        top = file.create_group("All Labels")
        top.create_group("metadata").create_dataset("dimension names", data=[json.dumps(MOSEI_COLUMNS)])
        for video, parts in videos.items():
            order = generator("order", video).permutation(len(parts))
            group = top.create_group(f"data/{video}")
            group.create_dataset("features", data=np.asarray([_ratings(parts[i]) for i in order], dtype=np.float32))
            group.create_dataset("intervals", data=spans[video][order])


def meld(root: Path, clips: Sequence[Clip], seconds: Mapping[str, float]) -> None:
    """The three CSV files, with some characters undecoded."""
    for split, name in MELD_FILES.items():
        members, rows, clock = [clip for clip in clips if clip.split == split], [], 60.0
        for number, clip in enumerate(members, 1):
            start, end = clock, clock + seconds[clip.file]
            clock = end + (30.0 if clip.about["utterance"] == 0 else 0.4)
            label = str(clip.about["label"])
            row = {"Sr No.": number, "Utterance": _meld_text(clip, number), "Speaker": clip.about["speaker"]}
            row |= {"Emotion": MELD_NAMES.get(label, label), "Sentiment": _meld_sentiment(clip, label)}
            row |= {"Dialogue_ID": clip.about["dialogue"], "Utterance_ID": clip.about["utterance"], "Season": 1}
            row |= {"Episode": int(clip.about["dialogue"]) + 1, "StartTime": _clock(start), "EndTime": _clock(end)}
            rows.append(row)
        _write_csv(root / "MELD.Raw" / name, MELD_COLUMNS, rows)


LABELS: Mapping[str, Callable[[Path, Sequence[Clip], Mapping[str, float]], None]] = {
    "voxceleb2": transcripts,
    "mosei": mosei,
    "meld": meld,
    "caer": transcripts,
}


def _spans(video: str, parts: Sequence[Clip], seconds: Mapping[str, float]) -> np.ndarray:
    """Start and end (n, 2) in seconds of each segment in the full video, in order of time."""
    rng, clock, spans = generator("spans", video), 0.0, []
    for clip in parts:
        start = round(clock + rng.uniform(0.2, 9), 3)
        clock = round(start + seconds[clip.file], 3)
        spans.append((start, clock))
    return np.asarray(spans)


def _transcript(video: str, parts: Sequence[Clip], spans: np.ndarray) -> str:
    """Lines `video___segment___start___end___text`; now and then a pause is marked by (sp) or sp."""
    lines = []
    for clip, (start, end) in zip(parts, spans.tolist(), strict=True):
        if clip.case == "no_text":
            continue
        words, rng = clip.text.split(), generator("pauses", clip.file)
        if len(words) > 2 and rng.random() < 0.2:
            words.insert(int(rng.integers(1, len(words))), str(rng.choice(("(sp)", "sp"))))
        lines.append(f"{video}___{clip.about['k']}___{start}___{end}___{' '.join(words)}\n")
    return "".join(lines)


def _ratings(clip: Clip) -> list[float]:
    """Sentiment in thirds from -3 to 3, then the six emotions from 0 to 3."""
    weight = sum(VALENCE[name] * intensity for name, intensity in clip.emotions.items())
    wobble = int(generator("sentiment", clip.file).integers(-1, 2))
    return [
        round(float(np.clip(weight * 3 + wobble, -9, 9))) / 3,
        *(clip.emotions.get(n, 0.0) for n in MOSEI_COLUMNS[1:]),
    ]


def _meld_sentiment(clip: Clip, label: str) -> str:
    if label == "neutral":
        return "neutral"
    valence = VALENCE[label] or int(generator("sentiment", clip.file).choice((-1, 1)))
    return "positive" if valence > 0 else "negative"


def _meld_text(clip: Clip, number: int) -> str:
    if clip.case == "no_text":
        return ""
    apostrophe = BROKEN_APOSTROPHE if number % 3 == 0 else "’"
    text = clip.text.replace(" do not ", f" don{apostrophe}t ").replace(" can not ", f" can{apostrophe}t ")
    text = text.replace("It is ", f"It{apostrophe}s ").replace("That is ", f"That{apostrophe}s ")
    return text.rstrip(".,") + BROKEN_ELLIPSIS if number % 10 == 0 else text


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
