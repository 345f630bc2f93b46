"""Rivals: what other work pretrains on several modalities, as recipes for the same networks, features and protocols.

Plain values, standard library only. None is pretrained unless `pretrain.methods` or `tables.rivals` names it. Only the
loss is the rival's; network, optimiser, schedule and search are those of every other method, so a row says what a loss
is worth here, not what its authors' system scores. Equations and sources stand in each loss's file and in
docs/rivals.md.
"""

from __future__ import annotations

from conclugen.pretrain.methods import METHODS, OTHERS, Recipe

RIVALS: dict[str, Recipe] = {
    "CLIP": Recipe("CLIP", ("clip",), OTHERS),
    "Pairwise-NT-Xent": Recipe("Pairwise-NT-Xent", ("pairwise",), OTHERS),
    "VICReg": Recipe("VICReg", ("vicreg",), OTHERS),
    "Barlow-Twins": Recipe("Barlow-Twins", ("barlow",), OTHERS),
    "Masked-modality": Recipe("Masked-modality", ("masked",), OTHERS),
    "Shared-code": Recipe("Shared-code", ("shared",), OTHERS),
}
SHIPPED = METHODS | RIVALS

# Those that need what a vector per utterance no longer has: only their published numbers can stand beside.
NOT_RERUN = {
    "Khare et al.": "masked frames and words are predicted from their neighbours: needs sequences",
    "SSE-FT": "attends over the tokens of each modality: of one vector each, nothing is left but attention fusion",
    "Graph-MFN": "a memory over aligned words: needs sequences with word times",
    "Huynh et al.": "trains its encoders of sound and video, end to end: needs the media",
    "Wen et al.": "attends across aligned sequences: needs sequences",
}
