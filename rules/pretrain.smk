# Self-supervised pretraining of one method with one seed on one corpus.


rule pretrain:
    input:
        features=learned_features,
        splits=splits_of,
    output:
        model="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/settings.json",
        history="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/history.csv",
        search="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/search.csv",
        pretext="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/pretext.json",
    log:
        "results/logs/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}.log",
    benchmark:
        "results/benchmarks/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}.tsv"
    wildcard_constraints:
        method=one_of(known_methods(CONFIG)),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.pretrain.mem_mb),
        gpu=GPUS,
    params:
        **stage(
            "pretrain.run",
            "pretrain",
            pretraining_code,
            folder=True,
            threaded=True,
            seed=wildcard("seed"),
            code=unrecorded(pretraining_code),
            state=unrecorded(lambda wildcards: "results/state"),
            collapsed=unrecorded(lambda wildcards: CONFIG.pretrain.collapsed),
        ),
    message:
        "Pretrain {wildcards.method} ({wildcards.preset}) on {wildcards.corpus}{wildcards.fold}, seed {wildcards.seed}"
    shell:
        RUN


# Networks that learn nothing, where pretrained ones lie: what those must beat.
use rule pretrain as control_network with:
    output:
        model="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/settings.json",
    wildcard_constraints:
        method=one_of(CONTROLS),
    resources:
        mem_mb=memory(CONFIG.pretrain.mem_mb),
    params:
        **stage("pretrain.controls", "control_network", folder=True, threaded=True, seed=wildcard("seed")),
    message:
        "Make the control {wildcards.method} ({wildcards.preset}) of {wildcards.corpus}{wildcards.fold}, seed {wildcards.seed}"
