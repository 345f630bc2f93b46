# What to read beside the tables: figures, and what a score may owe to leaks.


rule figures:
    input:
        table="results/tables/{dataset}.csv",
        predictions=lambda wildcards: prediction_files(
            wildcards.dataset, choices.table_rows(CONFIG)
        ),
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
        folders=lambda wildcards, input: folders_of(input.predictions),
        code=fingerprint("conclugen.evaluation.figures"),
    message:
        "Draw the figures of {wildcards.dataset}"
    shell:
        "python -m conclugen.evaluation.figures --manifest {input.manifest:q} --table {input.table:q} "
        "--predictions {params.folders:q} --output-dir $(dirname {output.headline:q}) > {log:q} 2>&1"


rule label_figure:
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
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        code=fingerprint("conclugen.evaluation.label_figure"),
    message:
        "Draw what shares of the labels give"
    shell:
        "python -m conclugen.evaluation.label_figure --table {input.table:q} --output {output.figure:q} > {log:q} 2>&1"


rule sentiment_figures:
    input:
        table="results/tables/{dataset}-sentiment.csv",
        predictions=lambda wildcards: prediction_files(
            f"{wildcards.dataset}-sentiment", choices.table_rows(CONFIG)
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
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        code=fingerprint("conclugen.evaluation.sentiment_figures"),
    message:
        "Draw the figures of the sentiment of {wildcards.dataset}"
    shell:
        "python -m conclugen.evaluation.sentiment_figures --manifest {input.manifest:q} --table {input.table:q} "
        "--predictions {params.folders:q} --output-dir $(dirname {output.headline:q}) > {log:q} 2>&1"


rule robustness_figure:
    input:
        table="results/tables/{dataset}{target}.robustness.csv",
    output:
        figure="results/figures/{dataset}{target}/robustness.png",
    log:
        "results/logs/figures/{dataset}{target}.robustness.log",
    benchmark:
        "results/benchmarks/figures/{dataset}{target}.robustness.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        code=fingerprint("conclugen.evaluation.robustness_figure"),
    message:
        "Draw what {wildcards.dataset}{wildcards.target} loses without each modality"
    shell:
        "python -m conclugen.evaluation.robustness_figure --table {input.table:q} --output {output.figure:q} "
        "> {log:q} 2>&1"


rule leaks:
    input:
        manifest="results/manifests/{dataset}.parquet",
        # The corpus pretrained on, where it is another data set.
        corpus=lambda wildcards: [
            f"results/manifests/{corpus}.parquet"
            for corpus in [choices.corpus_of(CONFIG, wildcards.dataset)]
            if corpus != wildcards.dataset
        ],
        features=lambda wildcards: feature_shards(
            wildcards.dataset, choices.all_streams(CONFIG)
        ),
        transcripts=lambda wildcards: transcripts_of(wildcards.dataset),
        corpus_transcripts=lambda wildcards: transcripts_of(
            choices.corpus_of(CONFIG, wildcards.dataset)
        ),
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
        corpus=lambda wildcards, input: each("--corpus", input.corpus),
        features=features_argument,
        settings=settings("leaks"),
        code=fingerprint("conclugen.evaluation.leaks"),
    message:
        "Look for leaks in {wildcards.dataset}"
    shell:
        "python -m conclugen.evaluation.leaks --manifest {input.manifest:q} {params.corpus:q} "
        "--features {params.features:q} --settings {params.settings:q} --transcripts {input.transcripts:q} "
        "--corpus-transcripts {input.corpus_transcripts:q} --output {output.table:q} > {log:q} 2>&1"


rule all_leaks:
    input:
        tables=of_every_dataset("results/qc/{dataset}.leaks.csv"),
    output:
        table="results/qc/leaks.csv",
    log:
        "results/logs/leaks.log",
    benchmark:
        "results/benchmarks/leaks.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        code=fingerprint("conclugen.evaluation.join"),
    message:
        "Put the leaks of all data sets into one table"
    shell:
        "python -m conclugen.evaluation.join --tables {input.tables:q} --output {output.table:q} > {log:q} 2>&1"


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
