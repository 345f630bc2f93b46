# Controls: how far each method comes in worlds where it is known what pretraining can gain.


use rule baselines as control with:
    input:
        scores=lambda wildcards: files.controls(CONFIG, wildcards.control),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/{control}.csv", caption="../report/control.rst", category="Tables"),
    pathvars:
        job="tables/{control}",
    wildcard_constraints:
        control="control|control-grid|control-rivals",
    params:
        **stage("evaluation.control", "tables"),
    message:
        "Measure how far each method comes from the raw features to the oracle"


# Its own name, since the worlds' table of label fractions is not that of the user's data.
use rule label_efficiency as control_labels with:
    output:
        table=report("results/tables/control-labels.csv", caption="../report/labels.rst", category="Tables"),
    pathvars:
        job="tables/control-labels",


use rule stage as control_figure with:
    input:
        table="results/tables/{control}.csv",
    output:
        figure=report("results/figures/{control}.png", caption="../report/control.rst", category="Figures"),
        pdf="results/figures/{control}.pdf",
    pathvars:
        job="figures/{control}",
    wildcard_constraints:
        control="control|control-grid|control-rivals",
    resources:
        mem_mb=memory(1000),
    params:
        **stage("evaluation.control_figure"),
    message:
        "Draw the controls"
