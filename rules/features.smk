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
        media=media_argument,
        settings=unrecorded(settings("frames2d")),
        made_with=unhurried("frames2d"),
        code=stream_code("frames2d"),
    message:
        "Extract still-frame features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.frames2d --faces {input.faces:q} --faces-ledger {input.ledger:q} {params.media:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "> {log:q} 2>&1"


rule frames3d:
    input:
        unpack(faces_of),
    output:
        shard="results/features/{dataset}/frames3d/{shard}.h5",
        ledger="results/features/{dataset}/frames3d/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/frames3d/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/frames3d/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(8000),
        gpu=GPUS,
    params:
        media=media_argument,
        settings=unrecorded(settings("frames3d")),
        made_with=unhurried("frames3d"),
        code=stream_code("frames3d"),
    message:
        "Extract motion features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.frames3d --faces {input.faces:q} --faces-ledger {input.ledger:q} {params.media:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "> {log:q} 2>&1"


# Asked for by methods that compare augmented views, of the corpus alone.
rule views:
    input:
        unpack(faces_of),
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
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(8000),
        gpu=GPUS,
    params:
        media=media_argument,
        settings=unrecorded(settings("views")),
        made_with=unhurried("views"),
        code=lambda wildcards: stream_code(
            wildcards.stream, module=f"{wildcards.stream}_views"
        ),
    message:
        "Extract {wildcards.stream} features of augmented copies of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.{wildcards.stream}_views --faces {input.faces:q} --faces-ledger {input.ledger:q} {params.media:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "> {log:q} 2>&1"


# From the landmarks in the face shards, which needs no crops, or by a landmark network from crops.
rule keypoints:
    input:
        unpack(landmarks_of),
    output:
        shard="results/features/{dataset}/keypoints/{shard}.h5",
        ledger="results/features/{dataset}/keypoints/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/keypoints/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/keypoints/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 2 if LANDMARK_NETWORK else 1
    resources:
        mem_mb=memory(4000 if LANDMARK_NETWORK else 2000),
        gpu=GPUS if LANDMARK_NETWORK else 0,
    params:
        media=media_argument,
        settings=unrecorded(settings("keypoints")),
        made_with=unhurried("keypoints"),
        code=stream_code("keypoints"),
    message:
        "Summarise the landmarks of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.keypoints --faces {input.faces:q} --faces-ledger {input.ledger:q} {params.media:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "> {log:q} 2>&1"


rule audio:
    input:
        media=plan_list("media"),
        retries=retries_of("audio"),
    output:
        shard="results/features/{dataset}/audio/{shard}.h5",
        ledger="results/features/{dataset}/audio/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/audio/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/audio/{shard}.tsv"
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
        settings=unrecorded(settings("audio")),
        made_with=unhurried("audio"),
        code=stream_code("audio"),
        version=version("audio", stream_code("audio")),
    message:
        "Extract sound features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.audio --media-list {input.media:q} --root {params.root:q} "
        "--settings {params.settings:q} --threads {threads} --output {output.shard:q} --ledger {output.ledger:q} "
        "--retries {input.retries:q} --version {params.version:q} > {log:q} 2>&1"


# For data sets with `asr`: the official texts, and recognised speech where there is none.
rule transcripts:
    input:
        media=plan_list("media"),
        text=plan_list("text"),
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
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        root=root_of,
        settings=unrecorded(settings("transcripts")),
        made_with=unhurried("transcripts"),
        code=engine_code,
        version=version("transcripts", engine_code),
    message:
        "Transcribe {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.transcripts --media-list {input.media:q} --text-list {input.text:q} "
        "--root {params.root:q} --settings {params.settings:q} --threads {threads} "
        "--output {output.transcripts:q} --ledger {output.ledger:q} "
        "--retries {input.retries:q} --version {params.version:q} > {log:q} 2>&1"


rule text:
    input:
        unpack(words_of),
    output:
        shard="results/features/{dataset}/text/{shard}.h5",
        ledger="results/features/{dataset}/text/{shard}.ledger.csv",
    log:
        "results/logs/features/{dataset}/text/{shard}.log",
    benchmark:
        "results/benchmarks/features/{dataset}/text/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        ledger=transcripts_argument,
        settings=unrecorded(settings("text")),
        made_with=unhurried("text"),
        code=stream_code("text"),
    message:
        "Extract text features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.text --text-list {input.text:q} {params.ledger:q} --settings {params.settings:q} "
        "--threads {threads} --output {output.shard:q} --ledger {output.ledger:q} > {log:q} 2>&1"


rule imported:
    input:
        ids=plan_list("text"),
        splits=splits_of,
        sources=manifest_sources,
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
        root=root_of,
        sources=source_contents,
        settings=settings("imported"),
        code=fingerprint("conclugen.features.imported"),
    message:
        "Import the {wildcards.stream} features of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        "python -m conclugen.features.imported --stream {wildcards.stream} --root {params.root:q} "
        "--settings {params.settings:q} --ids {input.ids:q} --splits {input.splits:q} --output {output.shard:q} "
        "--ledger {output.ledger:q} > {log:q} 2>&1"


rule qc:
    input:
        manifest="results/manifests/{dataset}.parquet",
        ledgers=ledgers,
    output:
        table="results/qc/{dataset}.csv",
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
        settings=settings("qc"),
        code=fingerprint("conclugen.evaluation.qc"),
    message:
        "Account for the losses of {wildcards.dataset}"
    shell:
        "python -m conclugen.evaluation.qc --manifest {input.manifest:q} --ledgers {input.ledgers:q} "
        "--settings {params.settings:q} --output {output.table:q} > {log:q} 2>&1"
