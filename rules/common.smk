# Helpers of the rules: the validated configuration, what a rule is told of it, and files that are known once the plan is.
import functools
import hashlib
import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from conclugen import choices, planning
from conclugen.config import check
from conclugen.config.recipes import known_methods
from conclugen.data import lists
from conclugen.features import staged
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store import clock, fence, seals
from conclugen.store.tables import read_about
from conclugen.workflow import code, files, image_slices, watch
from conclugen.workflow.params import (
    RUN,
    params_of,
    settings_of,
    unhurried,
    unrecorded,
    wildcard,
)

if {"{", "}"} & set(workflow.basedir + str(Path.cwd())):
    raise WorkflowError("Snakemake takes braces in the path of this folder for wildcards: rename it")

CONFIG = check(config)
ENVIRONMENT = "../envs/conclugen.yaml"
GPUS = 1 if CONFIG.device == "cuda" else 0
LANDMARK_NETWORK = CONFIG.features.keypoints.backbone != "mtcnn"
IMPORTED = [name for name, dataset in CONFIG.datasets.items() if dataset.adapter == "features"]
FILMED = [name for name in CONFIG.datasets if name not in IMPORTED]
TRANSCRIBED = [name for name in CONFIG.datasets if choices.transcribed(CONFIG, name)]
CLIP_SETS = image_slices.clip_sets(CONFIG)
TO_STAGE = list(staged.to_stage(CONFIG.features, choices.backbone_streams(CONFIG)))

# Jobs use the Python that runs Snakemake, unless Snakemake makes the environments.
shell.prefix(
    f"set -euo pipefail; export CONCLUGEN_DEVICE={CONFIG.device} OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1; "
    + (
        ""
        if workflow.deployment_settings.deployment_method
        else f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
    )
)


if workflow.is_main_process:
    for note in CONFIG.notes:
        logger.warning(note)
    if told := planning.array_mistakes(CONFIG) + planning.width_mistakes(CONFIG):
        raise WorkflowError("\n".join(["features do not fit:", *told]))

if workflow.is_main_process and (late := clock.pull_back(Path("results"))):
    logger.warning(f"{late} results are dated in the future and now dated today")


def one_of(names):
    """A wildcard constraint that matches these names and nothing else."""
    return f"(?:{'|'.join(map(re.escape, names))})" if names else r"(?!)"


wildcard_constraints:
    dataset=one_of(CONFIG.datasets),
    target=one_of(choices.TARGETS),
    dimension=one_of(ending for ending in choices.TARGETS if ending),
    corpus=one_of(CONFIG.datasets),
    layout=one_of(CONFIG.demo.utterances),
    world=one_of(CONFIG.worlds),
    stream=r"\w+",
    shard=r"\d+",
    method=r"[\w.-]+",
    preset=r"[\w-]+",
    protocol=r"[a-z_]+",
    fold=r"(?:/fold\d+)?",
    images=one_of(CONFIG.images.datasets),
    seed=r"\d+",
    split=r"valid|test",


def memory(mb):
    """A resources function: `mb` MB, and as much more at each further attempt, where a profile has `retries`."""

    def of(wildcards, attempt):
        return mb * attempt

    return of


def settings(name):
    """A params function: the slice of the configuration that a stage reads, as JSON, once its weights are known to be there."""
    slice_of = settings_of(CONFIG, name)

    def of(wildcards):
        require_weights(wildcards.get("dataset"), [wildcards.get("stream", name)])
        return slice_of(wildcards)

    return of


def stage(module, slice_of=None, made_by=None, folder=False, threaded=False, **more):
    """What a rule has as params for its stage (`workflow.params.params_of`), and `made_by`, its code where it is chosen."""
    told = None if slice_of is None else settings(slice_of)
    made_by = code.of(CONFIG, module) if made_by is None else made_by
    return params_of(module, told, made_by, more, folder, threaded)


def stream(name, **more):
    """The params of a rule that makes the feature shards of the stream `name`."""
    return stage(
        f"features.{name}",
        name,
        code.of_stream(CONFIG, name),
        threaded=True,
        **more,
    )


def engine_code(wildcards):
    return code.of_transcripts(CONFIG, wildcards.dataset)


def pretraining_code(wildcards):
    return code.of_pretraining(CONFIG, wildcards.method)


def image_code(module, network=CONFIG.images.network):
    return code.of_images(CONFIG, module, network)


def image_set_code(wildcards):
    adapter = CONFIG.images.datasets[wildcards.images].adapter
    return code.of_images(CONFIG, "images.prepare", "", adapter)


def image_control_code(wildcards):
    networks = {"untrained": CONFIG.images.network, "mobilenet_v2": "mobilenet_v2"}
    return image_code("images.controls", networks.get(wildcards.method, ""))


def image_protocol_code(wildcards):
    tuned = wildcards.protocol in image_slices.TUNED
    return image_code(f"images.{wildcards.protocol}", CONFIG.images.network if tuned else "")


def image_root(wildcards):
    return CONFIG.images.datasets[wildcards.images].root


def image_files(wildcards):
    return watch.images(CONFIG, wildcards.images)


