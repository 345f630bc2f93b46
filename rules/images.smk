# Still images (SSL-FER): their data sets, pretraining on them, and the table of what it is worth.


rule images:
    output:
        shard="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        ledger="results/images/{images}/ledger.csv",
    log:
        "results/logs/images/{images}.log",
    benchmark:
        "results/benchmarks/images/{images}.tsv"
    wildcard_constraints:
        images=one_of(name for name in CONFIG.images.datasets if name not in CLIP_SETS),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage(
            "images.prepare",
            "image_set",
            image_set_code,
            dataset=wildcard("images"),
            root=image_root,
        ),
        sources=image_files,
    message:
        "Read the images of {wildcards.images}"
    shell:
        RUN


# The frames of clips, where stills lie.
rule image_frames:
    input:
        unpack(clips_of),
    output:
        shard="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        ledger="results/images/{images}/ledger.csv",
    log:
        "results/logs/images/{images}.log",
    benchmark:
        "results/benchmarks/images/{images}.tsv"
    wildcard_constraints:
        images=one_of(CLIP_SETS),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage(
            "images.frames",
            "image_frames",
            image_code("images.frames", network=""),
            threaded=True,
            dataset=wildcard("images"),
            root=root_of_cut_clips,
        ),
    message:
        "Read the frames of the clips of {wildcards.images}"
    shell:
        RUN


rule image_copies:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
    output:
        table="results/images/{images}/copies.csv",
        counts=report("results/qc/{images}.copies.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    log:
        "results/logs/image_copies/{images}.log",
    benchmark:
        "results/benchmarks/image_copies/{images}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("images.copies", threaded=True),
    message:
        "Look for images of {wildcards.images} that training has seen"
    shell:
        RUN


rule image_descriptors:
    input:
        images="results/images/{images}/images.h5",
    output:
        shard="results/images/{images}/descriptors/0000.h5",
    log:
        "results/logs/image_descriptors/{images}.log",
    benchmark:
        "results/benchmarks/image_descriptors/{images}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stage("images.descriptors", made_by=image_code("images.descriptors", network="mobilenet_v2"), threaded=True),
    message:
        "Describe eyes and mouths of {wildcards.images}"
    shell:
        RUN


rule image_pretrain:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        descriptors=image_slices.described,
    output:
        model="results/images/{images}/networks/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/images/{images}/networks/{preset}/{method}/seed{seed}/settings.json",
        history="results/images/{images}/networks/{preset}/{method}/seed{seed}/history.csv",
        pretext="results/images/{images}/networks/{preset}/{method}/seed{seed}/pretext.json",
    log:
        "results/logs/image_pretrain/{images}/{preset}/{method}/seed{seed}.log",
    benchmark:
        "results/benchmarks/image_pretrain/{images}/{preset}/{method}/seed{seed}.tsv"
    wildcard_constraints:
        method=one_of(image_slices.METHOD_NAMES),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.images.mem_mb),
        gpu=GPUS,
    params:
        **stage(
            "images.pretrain",
            "image_pretrain",
            image_code("images.pretrain"),
            folder=True,
            threaded=True,
            seed=wildcard("seed"),
            code=unrecorded(lambda wildcards: image_code("images.pretrain")),
            state=unrecorded(lambda wildcards: "results/state"),
        ),
    message:
        "Pretrain {wildcards.method} ({wildcards.preset}) on the images of {wildcards.images}, seed {wildcards.seed}"
    shell:
        RUN


rule image_features:
    input:
        images="results/images/{images}/images.h5",
        model="results/images/{corpus}/networks/{preset}/{method}/seed{seed}/model.safetensors",
    output:
        shard="results/images/{images}/features/{corpus}/{preset}/{method}/seed{seed}/image/0000.h5",
    log:
        "results/logs/image_features/{images}/{corpus}/{preset}/{method}/seed{seed}.log",
    benchmark:
        "results/benchmarks/image_features/{images}/{corpus}/{preset}/{method}/seed{seed}.tsv"
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        method=one_of(image_slices.METHOD_NAMES),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stage("images.represent", made_by=image_code("images.represent"), threaded=True),
    message:
        "Represent {wildcards.images} by {wildcards.method} ({wildcards.preset}), seed {wildcards.seed}"
    shell:
        RUN


