"""Keys of the layouts of image data sets. A layout is a module of `layouts/`, whose keys stand under its name here."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from conclugen.store.keys import Keys, Share


@dataclasses.dataclass(frozen=True)
class ImageSet(Keys):
    """Base of the keys of a layout."""

    DIMENSIONS: ClassVar[tuple[str, ...]] = ()

    def targets_of(self) -> tuple[str, ...]:
        """Return what its labels have: classes, and the numbers that `DIMENSIONS` names."""
        return ("expression", *self.DIMENSIONS)


@dataclasses.dataclass(frozen=True)
class Fer2013(ImageSet):
    """FER2013: `fer2013.csv`, `icml_face_data.csv`, or the folders train and test."""


@dataclasses.dataclass(frozen=True)
class FerPlus(ImageSet):
    """FER+: `fer2013new.csv` beside the CSV of FER2013.

    Attributes:
        rule: `majority`: the official rule, by which hard images have no label; `argmax`: the class with most votes.
    """

    rule: Literal["majority", "argmax"] = "majority"


@dataclasses.dataclass(frozen=True)
class RafDb(ImageSet):
    """RAF-DB, basic part: the folder with EmoLabel and Image.

    Attributes:
        valid: share of the training images that become the split valid, which the set does not have.
    """

    valid: Share = 0.1


@dataclasses.dataclass(frozen=True)
class AffectNet(ImageSet):
    """AffectNet, manually annotated, in its old or its new form; its validation fold is the test split.

    Attributes:
        classes: 8, or 7 without contempt.
        valid: share of the training images that become the split valid.
    """

    DIMENSIONS = ("valence", "arousal")

    classes: Annotated[int, Ge(7), Le(8)] = 8
    valid: Share = 0.05


@dataclasses.dataclass(frozen=True)
class CaerS(ImageSet):
    """CAER-S: the folders train and test, whole scenes.

    Attributes:
        valid: share of the training images, by blocks of neighbouring numbers, that become the split valid.
    """

    valid: Share = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frames(ImageSet):
    """What is made of the frames of clips.

    Attributes:
        grey: pictures without colour, as FER2013 has them.
        labelled: whether each clip has one of several classes; false: a corpus to pretrain on, without a table.
    """

    grey: bool = False
    labelled: bool = True

    def targets_of(self) -> tuple[str, ...]:
        """Return what its labels have: the classes of clips, if any."""
        return ("expression",) if self.labelled else ()


LAYOUTS = {"fer2013": Fer2013, "ferplus": FerPlus, "rafdb": RafDb, "affectnet": AffectNet, "caers": CaerS}
