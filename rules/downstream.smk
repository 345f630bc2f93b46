# Downstream protocols: what a representation is worth, for every downstream seed, and for each share of the labels by a
# job of its own: of outputs that nobody asked for there is no record, and Snakemake would not look at the others'.


use rule stage as downstream with:
    input:
        models=lambda wildcards: files.models(CONFIG, wildcards),
        pretexts=lambda wildcards: files.pretexts(CONFIG, wildcards),
        features=shards.evaluated,
        manifest="results/manifests/{dataset}.parquet",
    output:
        predictions=expand(
            "results/downstream/{{dataset}}{{target}}/{{corpus}}/{{preset}}/{{method}}/{{protocol}}{{share}}{{fold}}/seed{seed}.parquet",
            seed=CONFIG.downstream.seeds,
        ),
        selection="results/downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}{fold}/selection.csv",
    pathvars:
        job="downstream/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}{fold}",
    wildcard_constraints:
        share=one_of(choices.fractions(CONFIG)),
    resources:
        mem_mb=memory(CONFIG.downstream.mem_mb),
        gpu=GPUS,
    params:
        **stage(lambda wildcards: f"downstream.{wildcards.protocol}", "downstream", folder=True, threaded=True),
    message:
        "Evaluate {wildcards.method} on {wildcards.dataset}{wildcards.target}: {wildcards.protocol}{wildcards.share}{wildcards.fold}"
