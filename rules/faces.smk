# Faces: detect, track, crop. One decode per utterance.


rule faces:
    input:
        media=plan_list("media"),
        retries=retries_of("faces"),
    output:
        shard="results/faces/{dataset}/{shard}.h5",
        ledger="results/faces/{dataset}/{shard}.ledger.csv",
    log:
        "results/logs/faces/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/faces/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(6000),
        gpu=GPUS,
    params:
        root=root_of,
        settings=unrecorded(settings("faces")),
        made_with=unhurried("faces"),
        code=face_code(),
        version=version("faces", face_code()),
    message:
        "Find the faces of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.faces.run --media-list {input.media:q} --root {params.root:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "--retries {input.retries:q} --version {params.version:q} > {log:q} 2>&1"