def clips_of(wildcards):
    """The shards of the videos whose frames an image data set is; with them, where crops are not kept, the media."""
    name = CONFIG.images.datasets[wildcards.images].dataset
    shards = shards_of(name)
    given = {
        "video_manifest": f"results/manifests/{name}.parquet",
        "faces": [f"results/faces/{name}/{shard}.h5" for shard in shards],
        "points": [f"results/points/{name}/{shard}.h5" for shard in shards],
        "points_ledgers": [f"results/points/{name}/{shard}.ledger.csv" for shard in shards],
    }
    lists = [f"results/plans/{name}/{shard}.media.csv" for shard in shards]
    return given if choices.keeps_faces(CONFIG, name) else given | {"media_lists": lists}


def root_of_cut_clips(wildcards, input):
    """The root of the media, where crops are cut from them."""
    name = CONFIG.images.datasets[wildcards.images].dataset
    return CONFIG.datasets[name].root if "media_lists" in input.keys() else []


def adapter_of(wildcards):
    return f"data.{CONFIG.datasets[wildcards.dataset].adapter}"


def sources_of(wildcards):
    return watch.inputs(CONFIG, wildcards.dataset)


def contents_of(wildcards):
    return watch.contents(CONFIG, wildcards.dataset)


def folders(input):
    """The folder of predictions that is measured, or those of all folds."""
    return files.folders(input.predictions)


def measured(wildcards):
    """The name of the table that these wildcards are about: of a data set, or of its sentiment."""
    return files.table_name(CONFIG, wildcards.dataset, wildcards.target)


def root_of(wildcards):
    return CONFIG.datasets[wildcards.dataset].root


def shards_of(dataset):
    """Names of a data set's shards, known once its plan is made."""
    lines = Path(checkpoints.plan.get(dataset=dataset).output.plan).read_text().splitlines()
    return [line.split(",")[0] for line in lines[1:]]


def plan_list(kind):
    """An input function: this shard's list of the plan, known once the plan is made."""

    def of(wildcards):
        plan = checkpoints.plan.get(dataset=wildcards.dataset).output.plan
        return f"{plan.removesuffix('.csv')}/{wildcards.shard}.{kind}.csv"

    return of


def words_of(wildcards):
    """This shard's texts: those of its plan or, with `asr`, its transcripts and their ledger."""
    if wildcards.dataset not in TRANSCRIBED:
        return {"text_list": plan_list("text")(wildcards)}
    base = f"results/transcripts/{wildcards.dataset}/{wildcards.shard}"
    return {"text_list": f"{base}.csv", "transcripts_ledger": f"{base}.ledger.csv"}


def transcripts_of(dataset):
    """The transcripts of all shards of a data set, where it has any and its words are used."""
    if dataset not in TRANSCRIBED or "text" not in choices.accounted_streams(CONFIG, dataset):
        return []
    return [f"results/transcripts/{dataset}/{shard}.csv" for shard in shards_of(dataset)]


def retries_of(stage):
    """An input function: the list of what is to be tried again in this shard, where one was asked for."""

    def of(wildcards):
        path = Path(f"results/retries/{wildcards.dataset}/{stage}/{wildcards.shard}.csv")
        return [str(path)] if path.exists() else []

    return of


def version(name, made_by):
    """A params function: hash of what makes a shard of a stage beside its media; only rows of one version are kept."""

    def of(wildcards):
        made_of = [unhurried(settings(name))(wildcards), root_of(wildcards)]
        made_of.append(made_by(wildcards) if callable(made_by) else made_by)
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]

    return of


def faces_of(wildcards):
    """The face shard and its ledger; with them, where it keeps no crops, the list of media to cut them from."""
    base = f"results/faces/{wildcards.dataset}/{wildcards.shard}"
    given = {"faces": f"{base}.h5", "faces_ledger": f"{base}.ledger.csv"}
    kept = choices.keeps_faces(CONFIG, wildcards.dataset)
    return given if kept else given | {"media_list": plan_list("media")(wildcards)}


def landmarks_of(wildcards):
    """The face shard and its ledger; for a landmark network all that crops are made of."""
    given = faces_of(wildcards)
    if LANDMARK_NETWORK:
        return given
    return {name: given[name] for name in ("faces", "faces_ledger")}


def root_of_cut_faces(wildcards, input):
    """The root of the media, where a stage cuts faces from them."""
    return root_of(wildcards) if "media_list" in input.keys() else []


def manifest_to_plan(wildcards):
    """The manifest of a plan. A list that was deleted or altered is no output that Snakemake would miss, so the
    plan is marked here to be made again, as by `-R`; lists that are whole stay as they are.
    """
    plan = f"results/plans/{wildcards.dataset}.csv"
    if workflow.is_main_process and (damaged := lists.damaged(Path(plan))):
        logger.warning(f"{plan} is made again: {damaged[0]} is not as it was left")
        workflow.dag.forcefiles.add(plan)
    return f"results/manifests/{wildcards.dataset}.parquet"


