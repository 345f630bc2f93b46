"""Keys of the adapters of published data sets, in their official layouts.

An adapter is a module of this name, whose class of keys stands under the same name in `LAYOUTS`.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Le

from conclugen.data.settings import FoldCount, Layout
from conclugen.store.keys import Seed, Share, Split

FiveFolds = Annotated[int, Ge(1), Le(5)]
SixFolds = Annotated[int, Ge(1), Le(6)]
AFFECT = ("valence", "arousal")


@dataclasses.dataclass(frozen=True)
class VoxCeleb2(Layout):
    """VoxCeleb2 in its official layout: tight faces, no labels.

    Attributes:
        parts: the split of each part that is read.
        valid_fraction: share of the speakers in train that go to valid, chosen by hash.
        seed: of that choice.
    """

    DETECTOR = "none"

    parts: dict[str, Split] = dataclasses.field(default_factory=lambda: {"dev": "train", "test": "none"})
    valid_fraction: Share = 0.05
    seed: Seed = 0


@dataclasses.dataclass(frozen=True)
class Mosei(Layout):
    """CMU-MOSEI in its official layout; paths are relative to the root, and null means the official places.

    Attributes:
        labels: table of labels, `.csd` or `.csv`.
        folds: JSON of {fold: [video]}.
        transcripts: folder of segmented transcripts, CSV with text, or `.csd` of words.
        media: `segmented` clips, `full` videos with times, or `auto`: segmented where there are any.
    """

    FILES = ("labels", "folds", "transcripts")
    DIMENSIONS = ("sentiment",)

    labels: str | None = None
    folds: str | None = None
    transcripts: str | None = None
    media: Literal["segmented", "full", "auto"] = "auto"


@dataclasses.dataclass(frozen=True)
class Meld(Layout):
    """MELD in its official layout.

    Attributes:
        group: what is resampled. Dialogues of one episode share story, cast and sound, so only episodes come near to
            independent draws.
    """

    group: Literal["episode", "dialogue"] = "episode"


@dataclasses.dataclass(frozen=True)
class Caer(Layout):
    """CAER in its official layout. It comes without text; a `transcripts.csv` (file, text) that you add is read."""


@dataclasses.dataclass(frozen=True)
class ByActor(Layout):
    """A corpus of actors, in folds of consecutive ones, unless splits are asked for.

    Attributes:
        folds: in how many each actor is tested once; the next fold validates.
        valid_actors: in valid; with `test_actors`, in place of folds.
        test_actors: in test; the others are in train.
    """

    folds: FoldCount
    valid_actors: tuple[int, ...] | None = None
    test_actors: tuple[int, ...] | None = None

    def folds_of(self) -> int:
        """Return `folds`, or 0 where actors are named."""
        return self.folds if self.test_actors is None else 0

    def __post_init__(self) -> None:
        """Raise ValueError for actors of one split without the other."""
        if (self.valid_actors is None) != (self.test_actors is None):
            raise ValueError(
                "datasets: valid_actors and test_actors make splits together; give both, or neither for folds"
            )


@dataclasses.dataclass(frozen=True)
class Ravdess(ByActor):
    """RAVDESS; actors 1 to 24. Six folds of 240 utterances of speech."""

    folds: FoldCount = 6


@dataclasses.dataclass(frozen=True)
class Cremad(ByActor):
    """CREMA-D; actors 1001 to 1091. Five folds, which papers count as 1,463, 1,470, 1,475, 1,474 and 1,555
    utterances.
    """

    folds: FoldCount = 5


@dataclasses.dataclass(frozen=True)
class Emodb(ByActor):
    """Berlin EmoDB; speakers 3 and 8 to 16. Ten folds, each of one speaker."""

    folds: FoldCount = 10


@dataclasses.dataclass(frozen=True)
class Dfew(Layout):
    """DFEW: seven expressions, single-labelled clips; the official folds are of clips, not of films or people.

    Attributes:
        fold: the official fold that is tested, alone; null: each in its turn.
        valid_fraction: share of the clips of the other folds that go to valid, drawn by hash; the owners name none.
    """

    FOLDS = 5

    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def validates(self) -> float:
        """Return the share of the clips of the other folds that validates."""
        return self.valid_fraction


@dataclasses.dataclass(frozen=True)
class Mafw(Layout):
    """MAFW: eleven expressions; the official folds are of clips, not of sources or people.

    Attributes:
        labels: `single`: one expression of eleven; `compound`: a task of several at once.
        fold: the official fold that is tested, alone; null: each in its turn.
        valid_fraction: share of the clips of the other folds that go to valid, drawn by hash; the owners name none.
    """

    FOLDS = 5

    labels: Literal["single", "compound"] = "single"
    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def validates(self) -> float:
        """Return the share of the clips of the other folds that validates."""
        return self.valid_fraction


@dataclasses.dataclass(frozen=True)
class Iemocap(Layout):
    """IEMOCAP; a fold is a session of two actors, and the next one is valid.

    Attributes:
        classes: `four`: angry, happy with excited, neutral, sad; `six`: angry, excited, frustrated, happy, neutral,
            sad; `all`: every emotion that raters agree on.
        fold: the session that is tested, alone; null: each in its turn.
        group: what is resampled. The dialogues of a session are of the same two people: intervals are about these.
    """

    DIMENSIONS = AFFECT
    FOLDS = 5

    classes: Literal["four", "six", "all"] = "four"
    fold: FiveFolds | None = None
    group: Literal["dialogue", "speaker"] = "dialogue"


@dataclasses.dataclass(frozen=True)
class Mer(Layout):
    """MER2023 or MER2024: six emotions, and clips without a label for pretraining.

    Attributes:
        tests: tables of MER2023 that are tested on; other tests are left out. `[]`, as for MER2024: folds are.
        fold: of the training table, cut in five by the hash of the clip: the one that is tested, alone; null: each in
            its turn.
        valid_fraction: share of the training table that goes to valid where a table of `tests` is there.
    """

    DIMENSIONS = ("valence",)

    tests: tuple[Literal["test1", "test2", "test3"], ...] = ("test1",)
    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def folds_of(self) -> int:
        """Return the parts of the training table, or 0 where a table is tested, or a part alone."""
        return 0 if self.tests or self.fold is not None else 5

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that are measured: test3 has no valence."""
        return () if tuple(self.tests) == ("test3",) else self.DIMENSIONS


