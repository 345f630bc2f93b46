# Published weights of the configured backbones, fetched once where there is a network; no other rule uses one.


rule stage_weights:
    output:
        table="results/weights/{weights}.csv",
    log:
        "results/logs/weights/{weights}.log",
    benchmark:
        "results/benchmarks/weights/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(TO_STAGE),
    localrule: True  # nodes of a cluster have no network
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage("features.staging", "weights", weights_dir=lambda wildcards: f"weights/{wildcards.weights}"),
    message:
        "Stage weights/{wildcards.weights}"
    shell:
        f"HF_HUB_OFFLINE=0 {RUN}"


rule weights:
    input:
        tables=expand("results/weights/{weights}.csv", weights=TO_STAGE),
    message:
        "The weights of every configured backbone are there"
