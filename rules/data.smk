# The demo corpus, the worlds, the manifest of each data set, and its plan of shards.


use rule stage as demo with:
    output:
        index="results/demo/{layout}/index.csv",
    pathvars:
        job="demo/{layout}",
    threads: 2
    resources:
        mem_mb=memory(3000),
    params:
        **stage("data.demo", "demo", layout=wildcard("layout"), threaded=True),
    message:
        "Write the demo corpus in the layout of {wildcards.layout}"


use rule stage as world with:
    output:
        arrays="results/worlds/{world}.npz",
    pathvars:
        job="world/{world}",
    resources:
        mem_mb=memory(2000),
    params:
        **stage("data.worlds", "world"),
    message:
        "Write the world {wildcards.world}"


use rule stage as manifest with:
    input:
        sources=lambda wildcards: watch.inputs(CONFIG, wildcards.dataset),
    output:
        manifest="results/manifests/{dataset}.parquet",
        ledger="results/manifests/{dataset}.ledger.csv",
    pathvars:
        job="manifest/{dataset}",
    priority: 100  # before all else: a table that cannot be understood should stop what needs it at once
    params:
        **stage(adapter_of, "manifest", dataset=wildcard("dataset"), root=root_of),
        sources=lambda wildcards: watch.contents(CONFIG, wildcards.dataset),
    message:
        "List the utterances of {wildcards.dataset}"


# A checkpoint takes nothing over from `stage`.
checkpoint plan:
    input:
        manifest=manifest_to_plan,
    output:
        plan="results/plans/{dataset}.csv",
    log:
        "results/logs/plan/{dataset}.log",
    benchmark:
        "results/benchmarks/plan/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("data.plan", "plan", root=root_of),
        media=lambda wildcards: watch.media(CONFIG, wildcards.dataset),
    message:
        "Plan the shards of {wildcards.dataset}"
    shell:
        RUN
