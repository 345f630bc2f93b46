"""Data sets of the field beside the paper's, in their official layouts: what each adapter may be told."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from conclugen.config.every_dataset import Dataset
from conclugen.config.types import Section, Share

FiveFolds = Annotated[int, Field(ge=1, le=5)]
SixFolds = Annotated[int, Field(ge=1, le=6)]
AFFECT = ("valence", "arousal")


class Dfew(Dataset):
    """DFEW: seven expressions, single-labelled clips; the official folds are of clips, not of films or people.

    Attributes:
        fold: the official fold that is tested, alone; null: each in its turn.
        valid_fraction: share of the clips of the other folds that go to valid, drawn by hash; the owners name none.
    """

    adapter: Literal["dfew"]
    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def folds_of(self) -> int:
        """Return the official folds, or 0 where one is tested alone."""
        return 5 if self.fold is None else 0

    def validates(self) -> float:
        """Return the share of the clips of the other folds that validates."""
        return self.valid_fraction


class Mafw(Dataset):
    """MAFW: eleven expressions; the official folds are of clips, not of sources or people.

    Attributes:
        labels: `single`: one expression of eleven; `compound`: a task of several at once.
        fold: the official fold that is tested, alone; null: each in its turn.
        valid_fraction: share of the clips of the other folds that go to valid, drawn by hash; the owners name none.
    """

    adapter: Literal["mafw"]
    labels: Literal["single", "compound"] = "single"
    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def folds_of(self) -> int:
        """Return the official folds, or 0 where one is tested alone."""
        return 5 if self.fold is None else 0

    def validates(self) -> float:
        """Return the share of the clips of the other folds that validates."""
        return self.valid_fraction


class Iemocap(Dataset):
    """IEMOCAP; a fold is a session of two actors, and the next one is valid.

    Attributes:
        classes: `four`: angry, happy with excited, neutral, sad; `six`: angry, excited, frustrated, happy, neutral,
            sad; `all`: every emotion that raters agree on.
        fold: the session that is tested, alone; null: each in its turn.
        group: what is resampled. The dialogues of a session are of the same two people: intervals are about these.
    """

    DIMENSIONS: ClassVar[tuple[str, ...]] = AFFECT

    adapter: Literal["iemocap"]
    classes: Literal["four", "six", "all"] = "four"
    fold: FiveFolds | None = None
    group: Literal["dialogue", "speaker"] = "dialogue"

    def folds_of(self) -> int:
        """Return the sessions, or 0 where one is tested alone."""
        return 5 if self.fold is None else 0


class Mer(Dataset):
    """MER2023 or MER2024: six emotions, and clips without a label for pretraining.

    Attributes:
        tests: tables of MER2023 that are tested on; other tests are left out. `[]`, as for MER2024: folds are.
        fold: of the training table, cut in five by the hash of the clip: the one that is tested, alone; null: each in
            its turn.
        valid_fraction: share of the training table that goes to valid where a table of `tests` is there.
    """

    DIMENSIONS: ClassVar[tuple[str, ...]] = ("valence",)

    adapter: Literal["mer"]
    tests: list[Literal["test1", "test2", "test3"]] = ["test1"]
    fold: FiveFolds | None = None
    valid_fraction: Share = 0.1

    def folds_of(self) -> int:
        """Return the parts of the training table, or 0 where a table is tested, or a part alone."""
        return 0 if self.tests or self.fold is not None else 5

    def dimensions_of(self) -> tuple[str, ...]:
        """Return the dimensions that are measured: test3 has no valence."""
        return () if self.tests == ["test3"] else self.DIMENSIONS


class Mosi(Dataset):
    """CMU-MOSI, as MMSA or as the SDK gives it out; the classes are the sign of the sentiment."""

    DIMENSIONS: ClassVar[tuple[str, ...]] = ("sentiment",)

    adapter: Literal["mosi"]


class Sims(Dataset):
    """CH-SIMS or CH-SIMS v2; the classes are the sign of the sentiment, which is kept from -3 to 3.

    Attributes:
        label: whose sentiment: of all modalities together, or of raters who had one alone.
    """

    DIMENSIONS: ClassVar[tuple[str, ...]] = ("sentiment",)

    adapter: Literal["sims"]
    label: Literal["multimodal", "text", "audio", "vision"] = "multimodal"


class MspImprov(Dataset):
    """MSP-IMPROV; a fold is a session of two actors, and the next one is valid.

    Attributes:
        fold: the session that is tested, alone; null: each in its turn.
        group: what is resampled. The dialogues of a session are of the same two people: intervals are about these.
        activation: whether 5 is the active end of the scale (`rising`) or the passive one (`falling`).
    """

    DIMENSIONS: ClassVar[tuple[str, ...]] = AFFECT

    adapter: Literal["mspimprov"]
    fold: SixFolds | None = None
    group: Literal["dialogue", "speaker"] = "dialogue"
    activation: Literal["rising", "falling"] = "rising"

    def folds_of(self) -> int:
        """Return the sessions, or 0 where one is tested alone."""
        return 6 if self.fold is None else 0


Corpus = Dfew | Mafw | Iemocap | Mer | Mosi | Sims | MspImprov


class Dimension(Section):
    """A number beside the labels, on a scale of its own.

    Attributes:
        key: of the array (N,).
        low: the lower end of its scale; it is kept from -3 to 3, so errors on its own scale are
            (high - low) / 6 times those of the table.
        high: the upper end.
    """

    key: str
    low: float
    high: float
