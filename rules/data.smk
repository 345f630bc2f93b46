# The demo corpus, the worlds, the manifest of each data set, and its plan of shards.


rule demo:
    output:
        index="results/demo/{layout}/index.csv",
    log:
        "results/logs/demo/{layout}.log",
    benchmark:
        "results/benchmarks/demo/{layout}.tsv"
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(3000),
    params:
        **stage("data.demo", "demo", layout=wildcard("layout"), threaded=True),
    message:
        "Write the demo corpus in the layout of {wildcards.layout}"
    shell:
        RUN


rule world:
    output:
        arrays="results/worlds/{world}.npz",
    log:
        "results/logs/world/{world}.log",
    benchmark:
        "results/benchmarks/world/{world}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage("data.worlds", "world"),
    message:
        "Write the world {wildcards.world}"
    shell:
        RUN


rule manifest:
    input:
        sources=sources_of,
    output:
        manifest="results/manifests/{dataset}.parquet",
        ledger="results/manifests/{dataset}.ledger.csv",
    log:
        "results/logs/manifest/{dataset}.log",
    benchmark:
        "results/benchmarks/manifest/{dataset}.tsv"
    priority: 100  # before all else: a table that cannot be understood should stop what needs it at once
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage(
            adapter_of,
            "manifest",
            lambda wildcards: code.of(CONFIG, adapter_of(wildcards)),
            dataset=wildcard("dataset"),
            root=root_of,
        ),
        sources=contents_of,
    message:
        "List the utterances of {wildcards.dataset}"
    shell:
        RUN


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
