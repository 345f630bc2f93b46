# Faces: detect, track, crop. One decode per utterance.


rule faces:
    input:
        media_list=plan_list("media"),
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
        **stage(
            "faces.run",
            "faces",
            code.of_faces(CONFIG),
            threaded=True,
            root=root_of,
            version=version("faces", code.of_faces(CONFIG)),
        ),
    message:
        "Find the faces of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        RUN
