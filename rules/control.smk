# Controls: how far each method comes in worlds where it is known what pretraining can gain.


use rule baselines as control with:
    input:
        scores=lambda wildcards: files.controls(CONFIG, wildcards.control),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/{control}.csv", caption="../report/control.rst", category="Tables"),
    log:
        "results/logs/tables/{control}.log",
    benchmark:
        "results/benchmarks/tables/{control}.tsv"
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
    log:
        "results/logs/tables/control-labels.log",
    benchmark:
        "results/benchmarks/tables/control-labels.tsv"


rule control_figure:
    input:
        table="results/tables/{control}.csv",
    output:
        figure=report("results/figures/{control}.png", caption="../report/control.rst", category="Figures"),
        pdf="results/figures/{control}.pdf",
    log:
        "results/logs/figures/{control}.log",
    benchmark:
        "results/benchmarks/figures/{control}.tsv"
    wildcard_constraints:
        control="control|control-grid|control-rivals",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        **stage("evaluation.control_figure"),
    message:
        "Draw the controls"
    shell:
        RUN
