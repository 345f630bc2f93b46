"""The numbers of the paper (Halawa et al. 2024, Tables 2 to 5) as fractions of 1, by table, protocol and method.

All are weighted averages as in torchmetrics: on CMU-MOSEI the `*_support_weighted` metrics, on CAER and MELD the
`*_weighted` ones, where weighted recall is accuracy (Tables 4 and 5 print it twice). Table 2 gives accuracy alone; its
linear row (60.0) differs from Table 3's (60.4), and Table 3 stands here.
"""

from __future__ import annotations

METHODS = (
    "ConCluGen",
    "ConClu",
    "ConGen",
    "Multi-Cont",
    "Instance-Cont",
    "Generative",
    "ConCluGen-vision",
    "Multi-Cont-wo-text",
    "Multi-Cont-wo-audio",
)
MULTI = ("acc_support_weighted", "f1_support_weighted", "precision_support_weighted", "recall_support_weighted")
SINGLE = ("accuracy", "f1_weighted", "precision_weighted", "recall_weighted")
COLUMNS = {"multi": MULTI, "single": SINGLE, "regression": ()}  # the paper has no table of sentiment

# Accuracy, F1, precision, recall in percent, in the order of METHODS; linear evaluation.
TABLE_3_MOSEI = (
    (60.4, 49.6, 41.7, 70.3),
    (57.4, 43.9, 44.9, 60.5),
    (53.3, 39.2, 45.8, 58.4),
    (56.4, 44.4, 43.9, 63.1),
    (41.2, 43.3, 35.1, 77.1),
    (46.9, 49.2, 38.0, 87.8),
    (52.4, 40.4, 38.2, 57.3),
    (42.5, 27.3, 35.3, 53.1),
    (53.4, 47.4, 41.3, 75.9),
)
TABLE_4_MELD = (
    (56.6, 53.1, 58.5, 56.6),
    (58.0, 54.7, 57.6, 58.0),
    (57.4, 52.7, 57.1, 57.4),
    (57.2, 54.1, 57.6, 57.2),
    (46.3, 32.1, 25.3, 46.3),
    (52.1, 40.9, 37.5, 52.1),
    (31.0, 26.3, 28.7, 31.0),
    (48.1, 31.4, 24.3, 48.1),
    (54.3, 46.9, 58.2, 54.3),
)
TABLE_5_CAER = (
    (37.5, 26.1, 34.8, 37.5),
    (36.6, 24.0, 29.4, 36.6),
    (35.8, 22.5, 32.3, 35.8),
    (34.6, 22.3, 30.7, 34.6),
    (34.6, 17.8, 12.0, 34.6),
    (37.3, 23.9, 45.3, 37.3),
    (36.1, 21.9, 32.5, 36.1),
    (23.2, 16.8, 13.9, 23.2),
    (35.1, 19.3, 24.0, 35.1),
)
LINEAR = {"mosei": (3, TABLE_3_MOSEI), "meld": (4, TABLE_4_MELD), "caer": (5, TABLE_5_CAER)}

# Accuracy in percent: supervised baseline, linear evaluation, fine-tuned.
TABLE_2 = {"mosei": (57.88, 60.0, 66.48), "caer": (34.43, 37.5, 50.75), "meld": (55.97, 56.6, 60.03)}


def numbers(dataset: str | None, task: str, method: str, protocol: str) -> dict[str, float]:
    """Return what the paper printed for a row: `paper_table` and `paper_{metric}`; empty where it printed nothing.

    `dataset` is mosei, meld, caer or None. The supervised baseline stands in Table 2 under no method's name.
    """
    columns = COLUMNS[task]
    if dataset not in LINEAR or not columns:
        return {}
    if protocol == "linear" and method in METHODS:
        number, rows = LINEAR[dataset]
        values = rows[METHODS.index(method)]
        return {"paper_table": number, **{f"paper_{c}": v / 100 for c, v in zip(columns, values, strict=True)}}
    if protocol == "supervised":
        return {"paper_table": 2, f"paper_{columns[0]}": TABLE_2[dataset][0] / 100}
    if protocol == "finetune" and method == "ConCluGen":
        return {"paper_table": 2, f"paper_{columns[0]}": TABLE_2[dataset][2] / 100}
    return {}
