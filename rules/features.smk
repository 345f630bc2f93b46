# Feature shards: one vector per utterance and stream, from frozen backbones.


use rule stage as frames2d with:
    input:
        unpack(shards.faces),
    output:
        shard="results/features/{dataset}/frames2d/{shard}.h5",
        ledger="results/features/{dataset}/frames2d/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/frames2d/{shard}",
    wildcard_constraints:
        dataset=one_of(shards.filmed),
    threads: 2
    resources:
        mem_mb=memory(6000),
        gpu=GPUS,
    params:
        **stream("frames2d", root=root_of_cut),
    message:
        "Extract still-frame features of {wildcards.dataset}, shard {wildcards.shard}"


use rule frames2d as frames3d with:
    output:
        shard="results/features/{dataset}/frames3d/{shard}.h5",
        ledger="results/features/{dataset}/frames3d/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/frames3d/{shard}",
    resources:
        mem_mb=memory(8000),
        gpu=GPUS,
    params:
        **stream("frames3d", root=root_of_cut),
    message:
        "Extract motion features of {wildcards.dataset}, shard {wildcards.shard}"


# Asked for by methods that compare augmented views, of the corpus alone.
use rule frames3d as views with:
    output:
        shard="results/features/{dataset}/{stream}_views/{shard}.h5",
        ledger="results/features/{dataset}/{stream}_views/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/{stream}_views/{shard}",
    wildcard_constraints:
        stream="frames2d|frames3d",
        dataset=one_of(shards.filmed),
    params:
        **stage(lambda wildcards: f"features.{wildcards.stream}_views", "views", threaded=True, root=root_of_cut),
    message:
        "Extract {wildcards.stream} features of augmented copies of {wildcards.dataset}, shard {wildcards.shard}"


# From the landmarks in the face shards, which needs no crops, or by a landmark network from crops.
use rule frames2d as keypoints with:
    input:
        unpack(shards.landmarks),
    output:
        shard="results/features/{dataset}/keypoints/{shard}.h5",
        ledger="results/features/{dataset}/keypoints/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/keypoints/{shard}",
    threads: 2 if shards.landmark_network else 1
    resources:
        mem_mb=memory(4000 if shards.landmark_network else 2000),
        gpu=GPUS if shards.landmark_network else 0,
    params:
        **stream("keypoints", root=root_of_cut),
    message:
        "Summarise the landmarks of {wildcards.dataset}, shard {wildcards.shard}"


use rule frames2d as audio with:
    input:
        media_list=shards.media_list,
        retries=files.retries("audio"),
    output:
        shard="results/features/{dataset}/audio/{shard}.h5",
        ledger="results/features/{dataset}/audio/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/audio/{shard}",
    params:
        **stream("audio", root=root_of, version=version("features.audio", "audio")),
    message:
        "Extract sound features of {wildcards.dataset}, shard {wildcards.shard}"


# For data sets with `asr`: the official texts, and recognised speech where there is none.
use rule audio as transcripts with:
    input:
        media_list=shards.media_list,
        text_list=shards.text_list,
        retries=files.retries("transcripts"),
    output:
        transcripts="results/transcripts/{dataset}/{shard}.csv",
        ledger="results/transcripts/{dataset}/{shard}.ledger.csv",
    pathvars:
        job="transcripts/{dataset}/{shard}",
    wildcard_constraints:
        dataset=one_of(shards.transcribed),
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stream("transcripts", root=root_of, version=version("features.transcripts", "transcripts")),
    message:
        "Transcribe {wildcards.dataset}, shard {wildcards.shard}"


use rule frames2d as text with:
    input:
        unpack(shards.words),
    output:
        shard="results/features/{dataset}/text/{shard}.h5",
        ledger="results/features/{dataset}/text/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/text/{shard}",
    threads: 1
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stream("text"),
    message:
        "Extract text features of {wildcards.dataset}, shard {wildcards.shard}"


use rule stage as imported with:
    input:
        ids=shards.text_list,
        splits=shards.splits,
        sources=lambda wildcards: watch.inputs(CONFIG, wildcards.dataset),
    output:
        shard="results/features/{dataset}/{stream}/{shard}.h5",
        ledger="results/features/{dataset}/{stream}/{shard}.ledger.csv",
    pathvars:
        job="features/{dataset}/{stream}/{shard}",
    wildcard_constraints:
        dataset=one_of(shards.imported),
    params:
        **stage("features.imported", "imported", stream=wildcard("stream"), root=root_of),
        sources=lambda wildcards: watch.contents(CONFIG, wildcards.dataset),
    message:
        "Import the {wildcards.stream} features of {wildcards.dataset}, shard {wildcards.shard}"


use rule stage as qc with:
    input:
        manifest="results/manifests/{dataset}.parquet",
        ledgers=lambda wildcards: shards.ledgers(wildcards.dataset),
    output:
        table=report("results/qc/{dataset}.csv", caption="../report/qc.rst", category="Losses and leaks"),
    pathvars:
        job="qc/{dataset}",
    priority: 50  # before training: what fails here should fail early
    params:
        **stage("evaluation.qc", "qc"),
    message:
        "Account for the losses of {wildcards.dataset}"
