"""A small run at the places that the notebook names: drawn features of 36 utterances, a table, and two clips."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("applied", "media", "cli")]


def make_run(folder: Path) -> None:
    """Write `results/` and `exported/` into a folder."""
    from short_film import write_clip
    from small_results import make, write_row

    from conclugen.applied.export import export

    results = make(folder / "of-a-run", "multi", [f"u{i:02d}" for i in range(36)], ["some words"] * 36)
    results.evaluate("linear")
    write_row(results, "untrained", "linear", "balanced_accuracy_mean")
    (results.folder / "tables/mosei.csv").write_bytes((results.folder / "tables/mine.full.csv").read_bytes())
    export(results.protocol("linear"), folder / "exported")
    places = {
        "results/downstream/mosei/voxceleb2/improved/ConCluGen/linear": results.protocol("linear"),
        "results/features/mosei": results.folder / "features/mine",
        "results/tables": results.folder / "tables",
    }
    for name, place in places.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(place)
    for number in range(2):
        (folder / "results/demo/mosei").mkdir(parents=True, exist_ok=True)
        write_clip(folder / f"results/demo/mosei/{number}.mp4", 1.5)


if __name__ == "__main__":  # python tests/docs/small_run.py FOLDER, and there: python examples/notebook.py
    make_run(Path(sys.argv[1]))
