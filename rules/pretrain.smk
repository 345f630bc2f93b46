# Self-supervised pretraining of one method with one seed on one corpus.


use rule stage as pretrain with:
    input:
        features=shards.learned,
        splits=shards.splits,
    output:
        model="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/settings.json",
        history="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/history.csv",
        search="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/search.csv",
        pretext="results/pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}/pretext.json",
    pathvars:
        job="pretrain/{corpus}{fold}/{preset}/{method}/seed{seed}",
    wildcard_constraints:
        method=one_of(known_methods(CONFIG)),
    resources:
        mem_mb=memory(CONFIG.pretrain.mem_mb),
        gpu=GPUS,
    params:
        **training("pretrain.run", "pretrain", collapsed=unrecorded(lambda wildcards: CONFIG.pretrain.collapsed)),
    message:
        "Pretrain {wildcards.method} ({wildcards.preset}) on {wildcards.corpus}{wildcards.fold}, seed {wildcards.seed}"


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
