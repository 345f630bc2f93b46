# What to read beside the tables: figures, and what a score may owe to leaks.


rule figures:
    input:
        table="results/tables/{dataset}.csv",
        predictions=lambda wildcards: files.predictions(CONFIG, wildcards.dataset, choices.table_rows(CONFIG)),
        manifest="results/manifests/{dataset}.parquet",
    output:
        headline="results/figures/{dataset}/headline.png",
        rows=[
            f"results/figures/{{dataset}}/{method}-{protocol}{kind}.png"
            for method, protocol in choices.table_rows(CONFIG)
            for kind in ("", ".pr")
        ],
    log:
        "results/logs/figures/{dataset}.log",
    benchmark:
        "results/benchmarks/figures/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.figures", folder=True, predictions=folders),
    message:
        "Draw the figures of {wildcards.dataset}"
    shell:
        RUN


use rule figures as sentiment_figures with:
    input:
        table="results/tables/{dataset}-sentiment.csv",
        predictions=lambda wildcards: files.predictions(
            CONFIG, f"{wildcards.dataset}-sentiment", choices.table_rows(CONFIG)
        ),
        manifest="results/manifests/{dataset}.parquet",
    output:
        headline="results/figures/{dataset}-sentiment/headline.png",
        rows=[
            f"results/figures/{{dataset}}-sentiment/{method}-{protocol}.png"
            for method, protocol in choices.table_rows(CONFIG)
        ],
    log:
        "results/logs/figures/{dataset}-sentiment.log",
    benchmark:
        "results/benchmarks/figures/{dataset}-sentiment.tsv"
    params:
        **stage("evaluation.sentiment_figures", folder=True, predictions=folders),
    message:
        "Draw the figures of the sentiment of {wildcards.dataset}"


use rule control_figure as label_figure with:
    input:
        table="results/tables/{labels}.csv",
    output:
        figure="results/figures/{labels}.png",
    log:
        "results/logs/figures/{labels}.log",
    benchmark:
        "results/benchmarks/figures/{labels}.tsv"
    wildcard_constraints:
        labels="label_efficiency|control-labels",
    params:
        **stage("evaluation.label_figure"),
    message:
        "Draw what shares of the labels give"


use rule control_figure as robustness_figure with:
    input:
        table="results/tables/{dataset}{target}.robustness.csv",
    output:
        figure="results/figures/{dataset}{target}/robustness.png",
    log:
        "results/logs/figures/{dataset}{target}.robustness.log",
    benchmark:
        "results/benchmarks/figures/{dataset}{target}.robustness.tsv"
    params:
        **stage("evaluation.robustness_figure"),
    message:
        "Draw what {wildcards.dataset}{wildcards.target} loses without each modality"


rule leaks:
    input:
        manifest="results/manifests/{dataset}.parquet",
        # The corpus pretrained on, where it is another data set.
        corpus=lambda wildcards: [
            f"results/manifests/{corpus}.parquet"
            for corpus in [choices.corpus_of(CONFIG, wildcards.dataset)]
            if corpus != wildcards.dataset
        ],
        features=lambda wildcards: feature_shards(wildcards.dataset, choices.all_streams(CONFIG)),
        transcripts=lambda wildcards: transcripts_of(wildcards.dataset),
        corpus_transcripts=lambda wildcards: transcripts_of(choices.corpus_of(CONFIG, wildcards.dataset)),
    output:
        table="results/qc/{dataset}.leaks.csv",
    log:
        "results/logs/leaks/{dataset}.log",
    benchmark:
        "results/benchmarks/leaks/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.leaks", "leaks"),
    message:
        "Look for leaks in {wildcards.dataset}"
    shell:
        RUN


use rule all_robustness as all_leaks with:
    input:
        tables=of_every_dataset("results/qc/{dataset}.leaks.csv"),
    output:
        table="results/qc/leaks.csv",
    log:
        "results/logs/leaks.log",
    benchmark:
        "results/benchmarks/leaks.tsv"
    message:
        "Put the leaks of all data sets into one table"


rule report:
    input:
        tables=of_every_table("results/tables/{name}.csv"),
        classes=of_every_dataset("results/tables/{dataset}.classes.csv"),
        robustness="results/tables/robustness.csv",
        figures=of_every_table("results/figures/{name}/headline.png"),
        masked=of_every_table("results/figures/{name}/robustness.png"),
        benchmark="results/tables/benchmark.csv",
        leaks="results/qc/leaks.csv",
    message:
        "Tables, figures, Table 1 and leaks are there"