def splits_of(wildcards):
    """The list of utterances, splits and groups of a corpus or data set, known once its plan is made."""
    name = getattr(wildcards, "corpus", None) or wildcards.dataset
    plan = Path(checkpoints.plan.get(dataset=name).output.plan)
    return str(plan.with_suffix("") / "splits.csv")


def require_weights(dataset, streams):
    """Stop while jobs are planned, before any runs, where one of these streams lacks its weights."""
    if dataset not in FILMED:
        return
    here = not workflow.deployment_settings.deployment_method
    if told := planning.missing_weights(CONFIG, dataset, streams, here):
        raise WorkflowError("\n".join(["weights are missing:", *told]))


def feature_shards(dataset, streams):
    require_weights(dataset, streams)
    shards = shards_of(dataset)
    require_read(dataset)
    return [f"results/features/{dataset}/{stream}/{shard}.h5" for stream in streams for shard in shards]


def learned_features(wildcards):
    """The feature shards that a network learns from, once it is known that the corpus has utterances to learn from."""
    shards = feature_shards(wildcards.corpus, choices.pretraining_streams(CONFIG, wildcards.method))
    require_corpus(wildcards.corpus)
    return shards


@functools.cache
def require_corpus(corpus):
    """Stop while jobs are planned where no utterance of a corpus is in the splits that networks learn from."""
    plan = Path(checkpoints.plan.get(dataset=corpus).output.plan)
    if told := planning.nothing_to_learn_from(CONFIG, corpus, plan.with_suffix("") / "splits.csv"):
        raise WorkflowError("\n".join(["nothing can be learned:", *told]))


@functools.cache
def require_read(dataset):
    """Stop while jobs are planned where reading the labels lost more than quality control lets pass."""
    about = read_about(f"results/manifests/{dataset}.parquet")
    if told := planning.lost_in_reading(CONFIG, dataset, about):
        raise WorkflowError("\n".join(["more is lost than allowed:", *told]))


def evaluated_features(wildcards):
    """The feature shards that a protocol reads, once it is known that the data set can be evaluated on."""
    shards = feature_shards(wildcards.dataset, choices.streams(CONFIG, wildcards.method))
    require_folds(wildcards.dataset, choices.TARGETS[wildcards.target])
    return shards


@functools.cache
def require_folds(dataset, target):
    """Stop while jobs are planned where the labels of a data set of one's own cannot be learned or measured."""
    if watch.inputs(CONFIG, dataset):
        return
    about = read_about(f"results/manifests/{dataset}.parquet")
    if told := planning.label_mistakes(CONFIG, dataset, target, about):
        raise WorkflowError("\n".join(["some labels are missing:", *told]))


def reads_faces(dataset):
    """Whether a stream in use is cut from the face shards of this data set."""
    return dataset in FILMED and not set(choices.FACE_STREAMS).isdisjoint(choices.accounted_streams(CONFIG, dataset))


def ledgers(dataset):
    """Every ledger of the data set: of the manifest, of faces, then of each stream that is used."""
    shards = shards_of(dataset)
    read = [f"results/manifests/{dataset}.ledger.csv"]
    faces = [f"results/faces/{dataset}/{shard}.ledger.csv" for shard in shards]
    streams = [
        path.replace(".h5", ".ledger.csv")
        for path in feature_shards(dataset, choices.accounted_streams(CONFIG, dataset))
    ]
    heard = [path.replace(".csv", ".ledger.csv") for path in transcripts_of(dataset)]
    return read + (faces if reads_faces(dataset) else []) + heard + streams


def faces_shown(wildcards):
    """Face shards that a contact sheet is made of: a dozen at most, spread over all, known once the plan is made."""
    shards = shards_of(wildcards.dataset)
    step = -(-len(shards) // 12)
    return [f"results/faces/{wildcards.dataset}/{shard}.h5" for shard in shards[::step]]


def ledgers_behind(names):
    """The ledgers of all that these tables stand on, known once plans are made."""
    return [path for dataset in files.with_corpora(CONFIG, names) for path in ledgers(dataset)]


def call_for(target):
    """The call of Snakemake that makes `target`, with this configuration."""
    given = [str(file) for file in workflow.overwrite_configfiles or ()]
    overlay = ["--configfile", *given] if given else []
    return shlex.join(["snakemake", "--cores", "1", *overlay, "--", target])


def told_of(target):
    """What a page is told beside its inputs; `target`: its file, by the wildcards."""
    return dict(
        networks=lambda input: sorted(files.folders(input.networks)),
        qc=lambda input: input.qc,
        benchmarks="results/benchmarks",
        # What differs from the defaults, in the order of the configuration.
        changes=lambda wildcards: json.dumps(CONFIG.model_dump(mode="json", exclude_defaults=True)),
        notes=lambda wildcards: list(CONFIG.notes),
        command=unrecorded(lambda wildcards: call_for(target(wildcards))),
    )


def of_every_dataset(path):
    """`path` for each data set that is evaluated on."""
    return expand(path, dataset=CONFIG.downstream.datasets)


def of_every_table(path):
    """`path` for each table: of every data set, and of the sentiment of those that have one."""
    return expand(path, name=choices.measured(CONFIG))
