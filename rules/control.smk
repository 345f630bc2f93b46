# Controls: how far each method comes in worlds where it is known what pretraining can gain.


rule control:
    input:
        predictions=controls,
        manifests=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=all_losses_accounted,
    output:
        table="results/tables/{control}.csv",
    log:
        "results/logs/tables/{control}.log",
    benchmark:
        "results/benchmarks/tables/{control}.tsv"
    wildcard_constraints:
        control="control|control-grid",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("tables"),
        code=fingerprint("conclugen.evaluation.control"),
    message:
        "Measure how far each method comes from the raw features to the oracle"
    shell:
        "python -m conclugen.evaluation.control --manifest {input.manifests:q} "
        "--predictions {params.folders:q} --settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


# Its own name, since the worlds' table of label fractions is not that of the user's data.
use rule label_efficiency as control_labels with:
    output:
        table="results/tables/control-labels.csv",
    log:
        "results/logs/tables/control-labels.log",
    benchmark:
        "results/benchmarks/tables/control-labels.tsv"


rule control_figure:
    input:
        table="results/tables/{control}.csv",
    output:
        figure="results/figures/{control}.png",
    log:
        "results/logs/figures/{control}.log",
    benchmark:
        "results/benchmarks/figures/{control}.tsv"
    wildcard_constraints:
        control="control|control-grid",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        code=fingerprint("conclugen.evaluation.control_figure"),
    message:
        "Draw the controls"
    shell:
        "python -m conclugen.evaluation.control_figure --table {input.table:q} --output {output.figure:q} > {log:q} 2>&1"
