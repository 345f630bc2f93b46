# Self-supervised pretraining of one method with one seed on one corpus.


rule pretrain:
    input:
        features=lambda wildcards: feature_shards(
            wildcards.corpus, choices.pretraining_streams(CONFIG, wildcards.method)
        ),
        splits=splits_of,
    output:
        model="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/settings.json",
        history="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/history.csv",
        search="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/search.csv",
        pretext="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/pretext.json",
    log:
        "results/logs/pretrain/{corpus}/{preset}/{method}/seed{seed}.log",
    benchmark:
        "results/benchmarks/pretrain/{corpus}/{preset}/{method}/seed{seed}.tsv"
    wildcard_constraints:
        method=one_of(known_methods(CONFIG)),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.pretrain.mem_mb),
        gpu=GPUS,
    params:
        features=features_argument,
        settings=settings("pretrain"),
        code=pretrain_code,
        collapsed=unrecorded(lambda wildcards: CONFIG.pretrain.collapsed),
    message:
        "Pretrain {wildcards.method} ({wildcards.preset}) on {wildcards.corpus}, seed {wildcards.seed}"
    shell:
        "python -m conclugen.pretrain.run --splits {input.splits:q} --features {params.features:q} "
        "--settings {params.settings:q} --seed {wildcards.seed} --threads {threads} --state results/state "
        "--code {params.code:q} --collapsed {params.collapsed:q} --output-dir $(dirname {output.model:q}) > {log:q} 2>&1"


# Networks that learn nothing, where pretrained ones lie: what those must beat.
rule control_network:
    input:
        features=lambda wildcards: feature_shards(
            wildcards.corpus, choices.pretraining_streams(CONFIG, wildcards.method)
        ),
        splits=splits_of,
    output:
        model="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/pretrain/{corpus}/{preset}/{method}/seed{seed}/settings.json",
    log:
        "results/logs/pretrain/{corpus}/{preset}/{method}/seed{seed}.log",
    benchmark:
        "results/benchmarks/pretrain/{corpus}/{preset}/{method}/seed{seed}.tsv"
    wildcard_constraints:
        method=one_of(CONTROLS),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.pretrain.mem_mb),
    params:
        features=features_argument,
        settings=settings("control_network"),
        code=fingerprint("conclugen.pretrain.controls"),
    message:
        "Make the control {wildcards.method} ({wildcards.preset}) of {wildcards.corpus}, seed {wildcards.seed}"
    shell:
        "python -m conclugen.pretrain.controls --splits {input.splits:q} --features {params.features:q} "
        "--settings {params.settings:q} --seed {wildcards.seed} --threads {threads} "
        "--output-dir $(dirname {output.model:q}) > {log:q} 2>&1"