# What learned nothing here, where the representations of pretrained networks lie.
use rule image_features as image_control with:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        method=one_of(image_slices.CONTROL_NAMES),
    params:
        **stage(
            "images.controls",
            "image_control",
            image_control_code,
            threaded=True,
            seed=wildcard("seed"),
        ),
    message:
        "Make the control {wildcards.method} ({wildcards.preset}) of {wildcards.images}, seed {wildcards.seed}"


rule image_protocol:
    input:
        models=lambda wildcards: image_slices.models(CONFIG, wildcards),
        features=lambda wildcards: image_slices.features(CONFIG, wildcards),
        images=image_slices.pictures,
        manifest="results/images/{images}/manifest.parquet",
    output:
        predictions=expand(
            "results/downstream/{{images}}{{target}}/{{corpus}}/{{preset}}/{{method}}/{{protocol}}{{share}}/seed{seed}.parquet",
            seed=CONFIG.images.head_seeds,
        ),
        selection="results/downstream/{images}{target}/{corpus}/{preset}/{method}/{protocol}{share}/selection.csv",
    log:
        "results/logs/image_protocol/{images}{target}/{corpus}/{preset}/{method}/{protocol}{share}.log",
    benchmark:
        "results/benchmarks/image_protocol/{images}{target}/{corpus}/{preset}/{method}/{protocol}{share}.tsv"
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        share=one_of(image_slices.shares(CONFIG)),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(CONFIG.images.mem_mb),
        gpu=GPUS,
    params:
        **stage(
            lambda wildcards: f"images.{wildcards.protocol}",
            "image_probe",
            image_protocol_code,
            folder=True,
            threaded=True,
        ),
    message:
        "Evaluate {wildcards.method} on {wildcards.images}{wildcards.target}: {wildcards.protocol}{wildcards.share}"
    shell:
        RUN


rule image_table:
    input:
        predictions=lambda wildcards: image_slices.predictions(CONFIG, wildcards.images, wildcards.target),
        manifest="results/images/{images}/manifest.parquet",
        copies="results/images/{images}/copies.csv",
    output:
        table=report("results/tables/{images}{target}.csv", caption="../report/images.rst", category="Tables"),
    log:
        "results/logs/tables/{images}{target}.log",
    benchmark:
        "results/benchmarks/tables/{images}{target}.tsv"
    wildcard_constraints:
        images=one_of(image_slices.labelled_sets(CONFIG)),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage(
            "evaluation.image_table", "image_table", predictions=lambda input: sorted(files.folders(input.predictions))
        ),
    message:
        "Write the table of the images of {wildcards.images}{wildcards.target}"
    shell:
        RUN


# Of the videos: 68 landmarks of each kept frame, by the network of keypoints or fitted to the detector's five.
rule image_points:
    input:
        unpack(landmarks_of),
    output:
        shard="results/points/{dataset}/{shard}.h5",
        ledger="results/points/{dataset}/{shard}.ledger.csv",
    log:
        "results/logs/points/{dataset}/{shard}.log",
    benchmark:
        "results/benchmarks/points/{dataset}/{shard}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 2 if LANDMARK_NETWORK else 1
    resources:
        mem_mb=memory(4000 if LANDMARK_NETWORK else 2000),
        gpu=GPUS if LANDMARK_NETWORK else 0,
    params:
        **stage("images.points", "points", code.of_points(CONFIG), threaded=True, root=root_of_cut_faces),
    message:
        "Find the landmarks of {wildcards.dataset}, shard {wildcards.shard}"
    shell:
        RUN


# Of the videos: how many clips are long enough for the proposals that compare frames.
rule image_clips:
    input:
        faces=lambda wildcards: [
            f"results/faces/{wildcards.dataset}/{shard}.h5" for shard in shards_of(wildcards.dataset)
        ],
    output:
        table=report("results/qc/{dataset}.clips.csv", caption="../report/qc.rst", category="Losses and leaks"),
    log:
        "results/logs/image_clips/{dataset}.log",
    benchmark:
        "results/benchmarks/image_clips/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage("images.clips"),
    message:
        "Count the clips of {wildcards.dataset} that are long enough for TimeAug and HardNeg"
    shell:
        RUN
