"""What reports show beside tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from conclugen.config.types import Section


class Report(Section):
    """Pictures of the reports.

    Attributes:
        maps: how representations of validation utterances are laid out in two dimensions; `none`: not at all.
        map_utterances: at most, spread over the split.
        crops: contact sheets of face crops: `demo`: of the demo corpus alone; `all`: of every data set whose crops are
            kept, which then are in the page: faces are personal data, so send such a page to nobody who may not see
            them; `none`.
    """

    maps: Literal["t-SNE", "PCA", "none"] = "t-SNE"
    map_utterances: Annotated[int, Field(ge=10)] = 500
    crops: Literal["demo", "all", "none"] = "demo"
