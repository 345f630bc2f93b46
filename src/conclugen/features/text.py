"""Stream text: the words of an utterance, one vector each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from conclugen.features.backbone import chosen
from conclugen.features.common import SETTINGS, Clock, Collector, arguments, check_dtype, embed, losses_before
from conclugen.features.lists import read_texts
from conclugen.features.settings import Text
from conclugen.store import devices
from conclugen.store.ledger import Status
from conclugen.store.settings import dump, parse

STREAM = "text"


def extract(
    texts: Sequence[tuple[str, str, str]],
    lost: Mapping[str, tuple[Status, str]],
    batch: int,
    module: torch.nn.Module,
    dim: int,
) -> Collector:
    """Return the features of every (utterance_id, text, source); an empty text is a loss, for the reason in `lost`."""
    where = devices.device()
    collector, clock = Collector(STREAM, [name for name, _, _ in texts], dim), Clock()
    spoken = []
    for row, (name, text, _) in enumerate(texts):
        if text:
            spoken.append(row)
        else:
            collector.lose(row, *lost.get(name, (Status.NO_TEXT, "no text")))
    spoken.sort(key=lambda row: len(texts[row][1]))  # neighbours of one length need little padding
    for begin in range(0, len(spoken), batch):
        rows = spoken[begin : begin + batch]
        clock.lap()
        vectors = embed(module, [texts[row][1] for row in rows], where)
        collector.add([(row, 1) for row in rows], vectors, clock.lap())
    return collector


def main(argv: Sequence[str] | None = None) -> None:
    """Write the feature shard and ledger of one text list."""
    parser = arguments(__doc__)
    parser.add_argument("--text-list", required=True, type=Path, help="the shard's utterances and their texts")
    parser.add_argument("--transcripts-ledger", type=Path, help="ledger of the transcripts, for the reasons of losses")
    args = parser.parse_args(argv)
    settings = parse(Text, args.settings)
    check_dtype(settings.dtype)
    devices.set_threads(args.threads)
    backbone = chosen(settings)
    module, sha256 = backbone.load(devices.device())
    texts, lost = read_texts(args.text_list), losses_before(args.transcripts_ledger)
    collector = extract(texts, lost, settings.batch_texts, module, backbone.width(module))
    collector.about[SETTINGS] = dump(settings)
    collector.write(args.output, args.ledger, backbone, sha256, settings.dtype)


if __name__ == "__main__":
    main()
