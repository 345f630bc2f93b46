# Tables: every metric, interval and test, computed from predictions alone.


rule table:
    input:
        predictions=lambda wildcards: files.predictions(CONFIG, measured(wildcards), choices.table_rows(CONFIG)),
        manifest="results/manifests/{dataset}.parquet",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}{target}.csv", caption="../report/table.rst", category="Tables"),
    log:
        "results/logs/tables/{dataset}{target}.log",
    benchmark:
        "results/benchmarks/tables/{dataset}{target}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.table", "table", predictions=folders),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target}"
    shell:
        RUN


use rule table as classes with:
    input:
        predictions=lambda wildcards: files.predictions(CONFIG, wildcards.dataset, choices.table_rows(CONFIG)),
        manifest="results/manifests/{dataset}.parquet",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}.classes.csv", caption="../report/classes.rst", category="Tables"),
    log:
        "results/logs/tables/{dataset}.classes.log",
    benchmark:
        "results/benchmarks/tables/{dataset}.classes.tsv"
    params:
        **stage("evaluation.classes", "table", predictions=folders),
    message:
        "Write the table of the classes of {wildcards.dataset}"


use rule table as robustness with:
    input:
        predictions=lambda wildcards: files.predictions(CONFIG, measured(wildcards), choices.robust_rows(CONFIG)),
        manifest="results/manifests/{dataset}.parquet",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report(
            "results/tables/{dataset}{target}.robustness.csv", caption="../report/robustness.rst", category="Tables"
        ),
    log:
        "results/logs/tables/{dataset}{target}.robustness.log",
    benchmark:
        "results/benchmarks/tables/{dataset}{target}.robustness.tsv"
    params:
        **stage("evaluation.robustness", "table", predictions=folders),
    message:
        "Measure {wildcards.dataset}{wildcards.target} without each modality"


use rule table as latex with:
    input:
        table="results/tables/{dataset}{target}.csv",
    output:
        tex="results/tables/{dataset}{target}.tex",
    log:
        "results/logs/tables/{dataset}{target}.tex.log",
    benchmark:
        "results/benchmarks/tables/{dataset}{target}.tex.tsv"
    params:
        **stage("evaluation.latex", level=lambda wildcards: CONFIG.tables.level),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target} as LaTeX"


rule all_robustness:
    input:
        tables=of_every_table("results/tables/{name}.robustness.csv"),
    output:
        table=report("results/tables/robustness.csv", caption="../report/robustness.rst", category="Tables"),
    log:
        "results/logs/tables/robustness.log",
    benchmark:
        "results/benchmarks/tables/robustness.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        **stage("evaluation.join"),
    message:
        "Put what is lost without each modality into one table"
    shell:
        RUN


use rule table as baselines with:
    input:
        predictions=files.table_2(CONFIG),
        manifest=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/baselines.csv", caption="../report/baselines.rst", category="Tables"),
    log:
        "results/logs/tables/baselines.log",
    benchmark:
        "results/benchmarks/tables/baselines.tsv"
    params:
        **stage("evaluation.baselines", "tables", predictions=folders),
    message:
        "Write Table 2: supervised, linear, fine-tuned"


use rule baselines as rivals with:
    input:
        predictions=files.rivals(CONFIG),
        manifest=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/rivals.csv", caption="../report/rivals.rst", category="Tables"),
    log:
        "results/logs/tables/rivals.log",
    benchmark:
        "results/benchmarks/tables/rivals.tsv"
    params:
        **stage("evaluation.rivals", "tables", predictions=folders),
    message:
        "Compare the reference method with losses and fusions of other work"


use rule baselines as label_efficiency with:
    input:
        predictions=lambda wildcards: files.label_fractions(CONFIG),
        manifest=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/label_efficiency.csv", caption="../report/labels.rst", category="Tables"),
    log:
        "results/logs/tables/label_efficiency.log",
    benchmark:
        "results/benchmarks/tables/label_efficiency.tsv"
    params:
        **stage("evaluation.label_efficiency", "tables", predictions=folders),
    message:
        "Write the table of label fractions"


use rule baselines as presets with:
    input:
        predictions=files.presets_compared(CONFIG),
        manifest=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=of_every_dataset("results/qc/{dataset}.csv"),
    output:
        table=report("results/tables/presets.csv", caption="../report/presets.rst", category="Tables"),
    log:
        "results/logs/tables/presets.log",
    benchmark:
        "results/benchmarks/tables/presets.tsv"
    params:
        **stage(
            "evaluation.presets",
            "tables",
            predictions=in_order,
            first=lambda wildcards: CONFIG.tables.presets[0],
        ),
    message:
        "Compare the presets on validation and test"


use rule baselines as ablation with:
    input:
        predictions=files.switches_compared(CONFIG),
        manifest=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=of_every_dataset("results/qc/{dataset}.csv"),
    output:
        table=report("results/tables/ablation.csv", caption="../report/ablation.rst", category="Tables"),
    log:
        "results/logs/tables/ablation.log",
    benchmark:
        "results/benchmarks/tables/ablation.tsv"
    params:
        **stage(
            "evaluation.ablation",
            "tables",
            predictions=in_order,
            variants=settings("variants"),
        ),
    message:
        "Compare presets that differ in one switch, on validation"


# Called so because `benchmark` is a word of Snakemake's own.
use rule all_robustness as published with:
    input:
        **files.table_1(CONFIG),
    output:
        table=report("results/tables/benchmark.csv", caption="../report/benchmark.rst", category="Tables"),
    log:
        "results/logs/tables/benchmark.log",
    benchmark:
        "results/benchmarks/tables/benchmark.tsv"
    params:
        **stage("evaluation.benchmark"),
    message:
        "Write Table 1: published numbers, each with the kind of its metric"
