# Tables: views of scores. They open no prediction and no manifest.


use rule stage as table with:
    input:
        scores=lambda wildcards: files.scores(CONFIG, measured(wildcards), choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}{target}/chance.test.npz",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}{target}.csv", caption="../report/table.rst", category="Tables"),
        full="results/tables/{dataset}{target}.full.csv",
    pathvars:
        job="tables/{dataset}{target}",
    params:
        **stage("evaluation.table", "table"),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target}"


use rule table as classes with:
    input:
        scores=lambda wildcards: files.scores(CONFIG, wildcards.dataset, choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}/chance.test.npz",
        qc=lambda wildcards: files.accounts(CONFIG, [wildcards.dataset]),
    output:
        table=report("results/tables/{dataset}.classes.csv", caption="../report/classes.rst", category="Tables"),
    pathvars:
        job="tables/{dataset}.classes",
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
    pathvars:
        job="tables/{dataset}{target}.robustness",
    params:
        **stage("evaluation.robustness", "table"),
    message:
        "Measure {wildcards.dataset}{wildcards.target} without each modality"


use rule table as latex with:
    input:
        table="results/tables/{dataset}{target}.full.csv",
    output:
        tex="results/tables/{dataset}{target}.tex",
    pathvars:
        job="tables/{dataset}{target}.tex",
    params:
        **stage("evaluation.latex", level=lambda wildcards: CONFIG.tables.level),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target} as LaTeX"


use rule stage as all_robustness with:
    input:
        tables=of_every_table("results/tables/{name}.robustness.csv"),
    output:
        table=report("results/tables/robustness.csv", caption="../report/robustness.rst", category="Tables"),
    pathvars:
        job="tables/robustness",
    resources:
        mem_mb=memory(1000),
    params:
        **stage("evaluation.join"),
    message:
        "Put what is lost without each modality into one table"


use rule table as baselines with:
    input:
        scores=files.table_2(CONFIG),
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/baselines.csv", caption="../report/baselines.rst", category="Tables"),
    pathvars:
        job="tables/baselines",
    params:
        **stage("evaluation.baselines", "tables"),
    message:
        "Write Table 2: supervised, linear, fine-tuned"


use rule baselines as rivals with:
    input:
        scores=rival_scores,
        chance=files.chance(CONFIG),
        qc=files.accounts(CONFIG, CONFIG.downstream.datasets),
    output:
        table=report("results/tables/rivals.csv", caption="../report/rivals.rst", category="Tables"),
    pathvars:
        job="tables/rivals",
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
    pathvars:
        job="tables/label_efficiency",
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
    pathvars:
        job="tables/presets",
    params:
        **stage("evaluation.presets", "tables", first=lambda wildcards: CONFIG.tables.presets[0]),
    message:
        "Compare the presets on validation and test"


use rule baselines as ablation with:
    input:
        scores=files.switches_compared(CONFIG),
        chance=files.chance(CONFIG, ("valid",)),
        qc=of_every_dataset("results/qc/{dataset}.csv"),
    output:
        table=report("results/tables/ablation.csv", caption="../report/ablation.rst", category="Tables"),
    pathvars:
        job="tables/ablation",
    params:
        **stage("evaluation.ablation", "tables", variants=settings("variants")),
    message:
        "Compare presets that differ in one switch, on validation"


# Called so because `benchmark` is a word of Snakemake's own.
use rule all_robustness as published with:
    input:
        **files.table_1(CONFIG),
    output:
        table=report("results/tables/benchmark.csv", caption="../report/benchmark.rst", category="Tables"),
    pathvars:
        job="tables/benchmark",
    params:
        **stage("evaluation.benchmark"),
    message:
        "Write Table 1: published numbers, each with the kind of its metric"
