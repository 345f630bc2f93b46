"""Transcripts of one shard: official texts as they are, and speech recognition for utterances without one."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import functools
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from conclugen.features.asr.heard import RATE, Engine, doubt, foreign, windows
from conclugen.features.asr.speech import SpeechFinder
from conclugen.features.asr.steady import Steady
from conclugen.features.common import Clock
from conclugen.features.lists import COLUMNS, read_texts
from conclugen.features.settings import Asr
from conclugen.features.waves import read_wave
from conclugen.media.audio import Sound
from conclugen.media.items import MediaItem, read_media_list
from conclugen.media.worker import DecodePool, Outcome
from conclugen.store import devices, retries
from conclugen.store.ledger import LedgerRow, Status, write_ledger
from conclugen.store.seals import write_sealed
from conclugen.store.settings import parse

STAGE = "transcripts"
Spans = Callable[[np.ndarray], list[tuple[int, int]]]  # first sample and end of each stretch of speech in a wave
ASR, NONE = "asr", "none"


@dataclasses.dataclass
class Spoken:
    """What is known of one utterance: the text, what became of it and why, the seconds it took, and the tries."""

    text: str = ""
    source: str = NONE
    status: Status = Status.NO_TEXT
    reason: str = ""
    seconds: float = 0.0
    tries: int = 1


def _whisper(*arguments: object) -> tuple[Engine, str]:
    from conclugen.features.asr import whisper

    return whisper.build(*arguments)


def _whisper_tiny_en(*arguments: object) -> tuple[Engine, str]:
    from conclugen.features.asr import whisper_tiny_en

    return whisper_tiny_en.build(*arguments)


ENGINES: dict[str, Callable[..., tuple[Engine, str]]] = {
    "whisper": _whisper,
    "whisper_tiny_en": _whisper_tiny_en,
}


def transcribe(
    texts: Sequence[tuple[str, str, str]],
    items: Sequence[MediaItem],
    root: Path,
    settings: Asr,
    engine: Engine,
    spans: Spans,
    before: Mapping[str, Spoken],
) -> list[Spoken]:
    """Return the words of every (id, text, source); those without text are recognised in the media of `items`.

    `before` has, by id, those that were recognised already.
    Raises ValueError where the two lists name different utterances.
    """
    if [text[0] for text in texts] != [item.utterance_id for item in items]:
        raise ValueError("the media list and the text list name different utterances; plan the data set anew")
    spoken = [Spoken(text, source, Status.OK) if text else before.get(name, Spoken()) for name, text, source in texts]
    wanted = [row for row, (name, text, _) in enumerate(texts) if not text and name not in before]
    read = functools.partial(read_wave, root=root, rate=RATE, max_seconds=settings.max_seconds)
    with DecodePool(1, settings.timeout_s) as pool:
        outcomes = pool.imap(read, [items[row] for row in wanted])
        heard = _windows(zip(wanted, (outcome for _, outcome in outcomes), strict=True), spoken, spans)
        for batch in _batches(heard, settings.batch_windows):
            _recognise(batch, spoken, engine, settings)
    return spoken


def _windows(
    outcomes: Iterable[tuple[int, Outcome[Sound]]],
    spoken: list[Spoken],
    spans: Spans,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (row, window (T,)) of the speech of every utterance that has any; the others get their reason."""
    clock = Clock()
    for row, outcome in outcomes:
        clock.lap()
        utterance = spoken[row]
        utterance.seconds += outcome.seconds
        if outcome.status is not Status.OK:
            utterance.status, utterance.reason = outcome.status, outcome.reason
            continue
        wave, utterance.reason = outcome.value.samples, outcome.value.note
        parts = windows(wave, spans(wave))
        utterance.seconds += clock.lap()
        if not parts:
            reason = f"no speech found in {len(wave) / RATE:.1f} s of sound"
            utterance.reason = "; ".join(filter(None, (reason, utterance.reason)))
        for part in parts:
            yield row, part


def _batches(parts: Iterable[tuple[int, np.ndarray]], size: int) -> Iterator[list[tuple[int, np.ndarray]]]:
    held: list[tuple[int, np.ndarray]] = []
    for part in parts:
        held.append(part)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


