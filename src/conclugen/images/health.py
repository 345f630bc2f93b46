"""Whether a network learned its own task on images that it was not trained on, measured without a label."""

from __future__ import annotations

import torch

from conclugen.images.clip_views import Clips
from conclugen.images.network import ImageNetwork
from conclugen.images.views import Stills
from conclugen.losses import nt_xent
from conclugen.losses.bounds import share
from conclugen.pretrain.health import LEARNED_SHARE, LEAST_RANK, MOST_COSINE, effective_rank, evenly, mean_cosine
from conclugen.pretrain.verdict import COLLAPSED, LEARNED, WEAK, Verdict

MOST_ROWS = 512  # items, of which there are two views each
SEED = 0  # of the views: every epoch is measured on the same


@torch.no_grad()
def measure(network: ImageNetwork, source: Stills | Clips, rows: torch.Tensor) -> dict[str, float]:
    """Return measures of a network on rows (M,), in evaluation mode: at most `MOST_ROWS`, evenly spaced.

    `infonce` with its chance, best and share of the way; `retrieval` of the other view among all, and its chance;
    alignment and uniformity of projections; effective rank of representations, mean cosine of projections.
    """
    chosen, temperature = rows[evenly(len(rows), MOST_ROWS)], source.settings.temperature
    batch = source.batch(chosen, torch.Generator().manual_seed(SEED))
    training = network.training
    network.eval()
    representations = network.represent(batch.images)
    units = torch.nn.functional.normalize(network.head(representations).float(), dim=1)
    network.train(training)
    count = len(units)
    loss = float(nt_xent.nt_xent(units, batch.positive, temperature))
    chance, best = nt_xent.bounds(count, temperature)
    nearest = (units @ units.T).fill_diagonal_(-2).argmax(1)
    first, second = units.chunk(2)
    return {
        "rows": len(chosen),
        "infonce": loss,
        "infonce_chance": chance,
        "infonce_best": best,
        "infonce_share": share(loss, chance, best),
        "retrieval": float((nearest == batch.positive).float().mean()),
        "retrieval_chance": 1 / max(1, count - 1),
        "alignment": nt_xent.alignment(first, second),
        "uniformity": nt_xent.uniformity(first),
        "effective_rank": effective_rank(representations[: len(chosen)]),
        "mean_cosine": mean_cosine(first),
    }


def judge(numbers: dict[str, float], untrained: dict[str, float]) -> Verdict:
    """Return the verdict on a network by its measures on images that it was not trained on, beside those of the same
    network before training: a deep network begins with vectors that are nearly alike, which is no collapse yet.
    """
    rank, cosine = numbers["effective_rank"], numbers["mean_cosine"]
    if rank < LEAST_RANK or (cosine > MOST_COSINE and cosine >= untrained["mean_cosine"]):
        alike = f"all images are nearly alike to it (effective rank {rank:.1f}, mean cosine {cosine:.2f})"
        return Verdict(COLLAPSED, f"{alike}; try a tenth of the learning rate")
    if numbers["infonce_share"] < LEARNED_SHARE:
        return Verdict(WEAK, "the other view of an image that was not trained on is told from others at chance, nearly")
    return Verdict(LEARNED, "")
