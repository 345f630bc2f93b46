"""The files of shards that rules ask for, which are known once the plan of their data set is made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from conclugen import choices, planning
from conclugen.config import Config
from conclugen.store.tables import read_about
from conclugen.workflow import files, image_slices, watch

SHOWN = 12  # face shards that a contact sheet is made of


class Shards:
    """Input functions, which take `wildcards`, and the lists of files they are made of, by the name of a data set."""

    def __init__(self, config: Config, plan_of: Callable[[str], str], packaged: bool) -> None:
        """Prepare to read plans.

        Args:
            config: the configuration.
            plan_of: gives the plan of a data set; raises, as Snakemake's checkpoints do, where it is not made yet.
            packaged: jobs run in this environment, so that weights which its packages lack are missing.
        """
        self.config, self._plan_of, self._packaged = config, plan_of, packaged
        self.imported = [name for name, dataset in config.datasets.items() if dataset.adapter == "features"]
        self.filmed = [name for name in config.datasets if name not in self.imported]
        self.landmark_network = config.features.keypoints.backbone != image_slices.DETECTOR
        self.transcribed = [name for name in config.datasets if choices.transcribed(config, name)]
        self._require_read = functools.cache(self._read_enough)
        self._require_folds = functools.cache(self._can_be_measured)
        self._require_corpus = functools.cache(self._can_be_learned)

    def names(self, dataset: str) -> list[str]:
        """Return the names of a data set's shards."""
        lines = Path(self._plan_of(dataset)).read_text(encoding="utf-8").splitlines()
        return [line.split(",")[0] for line in lines[1:]]

    def every(self, folder: str, dataset: str, ending: str, step: int = 1) -> list[str]:
        """Return `results/{folder}/{dataset}/{shard}{ending}` for every `step`-th shard."""
        return [f"results/{folder}/{dataset}/{shard}{ending}" for shard in self.names(dataset)[::step]]

    def media_list(self, wildcards: Any) -> str:
        """Return the list of this shard's media."""
        return self._list(wildcards, "media")

    def text_list(self, wildcards: Any) -> str:
        """Return the list of this shard's texts."""
        return self._list(wildcards, "text")

    def _list(self, wildcards: Any, kind: str) -> str:
        return f"{self._plan_of(wildcards.dataset).removesuffix('.csv')}/{wildcards.shard}.{kind}.csv"

    def splits(self, wildcards: Any) -> str:
        """Return the list of utterances, splits and groups of a corpus or data set."""
        return self._splits_of(getattr(wildcards, "corpus", None) or wildcards.dataset)

    def _splits_of(self, dataset: str) -> str:
        return f"{self._plan_of(dataset).removesuffix('.csv')}/splits.csv"

    def words(self, wildcards: Any) -> dict[str, str]:
        """Return this shard's texts: those of its plan or, with `asr`, its transcripts and their ledger."""
        if wildcards.dataset not in self.transcribed:
            return {"text_list": self.text_list(wildcards)}
        base = f"results/transcripts/{wildcards.dataset}/{wildcards.shard}"
        return {"text_list": f"{base}.csv", "transcripts_ledger": f"{base}.ledger.csv"}

    def transcripts(self, dataset: str) -> list[str]:
        """Return the transcripts of a data set, where it has any and its words are used."""
        used = dataset in self.transcribed and "text" in choices.accounted_streams(self.config, dataset)
        return self.every("transcripts", dataset, ".csv") if used else []

    def faces(self, wildcards: Any) -> dict[str, str]:
        """Return the face shard and its ledger; with them, where no crops are kept, the media to cut them from."""
        base = f"results/faces/{wildcards.dataset}/{wildcards.shard}"
        inputs = {"faces": f"{base}.h5", "faces_ledger": f"{base}.ledger.csv"}
        has_crops = choices.keeps_faces(self.config, wildcards.dataset)
        return inputs if has_crops else inputs | {"media_list": self.media_list(wildcards)}

    def landmarks(self, wildcards: Any) -> dict[str, str]:
        """Return the face shard and its ledger; for a landmark network all that crops are made of."""
        inputs = self.faces(wildcards)
        return inputs if self.landmark_network else {name: inputs[name] for name in ("faces", "faces_ledger")}

    def clips(self, wildcards: Any) -> dict[str, Any]:
        """Return the shards of the videos whose frames an image data set is; with them, where crops are not kept, the
        lists of media.
        """
        name = self.config.images.datasets[wildcards.images].dataset
        inputs = {
            "video_manifest": f"results/manifests/{name}.parquet",
            "faces": self.every("faces", name, ".h5"),
            "points": self.every("points", name, ".h5"),
            "points_ledgers": self.every("points", name, ".ledger.csv"),
        }
        has_crops = choices.keeps_faces(self.config, name)
        return inputs if has_crops else inputs | {"media_lists": self.every("plans", name, ".media.csv")}

    def faces_shown(self, wildcards: Any) -> list[str]:
        """Return the face shards that a contact sheet is made of: a dozen at most, spread over all."""
        return self.every("faces", wildcards.dataset, ".h5", -(-len(self.names(wildcards.dataset)) // SHOWN))

    def features(self, dataset: str, streams: Iterable[str]) -> list[str]:
        """Return the feature shards of these streams. Raises WorkflowError where weights or labels are missing."""
        wanted = list(streams)
        self.require_weights(dataset, wanted)
        names = self.names(dataset)
        self._require_read(dataset)
        return [f"results/features/{dataset}/{stream}/{name}.h5" for stream in wanted for name in names]

    def learned(self, wildcards: Any) -> list[str]:
        """Return the feature shards that a network learns from. Raises WorkflowError where nothing can be learned."""
        paths = self.features(wildcards.corpus, choices.pretraining_streams(self.config, wildcards.method))
        self._require_corpus(wildcards.corpus)
        return paths

    def evaluated(self, wildcards: Any) -> list[str]:
        """Return the feature shards that a protocol reads. Raises WorkflowError where labels cannot be measured."""
        paths = self.features(wildcards.dataset, choices.streams(self.config, wildcards.method))
        self._require_folds(wildcards.dataset, choices.TARGETS[wildcards.target])
        return paths

    def ledgers(self, dataset: str) -> list[str]:
        """Return every ledger of a data set: of the manifest, of faces, of transcripts, then of each stream in use."""
        streams = choices.accounted_streams(self.config, dataset)
        seen = dataset in self.filmed and not set(choices.FACE_STREAMS).isdisjoint(streams)
        faces = self.every("faces", dataset, ".ledger.csv") if seen else []
        made = [*self.transcripts(dataset), *self.features(dataset, streams)]
        ends = [str(Path(path).with_suffix(".ledger.csv")) for path in made]
        return [f"results/manifests/{dataset}.ledger.csv", *faces, *ends]

    def ledgers_behind(self, names: Sequence[str]) -> list[str]:
        """Return the ledgers of all that these tables stand on."""
        return [path for dataset in files.with_corpora(self.config, names) for path in self.ledgers(dataset)]

    def require_weights(self, dataset: str | None, streams: Iterable[str]) -> None:
        """Raise WorkflowError, before any job runs, where one of these streams lacks its weights."""
        if dataset in self.filmed:
            lines = planning.missing_weights(self.config, dataset, streams, self._packaged)
            _stop("weights are missing:", lines)

    def _read_enough(self, dataset: str) -> None:
        """Stop where reading the labels lost more than quality control lets pass."""
        about = read_about(f"results/manifests/{dataset}.parquet")
        _stop("more is lost than allowed:", planning.lost_in_reading(self.config, dataset, about))

    def _can_be_learned(self, corpus: str) -> None:
        """Stop where no utterance of a corpus is in the splits that networks learn from."""
        lines = planning.nothing_to_learn_from(self.config, corpus, Path(self._splits_of(corpus)))
        _stop("nothing can be learned:", lines)

    def _can_be_measured(self, dataset: str, target: str) -> None:
        """Stop where the labels of a data set of one's own cannot be learned or measured."""
        if not watch.inputs(self.config, dataset):
            about = read_about(f"results/manifests/{dataset}.parquet")
            _stop("some labels are missing:", planning.label_mistakes(self.config, dataset, target, about))


def _stop(head: str, lines: Sequence[str]) -> None:
    if lines:
        raise WorkflowError("\n".join([head, *lines]))