@dataclasses.dataclass(frozen=True)
class Mosi(Layout):
    """CMU-MOSI, as MMSA or as the SDK gives it out; the classes are the sign of the sentiment."""

    DIMENSIONS = ("sentiment",)


@dataclasses.dataclass(frozen=True)
class Sims(Layout):
    """CH-SIMS or CH-SIMS v2; the classes are the sign of the sentiment, which is kept from -3 to 3.

    Attributes:
        label: whose sentiment: of all modalities together, or of raters who had one alone.
    """

    DIMENSIONS = ("sentiment",)

    label: Literal["multimodal", "text", "audio", "vision"] = "multimodal"


@dataclasses.dataclass(frozen=True)
class MspImprov(Layout):
    """MSP-IMPROV; a fold is a session of two actors, and the next one is valid.

    Attributes:
        fold: the session that is tested, alone; null: each in its turn.
        group: what is resampled. The dialogues of a session are of the same two people: intervals are about these.
        activation: whether 5 is the active end of the scale (`rising`) or the passive one (`falling`).
    """

    DIMENSIONS = AFFECT
    FOLDS = 6

    fold: SixFolds | None = None
    group: Literal["dialogue", "speaker"] = "dialogue"
    activation: Literal["rising", "falling"] = "rising"


LAYOUTS = {
    "voxceleb2": VoxCeleb2,
    "mosei": Mosei,
    "meld": Meld,
    "caer": Caer,
    "ravdess": Ravdess,
    "cremad": Cremad,
    "emodb": Emodb,
    "dfew": Dfew,
    "mafw": Mafw,
    "iemocap": Iemocap,
    "mer": Mer,
    "mosi": Mosi,
    "sims": Sims,
    "mspimprov": MspImprov,
}
