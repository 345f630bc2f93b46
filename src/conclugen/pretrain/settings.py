"""Settings of pretraining: what arrives as JSON in `--settings`.

Fields and what they allow, nothing that computes, so this file is no part of the code that networks depend on. What no
loss of a method reads is None (`methods.told`). What the switches of presets mean stands here alone;
docs/configuration.md is printed from it.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import MinLen

from conclugen.data.cross_validation import Fold
from conclugen.store.keys import Count, Keys, Share


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes(Keys):
    """Widths of the heads.

    Attributes:
        representation: of the representation, which is evaluated; the paper's is 4096.
        hidden: inside the representation head.
        projection: of the projection, which MMS and clustering compare.
        projection_hidden: inside the projection head.
        clustering: of what the clustering head gives.
        decoder_hidden: inside the decoders.
    """

    representation: Count = 256
    hidden: Count = 256
    projection: Count = 128
    projection_hidden: Count = 128
    clustering: Count = 8
    decoder_hidden: Count = 256


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

    reduction: Literal["sum", "mean"]
    reconstruction_weight: float | None = None
    margin: float | None = None
    normalise: bool | None = None
    temperature: float | None = None
    clustering: Literal["joint", "individual"] | None = None
    clustering_temperature: float | None = None
    clustering_normalise: bool | None = None
    instance_temperature: float | None = None


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
class Rows(Keys):
    """Which rows of a corpus are learned from.

    Attributes:
        splits: splits to learn from; `[train, none]`: utterances of no split, too, as where a corpus has no training
            split. The split valid only measures, and test is never read.
        validation_fraction: share of the groups (videos, …) held out where the corpus has no split valid.
    """

    splits: Annotated[tuple[Literal["train", "none"], ...], MinLen(1)] = ("train",)
    validation_fraction: Share = 0.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class Length(Keys):
    """How long is learned, and from how many rows at once.

    Attributes:
        epochs: times that the corpus is gone through; the best one is kept.
        batch_size: never larger than the corpus; the paper's is 4096.
    """

    epochs: Count = 30
    batch_size: Count = 512


@dataclasses.dataclass(frozen=True, kw_only=True)
class Given(Rows):
    """What networks are made from, learned or not.

    Attributes:
        corpus, preset, method: names, for the record.
        modalities: by modality, the streams it joins.
        views: augmented copies per clip that the streams hold (0: none).
        fold: whose turn it is, where the corpus is tested by folds, too; None: all folds are learned from.
    """

    OPTIONAL = ("fold",)

    corpus: str
    preset: str
    method: str
    modalities: dict[str, tuple[str, ...]]
    views: int
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Given, Length):
    """Everything one pretraining depends on beside data, code and seed.

    Attributes:
        losses: modules of `conclugen.losses`; infonce needs at least 2 views.
        heads: those of the network that these losses work on.
        learning_rate, weight_decay: AdamW's.
        candidates: pairs of them, each of which is trained; validation rows choose (`pretrain/search.py`).
        sizes: those of `Sizes` that its heads have.
        architecture, objective, schedule: see there.
        clusters: of k-means; None for losses that need none.
    """

    losses: Annotated[tuple[str, ...], MinLen(1)]
    heads: tuple[str, ...]
    learning_rate: float
    weight_decay: float
    candidates: Annotated[tuple[tuple[float, float], ...], MinLen(1)]
    sizes: dict[str, int]
    architecture: Architecture
    objective: Objective
    clusters: ClusterSettings | None
    schedule: Schedule

    def __post_init__(self) -> None:
        if "infonce" in self.losses and self.views < 2:
            raise ValueError("infonce compares two augmented views of a clip; views must be at least 2")
        if "mms" in self.losses and len(self.modalities) < 2:
            raise ValueError(f"mms compares modalities; modalities has only {list(self.modalities)}")
