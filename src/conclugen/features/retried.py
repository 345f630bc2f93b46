"""A stream's shard after another try: what is kept of the shard before, joined with what was tried again."""

from __future__ import annotations

from collections.abc import Sequence

from conclugen.features.common import Collector
from conclugen.store.ledger import Status
from conclugen.store.retries import Attempt
from conclugen.store.shards import ShardError, read_shard


def joined(ids: Sequence[str], done: Collector, attempt: Attempt) -> Collector:
    """Return a collector of all utterances: vectors (N, D) that are kept unchanged, and those of `done`.

    Args:
        ids: of the whole shard, in order.
        done: what this job has worked out.
        attempt: what is taken over.

    Raises ShardError where vectors that are kept have another length.
    """
    before = read_shard(attempt.shard) if attempt.shard else None
    if before is not None and before.features.shape[1] != done.sums.shape[1]:
        raise ShardError(f"{attempt.shard}: holds vectors of {before.features.shape[1]}; delete it and rerun")
    whole, place = Collector(done.stream, ids, done.sums.shape[1]), {name: i for i, name in enumerate(done.ids)}
    for row, name in enumerate(whole.ids):
        if before is None or name in place:
            i = place[name]
            whole.sums[row], whole.counts[row], whole.seconds[row] = done.sums[i], done.counts[i], done.seconds[i]
            whole.tries[row] = attempt.tries.get(name, 1)
            whole.note(row, done.notes.get(i, ""))
            if i in done.losses:
                whole.lose(row, *done.losses[i])
            continue
        i, ledger_row = attempt.kept[name]
        whole.sums[row], whole.counts[row] = before.features[i], int(before.present[i])
        whole.seconds[row], whole.tries[row] = ledger_row.seconds, ledger_row.tries
        if ledger_row.status is Status.OK:
            whole.note(row, ledger_row.reason)
        else:
            whole.lose(row, ledger_row.status, ledger_row.reason)
    return whole
