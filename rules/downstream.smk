# Downstream protocols: what a representation is worth, for every downstream seed, and for each share of the labels by a
# job of its own: of outputs that nobody asked for there is no record, and Snakemake would not look at the others'.


rule downstream:
    input:
        models=models_of,
        pretexts=pretexts_of,
        features=evaluated_features,
        manifest="results/manifests/{dataset}.parquet",
    output:
        predictions=expand(
            "results/downstream/{{dataset}}{{target}}/{{corpus}}/{{preset}}/{{method}}/{{protocol}}{{share}}/seed{seed}.parquet",
            seed=CONFIG.downstream.seeds,
        ),
        selection="results/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/selection.csv",
    log:
        "results/logs/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}.log",
    benchmark:
        "results/benchmarks/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}.tsv"
    wildcard_constraints:
        share=one_of(choices.fractions(CONFIG)),
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
        "Evaluate {wildcards.method} on {wildcards.dataset}{wildcards.target}: {wildcards.protocol}{wildcards.share}"
    shell:
        "python -m conclugen.downstream.{wildcards.protocol} --manifest {input.manifest:q} "
        "--features {params.features:q} {params.models:q} --settings {params.settings:q} --threads {threads} "
        "--output-dir $(dirname {output.predictions[0]:q}) > {log:q} 2>&1"
