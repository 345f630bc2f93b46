# Faces: detect, track, crop. One decode per utterance.


use rule stage as faces with:
    input:
        media_list=shards.media_list,
        retries=files.retries("faces"),
    output:
        shard="results/faces/{dataset}/{shard}.h5",
        ledger="results/faces/{dataset}/{shard}.ledger.csv",
    pathvars:
        job="faces/{dataset}/{shard}",
    wildcard_constraints:
        dataset=one_of(shards.filmed),
    threads: 2
    resources:
        mem_mb=memory(6000),
        gpu=GPUS,
    params:
        **stage("faces.run", "faces", threaded=True, root=root_of, version=version("faces.run", "faces")),
    message:
        "Find the faces of {wildcards.dataset}, shard {wildcards.shard}"
