"""Stage one: the demo corpus, faces, streams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from conclugen.config.types import Section, section
from conclugen.data import settings as data
from conclugen.faces import settings as faces
from conclugen.features import settings as features
from conclugen.features.catalogue import CATALOGUE, model_mistake, weights_mistake
from conclugen.store.keys import Count


class Demo(section(data.Demo)):
    """The demo corpus, written in the official layouts.

    Attributes:
        utterances: clips of each layout. More give steadier numbers and cost about a second of work each.
    """

    utterances: dict[Literal["voxceleb2", "mosei", "meld", "caer"], Count] = {
        "voxceleb2": 200,
        "mosei": 250,
        "meld": 140,
        "caer": 140,
    }


Faces = section(faces.Faces)


class Stream(section(features.Stream)):
    """What each of the five streams has.

    Attributes:
        seen: data sets whose emotion labels went into a network of your own, `[]` for none; null: what is known of it.
            A score on one of them is flagged in the tables. A change extracts and trains nothing anew.
    """

    seen: list[str] | None = None


class Views(section(features.Views)):
    """Augmented copies of the corpus's clips, made only for methods that compare views of a clip (Instance-Cont). They
    cost copies × each stream; the strengths are SimCLR's and CVRL's.

    Attributes:
        streams: of which copies are made; with both, a copy is augmented alike in each.
    """

    streams: Annotated[list[Literal["frames2d", "frames3d"]], Field(min_length=1)] = ["frames3d"]


Frames2d = section(features.Frames2d, Stream)
Frames3d = section(features.Frames3d, Stream)
Audio = section(features.Audio, Stream)
Text = section(features.Text, Stream)
Keypoints = section(features.Keypoints, Stream)


class Streams(Section):
    """What is extracted of each utterance: a vector per stream, by one frozen backbone each (docs/backbones.md)."""

    frames2d: Frames2d = Frames2d()
    frames3d: Frames3d = Frames3d()
    audio: Audio = Audio()
    text: Text = Text()
    keypoints: Keypoints = Keypoints()
    views: Views = Views()

    @model_validator(mode="after")
    def _models(self) -> Streams:
        mistakes = []
        for stream in CATALOGUE:
            chosen = getattr(self, stream)
            mistake = model_mistake(stream, chosen.backbone, chosen.model, chosen.weights is not None)
            mistakes += [f"features.{stream}.model: {mistake}"] if mistake else []
            lacking = weights_mistake(stream, chosen.backbone, chosen.weights is not None)
            mistakes += [f"features.{stream}.weights: {lacking}"] if lacking else []
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self
