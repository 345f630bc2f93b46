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
        settings=settings("weights"),
        code=fingerprint("conclugen.features.staging"),
    message:
        "Stage weights/{wildcards.weights}"
    shell:
        "HF_HUB_OFFLINE=0 python -m conclugen.features.staging --settings {params.settings:q} "
        "--folder weights/{wildcards.weights:q} --output {output.table:q} > {log:q} 2>&1"


rule weights:
    input:
        tables=expand("results/weights/{weights}.csv", weights=TO_STAGE),
    message:
        "The weights of every configured backbone are there"
