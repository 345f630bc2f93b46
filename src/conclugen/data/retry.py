"""Ask for another try of what failed in faces, audio and transcripts: `make retry DATASET=name`.

It writes, for each shard that lost an utterance with one of the statuses, a list under `results/retries/`, which is an
input of that shard's rule. The next run tries those utterances again, keeps the others' rows as they are, and redoes
what depends on these shards.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from conclugen.store.ledger import Status
from conclugen.store.retries import ask

STAGES = {
    "faces": "faces/{dataset}/{shard}.h5",
    "audio": "features/{dataset}/audio/{shard}.h5",
    "transcripts": "transcripts/{dataset}/{shard}.csv",
}
TRANSIENT = (Status.TIMEOUT, Status.CRASHED)  # may be the machine's fault; the others are the file's
EVERY = "all"


def retry(
    results: Path, dataset: str, stages: Sequence[str], statuses: Collection[Status], timeout_s: float | None
) -> dict[str, int]:
    """Ask for another try in every shard of a data set; return how many utterances that are, by shard.

    Raises FileNotFoundError where the data set has no plan.
    """
    plan = results / "plans" / dataset
    if not plan.is_dir():
        raise FileNotFoundError(f"{plan}: no such plan; {dataset} has not been run here, so there is nothing to retry")
    counts = {}
    for stage in stages:
        for media_list in sorted(plan.glob("*.media.csv")):
            name = media_list.name.removesuffix(".media.csv")
            shard = results / STAGES[stage].format(dataset=dataset, shard=name)
            target = results / "retries" / dataset / stage / f"{name}.csv"
            if utterances := ask(target, shard, media_list, statuses, timeout_s):
                counts[f"{stage}/{name}"] = len(utterances)
    return counts


def main(argv: Sequence[str] | None = None) -> None:
    """Write the lists and say what the next run will try again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [status.value for status in Status if status is not Status.OK]
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument(
        "--statuses", nargs="+", choices=[EVERY, *known], default=[s.value for s in TRANSIENT], metavar="STATUS",
        help=f"what is tried again: {EVERY} or any of {', '.join(known)}",
    )  # fmt: skip
    parser.add_argument("--timeout-s", type=float, help="limit per utterance in this try, instead of the stage's own")
    parser.add_argument("--results", type=Path, default=Path("results"))
    flags = parser.parse_args(argv)
    statuses = {Status(name) for name in (known if EVERY in flags.statuses else flags.statuses)}
    try:
        counts = retry(flags.results, flags.dataset, flags.stages, statuses, flags.timeout_s)
    except FileNotFoundError as error:
        parser.error(str(error))
    for name, count in counts.items():
        print(f"{flags.dataset}, {name}: {count} to be tried again")
    if not counts:
        print(f"{flags.dataset}: nothing to try again ({', '.join(sorted(statuses))})")


if __name__ == "__main__":
    main()
