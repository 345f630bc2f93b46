"""Which data sets tell the order of their utterances, and how; `data/sequences.py` puts them into it.

By ids: a pattern whose first group is what an utterance is a part of, a video or a dialogue, and whose second is its
number there; layouts whose ids are such have theirs in `PATTERNS`, any other data set may be given one
(`datasets.NAME.order`).
By time: utterances that are cut from one film (or sound) follow each other as they start.
"""

from __future__ import annotations

import re

# By adapter. Clips of CMU-MOSEI are counted by their start, utterances of MELD within their dialogue; that those of
# CMU-MOSI and CH-SIMS are counted in the order of time is what their names suggest.
PATTERNS = {
    "mosei": r"(.+)_(\d+)",
    "meld": r"(.+)_utt(\d+)",
    "mosi": r"(.+)/(\d+)",
    "sims": r"(.+)/(\d+)",
}
BY_TIME = ("folder", "iemocap")  # adapters that cut utterances from films, where these and times are there


def mistake(pattern: str) -> str | None:
    """Return what is wrong with a pattern of ids; None: nothing."""
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        return f"{pattern!r} is no pattern: {error}"
    return (
        None if groups == 2 else f"{pattern!r} has {groups} groups; two are needed: the sequence, and the place in it"
    )
