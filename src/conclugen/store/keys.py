"""Keys of the configuration, as the stage that reads them declares them: each once, with type, default and meaning.

A stage keeps its keys in a module called `settings`. From these classes `conclugen.config` makes its sections and
docs/configuration.md is printed; the stage reads what it was told into them. They need the standard library and names
of limits alone, since to read sections of pydantic costs each job .26 s.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le

Share = Annotated[float, Ge(0), Le(1)]
Above0 = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(1)]
Seed = Annotated[int, Ge(0)]
Split = Literal["train", "valid", "test", "none"]
DimensionName = Literal["sentiment", "valence", "arousal"]


@dataclasses.dataclass(frozen=True)
class Located:
    """A path, which the configuration writes in one way: one that is written otherwise is the same."""


Place = Annotated[str, Located()]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keys:
    """Base of the classes whose fields are keys. Their defaults are the configuration's: a stage is told every key, and
    what else a subclass adds but for `OPTIONAL`."""

    OPTIONAL: ClassVar[tuple[str, ...]] = ()