def _recognise(batch: list[tuple[int, np.ndarray]], spoken: list[Spoken], engine: Engine, settings: Asr) -> None:
    """Add the believed words of a batch of windows to their utterances."""
    clock = Clock()
    heard = engine([window for _, window in batch])
    seconds = clock.lap() / len(batch)
    for (row, _), words in zip(batch, heard, strict=True):
        utterance, reason = spoken[row], doubt(words)
        utterance.seconds += seconds
        if not reason and (reason := foreign(words, settings)) and utterance.status is Status.NO_TEXT:
            utterance.status = Status.OTHER_LANGUAGE
        if reason:
            utterance.reason = "; ".join(filter(None, (utterance.reason, reason)))
        else:
            utterance.text = " ".join(f"{utterance.text} {words.text}".split())
            utterance.source, utterance.status = ASR, Status.OK


def about(path: Path) -> tuple[list[str], str]:
    """Return the ids of a shard's transcripts, in order, and what made them."""
    with open(path, encoding="utf-8", newline="") as handle:
        rows = [(row["utterance_id"], row.get(retries.VERSION) or "") for row in csv.DictReader(handle)]
    return [name for name, _ in rows], rows[0][1] if rows else ""


def kept(attempt: retries.Attempt) -> dict[str, Spoken]:
    """Return what is taken over of transcripts that were put aside: all that was recognised, or could not be."""
    texts = read_texts(attempt.shard) if attempt.shard else []
    heard = {}
    for name, text, source in texts:
        if name in attempt.kept and source in (ASR, NONE):
            row = attempt.kept[name][1]
            heard[name] = Spoken(text, source, row.status, row.reason, row.seconds, row.tries)
    return heard


def write(path: Path, ledger: Path, ids: Sequence[str], spoken: Sequence[Spoken], version: str) -> None:
    """Write the transcripts (utterance_id, text, text_source, made_by) and their ledger."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, retries.VERSION])
    writer.writerows(
        (name, utterance.text, utterance.source, version) for name, utterance in zip(ids, spoken, strict=True)
    )
    write_sealed(path, text.getvalue())
    rows = [LedgerRow(n, STAGE, o.status, o.reason, o.seconds, o.tries) for n, o in zip(ids, spoken, strict=True)]
    write_ledger(ledger, rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the transcripts and the ledger of one shard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--media-list", required=True, type=Path, help="the shard's utterances and their files")
    parser.add_argument("--text-list", required=True, type=Path, help="the shard's utterances and their official texts")
    parser.add_argument("--root", required=True, type=Path, help="the folder that the files lie below")
    parser.add_argument("--settings", required=True, help="JSON object with every setting")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path, help="the transcripts to write (CSV)")
    parser.add_argument("--ledger", required=True, type=Path, help="their ledger to write (CSV)")
    retries.add_arguments(parser)
    flags = parser.parse_args(argv)
    settings = parse(Asr, flags.settings)
    if settings.engine not in ENGINES:
        raise ValueError(f"engine is {settings.engine!r}; known are {', '.join(sorted(ENGINES))}")
    threads = max(1, flags.threads - 1)  # one is the decoding process
    devices.set_threads(threads)
    texts, items = read_texts(flags.text_list), read_media_list(flags.media_list)
    build = functools.partial(ENGINES[settings.engine], settings.weights, settings.language)
    engine, sha256 = build(devices.device(), threads, settings.beams)
    if not engine.multilingual and settings.min_steady > 0:
        engine = Steady(engine)
    spans = _everywhere if settings.speech is None else SpeechFinder(settings.speech)
    attempt = retries.attempt(flags.retries, flags.media_list, flags.version, about)
    limit = dataclasses.replace(settings, timeout_s=attempt.timeout_s or settings.timeout_s)
    spoken = transcribe(texts, items, flags.root, limit, engine, spans, kept(attempt))
    for (name, _, _), utterance in zip(texts, spoken, strict=True):
        utterance.tries = attempt.tries.get(name, utterance.tries)
    write(flags.output, flags.ledger, [name for name, _, _ in texts], spoken, flags.version)
    attempt.finish()
    count = sum(utterance.source == ASR for utterance in spoken)
    print(f"{count} of {sum(not text for _, text, _ in texts)} utterances without text transcribed, weights {sha256}")


def _everywhere(wave: np.ndarray) -> list[tuple[int, int]]:
    return [(0, len(wave))]


if __name__ == "__main__":
    main()
