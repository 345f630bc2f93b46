# Still images (SSL-FER): their data sets, pretraining on them, and the table of what it is worth.


use rule stage as images with:
    output:
        shard="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        ledger="results/images/{images}/ledger.csv",
    pathvars:
        job="images/{images}",
    wildcard_constraints:
        images=one_of(name for name in CONFIG.images.datasets if name not in CLIP_SETS),
    resources:
        mem_mb=memory(2000),
    params:
        **stage("images.prepare", "image_set", dataset=wildcard("images"), root=root_of),
        sources=lambda wildcards: watch.images(CONFIG, wildcards.images),
    message:
        "Read the images of {wildcards.images}"


# The frames of clips, where stills lie.
use rule stage as image_frames with:
    input:
        unpack(shards.clips),
    output:
        shard="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        ledger="results/images/{images}/ledger.csv",
    pathvars:
        job="images/{images}",
    wildcard_constraints:
        images=one_of(CLIP_SETS),
    resources:
        mem_mb=memory(2000),
    params:
        **stage("images.frames", "image_frames", threaded=True, dataset=wildcard("images"), root=root_of_cut),
    message:
        "Read the frames of the clips of {wildcards.images}"


use rule stage as image_copies with:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
    output:
        table="results/images/{images}/copies.csv",
        counts=report("results/qc/{images}.copies.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    pathvars:
        job="image_copies/{images}",
    params:
        **stage("images.copies", threaded=True),
    message:
        "Look for images of {wildcards.images} that training has seen"


use rule stage as image_descriptors with:
    input:
        images="results/images/{images}/images.h5",
    output:
        shard="results/images/{images}/descriptors/0000.h5",
    pathvars:
        job="image_descriptors/{images}",
    resources:
        mem_mb=memory(4000),
        gpu=GPUS,
    params:
        **stage("images.descriptors", threaded=True),
    message:
        "Describe eyes and mouths of {wildcards.images}"


use rule stage as image_pretrain with:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
        descriptors=image_slices.described,
    output:
        model="results/images/{images}/networks/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/images/{images}/networks/{preset}/{method}/seed{seed}/settings.json",
        history="results/images/{images}/networks/{preset}/{method}/seed{seed}/history.csv",
        pretext="results/images/{images}/networks/{preset}/{method}/seed{seed}/pretext.json",
    pathvars:
        job="image_pretrain/{images}/{preset}/{method}/seed{seed}",
    wildcard_constraints:
        method=one_of(image_slices.METHOD_NAMES),
    resources:
        mem_mb=memory(CONFIG.images.mem_mb),
        gpu=GPUS,
    params:
        **training("images.pretrain", "image_pretrain"),
    message:
        "Pretrain {wildcards.method} ({wildcards.preset}) on the images of {wildcards.images}, seed {wildcards.seed}"


# The same network before it has learned anything, as a file: what a pretrained backbone is compared with.
use rule image_pretrain as image_untrained with:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
    output:
        model="results/images/{images}/networks/{preset}/{method}/seed{seed}/model.safetensors",
        settings="results/images/{images}/networks/{preset}/{method}/seed{seed}/settings.json",
    wildcard_constraints:
        method="untrained",
    params:
        **stage(
            "images.untrained",
            "image_control",
            folder=True,
            threaded=True,
            dataset=wildcard("images"),
            preset=wildcard("preset"),
            seed=wildcard("seed"),
        ),
    message:
        "Draw the network of {wildcards.images} ({wildcards.preset}), seed {wildcards.seed}, and teach it nothing"


use rule image_descriptors as image_features with:
    input:
        images="results/images/{images}/images.h5",
        model="results/images/{corpus}/networks/{preset}/{method}/seed{seed}/model.safetensors",
    output:
        shard="results/images/{images}/features/{corpus}/{preset}/{method}/seed{seed}/image/0000.h5",
    pathvars:
        job="image_features/{images}/{corpus}/{preset}/{method}/seed{seed}",
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        method=one_of(image_slices.METHOD_NAMES),
    params:
        **stage("images.represent", threaded=True),
    message:
        "Represent {wildcards.images} by {wildcards.method} ({wildcards.preset}), seed {wildcards.seed}"


# What learned nothing here, where the representations of pretrained networks lie.
use rule image_features as image_control with:
    input:
        images="results/images/{images}/images.h5",
        manifest="results/images/{images}/manifest.parquet",
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        method=one_of(image_slices.CONTROL_NAMES),
    params:
        **stage("images.controls", "image_control", threaded=True, seed=wildcard("seed")),
    message:
        "Make the control {wildcards.method} ({wildcards.preset}) of {wildcards.images}, seed {wildcards.seed}"


use rule stage as image_protocol with:
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
    pathvars:
        job="image_protocol/{images}{target}/{corpus}/{preset}/{method}/{protocol}{share}",
    wildcard_constraints:
        corpus=one_of(CONFIG.images.datasets),
        share=one_of(image_slices.shares(CONFIG)),
    resources:
        mem_mb=memory(CONFIG.images.mem_mb),
        gpu=GPUS,
    params:
        **stage(lambda wildcards: f"images.{wildcards.protocol}", "image_probe", folder=True, threaded=True),
    message:
        "Evaluate {wildcards.method} on {wildcards.images}{wildcards.target}: {wildcards.protocol}{wildcards.share}"


use rule stage as image_table with:
    input:
        predictions=lambda wildcards: image_slices.predictions(CONFIG, wildcards.images, wildcards.target),
        manifest="results/images/{images}/manifest.parquet",
        copies="results/images/{images}/copies.csv",
    output:
        table=report("results/tables/{images}{target}.csv", caption="../report/images.rst", category="Tables"),
    pathvars:
        job="tables/{images}{target}",
    wildcard_constraints:
        images=one_of(image_slices.labelled_sets(CONFIG)),
    params:
        **stage(
            "evaluation.image_table", "image_table", predictions=lambda input: sorted(files.folders(input.predictions))
        ),
    message:
        "Write the table of the images of {wildcards.images}{wildcards.target}"


# Of the videos: 68 landmarks of each kept frame, by the network of keypoints or fitted to the detector's five.
use rule keypoints as image_points with:
    output:
        shard="results/points/{dataset}/{shard}.h5",
        ledger="results/points/{dataset}/{shard}.ledger.csv",
    pathvars:
        job="points/{dataset}/{shard}",
    params:
        **stage("images.points", "points", threaded=True, root=root_of_cut),
    message:
        "Find the landmarks of {wildcards.dataset}, shard {wildcards.shard}"


# Of the videos: how many clips are long enough for the proposals that compare frames.
use rule stage as image_clips with:
    input:
        faces=lambda wildcards: shards.every("faces", wildcards.dataset, ".h5"),
    output:
        table=report("results/qc/{dataset}.clips.csv", caption="../report/qc.rst", category="Losses and leaks"),
    pathvars:
        job="image_clips/{dataset}",
    wildcard_constraints:
        dataset=one_of(shards.filmed),
    resources:
        mem_mb=memory(2000),
    params:
        **stage("images.clips"),
    message:
        "Count the clips of {wildcards.dataset} that are long enough for TimeAug and HardNeg"
