"""Settings of pretraining: what arrives as JSON in `--settings`.

Fields and what they allow, nothing that computes, so this file is no part of the code that networks depend on. What no
loss of a method reads is None (`methods.told`). What the switches of presets mean stands here alone;
docs/configuration.md is printed from it.
"""

from __future__ import annotations

import dataclasses

from conclugen.data.cross_validation import Fold


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Widths: the keys of `conclugen.config.stage_two.Sizes`."""

    representation: int
    hidden: int
    projection: int | None = None
    projection_hidden: int | None = None
    clustering: int | None = None
    decoder_hidden: int | None = None


@dataclasses.dataclass(frozen=True)
class Architecture:
    """The heads of a network.

    Attributes:
        gated: representation heads have a context gate in place of the middle layer.
        representation_relu: representation heads end in a ReLU.
        residual: representation heads add a linear map of their input.
        narrow: modalities whose representation head keeps the input's width inside and ends in a plain linear layer.
        standardise: inputs are standardised per dimension; decoders then rebuild the standardised input.
        projection_shared: one projection head for all modalities, not one each.
        projection_batch_norm: batch normalisation inside projection heads.
        projection_relu: projection heads end in a ReLU.
        decoder_relu: decoders end in a ReLU, and cannot produce negative values then.
    """

    gated: bool
    representation_relu: bool
    residual: bool
    narrow: tuple[str, ...]
    standardise: bool
    projection_shared: bool | None = None
    projection_batch_norm: bool | None = None
    projection_relu: bool | None = None
    decoder_relu: bool | None = None


@dataclasses.dataclass(frozen=True)
class Objective:
    """How the losses are computed and put together.

    Attributes:
        reduction: `sum` of the active losses or their `mean`.
        reconstruction_weight: factor of the reconstruction loss in that.
        margin: δ of MMS and clustering.
        normalise: MMS by cosine: projections are scaled to unit length first. Eq. 3 and 4 print plain dot products.
        temperature: of MMS; null: plain dot products.
        clustering: `joint` (the mean of the modalities against its centroid) or `individual` (each one, summed).
        clustering_temperature: of clustering; null: plain dot products.
        clustering_normalise: clustering by cosine; goes with spherical k-means.
        instance_temperature: τ of InfoNCE.
    """

    reduction: str
    reconstruction_weight: float | None = None
    margin: float | None = None
    normalise: bool | None = None
    temperature: float | None = None
    clustering: str | None = None
    clustering_temperature: float | None = None
    clustering_normalise: bool | None = None
    instance_temperature: float | None = None

    def __post_init__(self) -> None:
        if self.reduction not in ("sum", "mean"):
            raise ValueError(f"reduction is {self.reduction!r}; allowed are sum, mean")
        if self.clustering not in ("joint", "individual", None):
            raise ValueError(f"clustering is {self.clustering!r}; allowed are joint, individual")


@dataclasses.dataclass(frozen=True)
class ClusterSettings:
    """When and how k-means runs.

    Attributes:
        count: number of clusters.
        start_epoch: the clustering loss is active from this epoch on (the first is 0).
        start_share: instead, from this share of training on, however many epochs it has; null: `start_epoch`.
        queue_batches: k-means sees the representations of this many last batches (of an epoch's, if it has fewer).
        queue_reset: every epoch starts with an empty queue and without centroids.
        refit_every: batches between two fits.
        refit_share: at most this share of an epoch between two fits; null: no such limit.
        warm_start: start from the last centroids, not from random points.
        queue_before: k-means sees the current batch and, once the queue is full, the `queue_batches` before it, so
            that there are centroids from the first batch of `start_epoch` on. Otherwise the current batch is the last
            of the queue, and k-means waits until that is full.
        spherical: k-means by cosine.
        plain_means: centroids are the means of their points as they are, also where points are compared by cosine.
        iterations: Lloyd iterations of a fit, at most.
        tolerance: a fit with `plain_means` ends when the centroids' squared moves sum to less.
    """

    count: int
    start_epoch: int
    start_share: float | None
    queue_batches: int
    queue_reset: bool
    refit_every: int
    refit_share: float | None
    warm_start: bool
    queue_before: bool
    spherical: bool
    plain_means: bool
    iterations: int
    tolerance: float


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long training is, and the learning rate over it: linear warm-up, then cosine annealing with warm restarts.

    Attributes:
        least_steps: a corpus of few batches is gone through more often than `epochs` until there are so many steps.
        patience: training ends after so many epochs without a better one; null: never early.
        patience_share: instead, after so large a share of training; null: `patience`.
        warmup_epochs: the rate rises from `warmup_from` times the base rate over so many epochs.
        warmup_share: instead, over this share of training; null: `warmup_epochs`.
        warmup_from: what the rate begins with, relative to the base rate.
        cycle_epochs: length of the first cosine cycle; null: one cycle to the end of training.
        cycle_factor: each cycle is so many times as long as the one before.
        floor: the lowest rate.
        stepwise: the rate changes with every batch, not with every epoch.
    """

    least_steps: int
    patience: int | None
    patience_share: float | None
    warmup_epochs: int
    warmup_share: float | None
    warmup_from: float
    cycle_epochs: int | None
    cycle_factor: int
    floor: float
    stepwise: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given:
    """What networks are made from, learned or not: `splits` and `validation_fraction` of
    `conclugen.config.stage_two.Pretrain`, and more.

    Attributes:
        corpus, preset, method: names, for the record.
        modalities: by modality, the streams it joins.
        views: augmented copies per clip that the streams hold (0: none).
        fold: whose turn it is, where the corpus is tested by folds, too; None: all folds are learned from.
    """

    corpus: str
    preset: str
    method: str
    modalities: dict[str, tuple[str, ...]]
    splits: tuple[str, ...]
    validation_fraction: float
    views: int
    fold: Fold | None = None

    def __post_init__(self) -> None:
        if forbidden := sorted(set(self.splits) & {"valid", "test"}):
            raise ValueError(f"splits {forbidden} are for evaluation; pretraining may use train and none")


@dataclasses.dataclass(frozen=True)
class Settings(Given):
    """Everything one pretraining depends on beside data, code and seed: `epochs` and `batch_size` of
    `conclugen.config.stage_two.Pretrain`, and more.

    Attributes:
        losses: modules of `conclugen.losses`; infonce needs at least 2 views.
        heads: those of the network that these losses work on.
        learning_rate, weight_decay: AdamW's.
        candidates: pairs of them, each of which is trained; validation rows choose (`pretrain/search.py`).
        sizes, architecture, objective, schedule: see there.
        clusters: of k-means; None for losses that need none.
    """

    losses: tuple[str, ...]
    heads: tuple[str, ...]
    learning_rate: float
    weight_decay: float
    candidates: tuple[tuple[float, float], ...]
    epochs: int
    batch_size: int
    sizes: Sizes
    architecture: Architecture
    objective: Objective
    clusters: ClusterSettings | None
    schedule: Schedule

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.candidates:
            raise ValueError("candidates is empty; there is nothing to train")
        if not self.losses:
            raise ValueError("losses is empty; there is nothing to learn from")
        if "infonce" in self.losses and self.views < 2:
            raise ValueError("infonce compares two augmented views of a clip; views must be at least 2")
        if "mms" in self.losses and len(self.modalities) < 2:
            raise ValueError(f"mms compares modalities; modalities has only {list(self.modalities)}")
