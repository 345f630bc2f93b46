"""The protocols, each the module of its name: whom it judges, from what, with which budget. Plain values alone."""

from __future__ import annotations

import dataclasses

RAW, REFERENCE, METHODS = "raw", "reference", "methods"
REPRESENTATION, FEATURES = "representation", "features"  # what a linear head can stand on


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What rules and tables know of a protocol.

    Attributes:
        judges: `raw`: the input itself; `reference`: the method of `tables.reference`; `methods`: each.
        budget: the section of `downstream` that says what its heads are chosen from.
        network: it starts from pretrained networks.
        frozen: it leaves them as they are, so controls that learned nothing are judged by it, too. Others keep the
            networks that they trained.
        architecture: it draws a network of its own, and is told of which heads.
        masks: its classifier sees modalities side by side, each of which can be masked.
        against: the protocol whose row of the reference method its row is compared with; None: its own.
        head: what the linear head that it keeps stands on, modality by modality; nothing where none can be exported.
        headless: why none can be exported.
    """

    judges: str
    budget: str
    network: bool = True
    frozen: bool = True
    architecture: bool = False
    masks: bool = False
    against: str | None = None
    head: tuple[str, ...] = ()
    headless: str = ""


# Ways to fuse modalities, by the name of their rows of `supervised`; each is a module of `downstream/fusions`.
FUSIONS = {
    "Attention-fusion": "attention",
    "Late-fusion": "late",
    "TFN": "tfn",
    "LMF": "lmf",
    "MISA": "misa",
    "C-MIB": "cmib",
    "CIA": "cia",
    "Multilogue-Net": "multilogue",
}
ORDERED = ("CIA", "Multilogue-Net")  # those that see utterances in the order of their video or dialogue
# In the order of a table.
PROTOCOLS = {
    "raw": Protocol(RAW, "heads", network=False, masks=True, against="linear", head=(FEATURES,)),
    "supervised": Protocol(
        REFERENCE,
        "networks",
        network=False,
        frozen=False,
        architecture=True,
        against="finetune",
        head=(REPRESENTATION,),
    ),
    "linear": Protocol(METHODS, "heads", masks=True, head=(REPRESENTATION,)),
    "linear_input": Protocol(METHODS, "heads", masks=True, head=(REPRESENTATION, FEATURES)),
    "finetune": Protocol(METHODS, "networks", frozen=False, head=(REPRESENTATION,)),
    "knn": Protocol(METHODS, "knn", headless="has no head, but compares with all training utterances"),
    "shuffled": Protocol(REFERENCE, "heads", against="linear", headless="learned permuted labels, on purpose nothing"),
}
