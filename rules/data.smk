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
        settings=settings("demo"),
        code=fingerprint("conclugen.data.demo"),
    message:
        "Write the demo corpus in the layout of {wildcards.layout}"
    shell:
        "python -m conclugen.data.demo --layout {wildcards.layout} --settings {params.settings:q} "
        "--threads {threads} --output {output.index:q} > {log:q} 2>&1"


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
        settings=settings("world"),
        code=fingerprint("conclugen.data.worlds"),
    message:
        "Write the world {wildcards.world}"
    shell:
        "python -m conclugen.data.worlds --settings {params.settings:q} --output {output.arrays:q} > {log:q} 2>&1"


rule manifest:
    input:
        sources=manifest_sources,
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
        adapter=lambda wildcards: CONFIG.datasets[wildcards.dataset].adapter,
        root=root_of,
        sources=source_contents,
        settings=settings("manifest"),
        code=lambda wildcards: fingerprint(
            f"conclugen.data.{CONFIG.datasets[wildcards.dataset].adapter}"
        ),
    message:
        "List the utterances of {wildcards.dataset}"
    shell:
        "python -m conclugen.data.{params.adapter} --dataset {wildcards.dataset} --root {params.root:q} "
        "--settings {params.settings:q} --output {output.manifest:q} --ledger {output.ledger:q} > {log:q} 2>&1"


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
        root=root_of,
        media=media_stamps,
        settings=settings("plan"),
        code=fingerprint("conclugen.data.plan"),
    message:
        "Plan the shards of {wildcards.dataset}"
    shell:
        "python -m conclugen.data.plan --manifest {input.manifest:q} --root {params.root:q} "
        "--settings {params.settings:q} --output {output.plan:q} > {log:q} 2>&1"
