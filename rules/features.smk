# Feature shards: one vector per utterance and stream, from frozen backbones.


rule frames2d:
    input:
        unpack(faces_of),
    output:
        shard="results/features/{dataset}/frames2d/{shard}.h5",
        ledger="results/features/{dataset}/frames2d/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/frames2d/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/frames2d/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(6000),
        gpu=GPUS,
    params:
        **stream("frames2d", root=root_of_cut_faces),
    message:
        "Extract still-frame features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        RUN


use rule frames2d as frames3d with:
    output:
        shard="results/features/{dataset}/frames3d/{shard}.h5",
        ledger="results/features/{dataset}/frames3d/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/frames3d/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/frames3d/{shard}.tsv"
    resources:
        mem_mb=memory(8000),
        gpu=GPUS,
    params:
        **stream("frames3d", root=root_of_cut_faces),
    message:
        "Extract motion features of {wildcards.dataset}, shard {wildcards.shard}"


# Asked for by methods that compare augmented views, of the corpus alone.
use rule frames3d as views with:
    output:
        shard="results/features/{dataset}/{stream}_views/{shard}.h5",
        ledger="results/features/{dataset}/{stream}_views/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/{stream}_views/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/{stream}_views/{shard}.tsv"
    wildcard_constraints:
        stream="frames2d|frames3d",
        dataset=one_of(FILMED),
    params:
        **stage(
            lambda wildcards: f"features.{wildcards.stream}_views",
            "views",
            lambda wildcards: code.of_stream(CONFIG, wildcards.stream, f"{wildcards.stream}_views"),
            threaded=True,
            root=root_of_cut_faces,
        ),
    message:
        "Extract {wildcards.stream} features of augmented copies of {wildcards.dataset}, shard {wildcards.shard}"


# From the landmarks in the face shards, which needs no crops, or by a landmark network from crops.
use rule frames2d as keypoints with:
    input:
        unpack(landmarks_of),
    output:
        shard="results/features/{dataset}/keypoints/{shard}.h5",
        ledger="results/features/{dataset}/keypoints/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/keypoints/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/keypoints/{shard}.tsv"
    threads: 2 if LANDMARK_NETWORK else 1
    resources:
        mem_mb=memory(4000 if LANDMARK_NETWORK else 2000),
        gpu=GPUS if LANDMARK_NETWORK else 0,
    params:
        **stream("keypoints", root=root_of_cut_faces),
    message:
        "Summarise the landmarks of {wildcards.dataset}, shard {wildcards.shard}"


use rule frames2d as audio with:
    input:
        media_list=plan_list("media"),
        retries=retries_of("audio"),
    output:
        shard="results/features/{dataset}/audio/{shard}.h5",
        ledger="results/features/{dataset}/audio/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/audio/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/audio/{shard}.tsv"
    params:
        **stream(
            "audio",
            root=root_of,
            version=version("audio", code.of_stream(CONFIG, "audio")),
        ),
    message:
        "Extract sound features of {wildcards.dataset}, shard {wildcards.shard}"


# For data sets with `asr`: the official texts, and recognised speech where there is none.
use rule audio as transcripts with:
    input:
        media_list=plan_list("media"),
        text_list=plan_list("text"),
        retries=retries_of("transcripts"),
    output:
        transcripts="results/transcripts/{dataset}/{shard}.csv",
        ledger="results/transcripts/{dataset}/{shard}.ledger.csv",
    log:
        "results/logs/transcripts/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/transcripts/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(TRANSCRIBED),
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stage(
            "features.transcripts",
            "transcripts",
            engine_code,
            threaded=True,
            root=root_of,
            version=version("transcripts", engine_code),
        ),
    message:
        "Transcribe {wildcards.dataset}, shard {wildcards.shard}"


use rule frames2d as text with:
    input:
        unpack(words_of),
    output:
        shard="results/features/{dataset}/text/{shard}.h5",
        ledger="results/features/{dataset}/text/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/text/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/text/{shard}.tsv"
    threads: 1
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stream("text"),
    message:
        "Extract text features of {wildcards.dataset}, shard {wildcards.shard}"


rule imported:
    input:
        ids=plan_list("text"),
        splits=splits_of,
        sources=sources_of,
    output:
        shard="results/features/{dataset}/{stream}/{shard}.h5",
        ledger="results/features/{dataset}/{stream}/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/{stream}/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/{stream}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(IMPORTED),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("features.imported", "imported", stream=wildcard("stream"), root=root_of),
        sources=contents_of,
    message:
        "Import the {wildcards.stream} features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        RUN


rule qc:
    input:
        manifest="results/manifests/{dataset}.parquet",
        ledgers=lambda wildcards: ledgers(wildcards.dataset),
    output:
        table=report("results/qc/{dataset}.csv", caption="../report/qc.rst", category="Losses and leaks"),
    log:
        "results/logs/qc/{dataset}.log",
    benchmark:
        "results/benchmarks/qc/{dataset}.tsv"
    priority: 50  # before training: what fails here should fail early
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.qc", "qc"),
    message:
        "Account for the losses of {wildcards.dataset}"
    shell:
        RUN
