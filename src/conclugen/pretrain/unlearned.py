"""Names of methods that nothing is learned for: what pretraining must beat."""

RAW = "raw-features"  # the input itself, of all modalities, or of one whose name follows
# Networks as they are drawn, and linear maps that are computed (pretrain/controls.py).
UNTRAINED, PCA, GCCA = CONTROLS = ("untrained", "PCA", "GCCA")
