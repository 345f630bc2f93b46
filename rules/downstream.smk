# Downstream protocols: what a representation is worth, for every downstream seed.


rule downstream:
    input:
        models=models_of,
        features=lambda wildcards: feature_shards(
            wildcards.dataset, choices.streams(CONFIG, wildcards.method)
        ),
        manifest="results/manifests/{dataset}.parquet",
    output:
        predictions=expand(
            "results/downstream/{{dataset}}{{target}}/{{corpus}}/{{preset}}/{{method}}/{{protocol}}/seed{seed}.parquet",
            seed=CONFIG.downstream.seeds,
        ),
        fractions=expand(
            "results/downstream/{{dataset}}{{target}}/{{corpus}}/{{preset}}/{{method}}/{{protocol}}/{fraction}/seed{seed}.parquet",
            fraction=choices.fractions(CONFIG),
            seed=CONFIG.downstream.seeds,
        ),
        selection="results/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}/selection.csv",
    log:
        "results/logs/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}.log",
    benchmark:
        "results/benchmarks/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.downstream.mem_mb),
        gpu=GPUS,
    params:
        models=lambda wildcards, input: each(
            "--model", [Path(path).parent for path in input.models]
        ),
        features=features_argument,
        settings=settings("downstream"),
        code=lambda wildcards: fingerprint(f"conclugen.downstream.{wildcards.protocol}"),
    message:
        "Evaluate {wildcards.method} on {wildcards.dataset}{wildcards.target}: {wildcards.protocol}"
    shell:
        "python -m conclugen.downstream.{wildcards.protocol} --manifest {input.manifest:q} "
        "--features {params.features:q} {params.models:q} --settings {params.settings:q} --threads {threads} "
        "--output-dir $(dirname {output.predictions[0]:q}) > {log:q} 2>&1"
