"""What reports show beside tables."""

from __future__ import annotations

from typing import Literal

from conclugen.config.types import section
from conclugen.evaluation.settings import Maps


class Report(section(Maps)):
    """Pictures of the reports.

    Attributes:
        crops: contact sheets of face crops: `demo`: of the demo corpus alone; `all`: of every data set whose crops are
            kept, which then are in the page: faces are personal data, so send such a page to nobody who may not see
            them; `none`.
    """

    crops: Literal["demo", "all", "none"] = "demo"
