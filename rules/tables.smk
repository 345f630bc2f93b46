# Tables: every metric, interval and test, computed from predictions alone.


rule table:
    input:
        predictions=lambda wildcards: prediction_files(
            measured(wildcards), choices.table_rows(CONFIG)
        ),
        manifest="results/manifests/{dataset}.parquet",
        qc=losses_accounted,
    output:
        table="results/tables/{dataset}{target}.csv",
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
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("table"),
        code=fingerprint("conclugen.evaluation.table"),
    message:
        "Write the table of {wildcards.dataset}{wildcards.target}"
    shell:
        "python -m conclugen.evaluation.table --manifest {input.manifest:q} --predictions {params.folders:q} "
        "--settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


rule classes:
    input:
        predictions=lambda wildcards: prediction_files(
            wildcards.dataset, choices.table_rows(CONFIG)
        ),
        manifest="results/manifests/{dataset}.parquet",
        qc=losses_accounted,
    output:
        table="results/tables/{dataset}.classes.csv",
    log:
        "results/logs/tables/{dataset}.classes.log",
    benchmark:
        "results/benchmarks/tables/{dataset}.classes.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("table"),
        code=fingerprint("conclugen.evaluation.classes"),
    message:
        "Write the table of the classes of {wildcards.dataset}"
    shell:
        "python -m conclugen.evaluation.classes --manifest {input.manifest:q} --predictions {params.folders:q} "
        "--settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


rule robustness:
    input:
        predictions=lambda wildcards: prediction_files(
            measured(wildcards), choices.robust_rows(CONFIG)
        ),
        manifest="results/manifests/{dataset}.parquet",
        qc=losses_accounted,
    output:
        table="results/tables/{dataset}{target}.robustness.csv",
    log:
        "results/logs/tables/{dataset}{target}.robustness.log",
    benchmark:
        "results/benchmarks/tables/{dataset}{target}.robustness.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("table"),
        code=fingerprint("conclugen.evaluation.robustness"),
    message:
        "Measure {wildcards.dataset}{wildcards.target} without each modality"
    shell:
        "python -m conclugen.evaluation.robustness --manifest {input.manifest:q} --predictions {params.folders:q} "
        "--settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


rule all_robustness:
    input:
        tables=of_every_table("results/tables/{name}.robustness.csv"),
    output:
        table="results/tables/robustness.csv",
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
        code=fingerprint("conclugen.evaluation.join"),
    message:
        "Put what is lost without each modality into one table"
    shell:
        "python -m conclugen.evaluation.join --tables {input.tables:q} --output {output.table:q} > {log:q} 2>&1"


rule baselines:
    input:
        predictions=table_2,
        manifests=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=all_losses_accounted,
    output:
        table="results/tables/baselines.csv",
    log:
        "results/logs/tables/baselines.log",
    benchmark:
        "results/benchmarks/tables/baselines.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("tables"),
        code=fingerprint("conclugen.evaluation.baselines"),
    message:
        "Write Table 2: supervised, linear, fine-tuned"
    shell:
        "python -m conclugen.evaluation.baselines --manifest {input.manifests:q} --predictions {params.folders:q} "
        "--settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


rule label_efficiency:
    input:
        predictions=label_fractions,
        manifests=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=all_losses_accounted,
    output:
        table="results/tables/label_efficiency.csv",
    log:
        "results/logs/tables/label_efficiency.log",
    benchmark:
        "results/benchmarks/tables/label_efficiency.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_of(input.predictions),
        settings=settings("tables"),
        code=fingerprint("conclugen.evaluation.label_efficiency"),
    message:
        "Write the table of label fractions"
    shell:
        "python -m conclugen.evaluation.label_efficiency --manifest {input.manifests:q} "
        "--predictions {params.folders:q} --settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"


rule presets:
    input:
        predictions=presets_compared,
        manifests=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=of_every_dataset("results/qc/{dataset}.csv"),
    output:
        table="results/tables/presets.csv",
    log:
        "results/logs/tables/presets.log",
    benchmark:
        "results/benchmarks/tables/presets.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_in_order(input.predictions),
        first=CONFIG.tables.presets[0],
        settings=settings("tables"),
        code=fingerprint("conclugen.evaluation.presets"),
    message:
        "Compare the presets on validation and test"
    shell:
        "python -m conclugen.evaluation.presets --manifest {input.manifests:q} "
        "--predictions {params.folders:q} --settings {params.settings:q} --first {params.first:q} "
        "--output {output.table:q} > {log:q} 2>&1"


rule ablation:
    input:
        predictions=switches_compared,
        manifests=of_every_dataset("results/manifests/{dataset}.parquet"),
        qc=of_every_dataset("results/qc/{dataset}.csv"),
    output:
        table="results/tables/ablation.csv",
    log:
        "results/logs/tables/ablation.log",
    benchmark:
        "results/benchmarks/tables/ablation.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        folders=lambda wildcards, input: folders_in_order(input.predictions),
        settings=settings("tables"),
        variants=settings("variants"),
        code=fingerprint("conclugen.evaluation.ablation"),
    message:
        "Compare presets that differ in one switch, on validation"
    shell:
        "python -m conclugen.evaluation.ablation --manifest {input.manifests:q} "
        "--predictions {params.folders:q} --settings {params.settings:q} --variants {params.variants:q} "
        "--output {output.table:q} > {log:q} 2>&1"


# Called so because `benchmark` is a word of Snakemake's own.
rule published:
    input:
        unpack(benchmark_tables),
    output:
        table="results/tables/benchmark.csv",
    log:
        "results/logs/tables/benchmark.log",
    benchmark:
        "results/benchmarks/tables/benchmark.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        tables=lambda wildcards, input: [
            word for flag, path in input.items() for word in (f"--{flag}", str(path))
        ],
        code=fingerprint("conclugen.evaluation.benchmark"),
    message:
        "Write Table 1: published numbers, each with the kind of its metric"
    shell:
        "python -m conclugen.evaluation.benchmark {params.tables:q} --output {output.table:q} > {log:q} 2>&1"
