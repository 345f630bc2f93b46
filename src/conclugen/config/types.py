"""Types that the sections of the configuration share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conclugen.config import written
from conclugen.data.cross_validation import LEAST

Number = float
Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
Modalities = dict[Name, Annotated[list[Name], Field(min_length=1)]]  # by modality, the streams it joins
FoldCount = Annotated[int, Field(ge=LEAST)]
Split = Literal["train", "valid", "test", "none"]
DimensionName = Literal["sentiment", "valence", "arousal"]
Target = Literal["expression", DimensionName]


class Section(BaseModel):
    """A part of the configuration: unknown keys and wrong types are refused, null means the default.

    What a key means stands in the `Attributes` of its class and nowhere else; docs/configuration.md is printed from
    them.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, values: Any) -> Any:
        """Read text as the numbers it is, leave out what is null."""
        return written.given(values, cls.model_fields)
