# Tables: views of scores. They open no prediction and no manifest.


rule table:
    input:
        scores=lambda wildcards: files.scores(CONFIG, measured(wildcards), choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}{target}/chance.test.npz",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}{target}.csv", caption="../report/table.rst", category="Tables"),
        full="results/tables/{dataset}{target}.full.csv",
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
        **stage("evaluation.table", "table"),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target}"
    shell:
        RUN


use rule table as classes with:
    input:
        scores=lambda wildcards: files.scores(CONFIG, wildcards.dataset, choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}/chance.test.npz",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}.classes.csv", caption="../report/classes.rst", category="Tables"),
    log:
        "results/logs/tables/{dataset}.classes.log",
    benchmark:
        "results/benchmarks/tables/{dataset}.classes.tsv"
    params:
        **stage("evaluation.classes", "table"),
    message:
        "Write the table of the classes of {wildcards.dataset}"


use rule table as robustness with:
    input:
        scores=lambda wildcards: files.scores(CONFIG, measured(wildcards), choices.robust_rows(CONFIG)),
        chance="results/scores/{dataset}{target}/chance.test.npz",
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
        **stage("evaluation.robustness", "table"),
    message:
        "Measure {wildcards.dataset}{wildcards.target} without each modality"


use rule table as latex with:
    input:
        table="results/tables/{dataset}{target}.full.csv",
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
        scores=files.table_2(CONFIG),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/baselines.csv", caption="../report/baselines.rst", category="Tables"),
    log:
        "results/logs/tables/baselines.log",
    benchmark:
        "results/benchmarks/tables/baselines.tsv"
    params:
        **stage("evaluation.baselines", "tables"),
    message:
        "Write Table 2: supervised, linear, fine-tuned"


use rule baselines as rivals with:
    input:
        scores=files.rivals(CONFIG),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/rivals.csv", caption="../report/rivals.rst", category="Tables"),
    log:
        "results/logs/tables/rivals.log",
    benchmark:
        "results/benchmarks/tables/rivals.tsv"
    params:
        **stage("evaluation.rivals", "tables"),
    message:
        "Compare the reference method with losses and fusions of other work"


use rule baselines as label_efficiency with:
    input:
        scores=lambda wildcards: files.label_fractions(CONFIG),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/label_efficiency.csv", caption="../report/labels.rst", category="Tables"),
    log:
        "results/logs/tables/label_efficiency.log",
    benchmark:
        "results/benchmarks/tables/label_efficiency.tsv"
    params:
        **stage("evaluation.label_efficiency", "tables"),
    message:
        "Write the table of label fractions"


use rule baselines as presets with:
    input:
        scores=files.presets_compared(CONFIG),
        chance=files.chance(CONFIG, ("valid", "test")),
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
            first=lambda wildcards: CONFIG.tables.presets[0],
        ),
    message:
        "Compare the presets on validation and test"


use rule baselines as ablation with:
    input:
        scores=files.switches_compared(CONFIG),
        chance=files.chance(CONFIG, ("valid",)),
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
