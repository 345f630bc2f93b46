# Helpers of the rules: the validated configuration, the slice of it that each stage reads, and lists of files.
import functools
import hashlib
import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from conclugen import choices, planning, slices
from conclugen.config import SENTIMENT_TABLE, check
from conclugen.config.recipes import known_methods
from conclugen.data import content, folds, lists, tree
from conclugen.data.sources import SOURCES, chosen, scanned
from conclugen.features import staged
from conclugen.media import suffixes
from conclugen.pretrain import methods
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store import clock, fence, packaged
from conclugen.store import fingerprint as source
from conclugen.store.tables import read_about

if {"{", "}"} & set(workflow.basedir + str(Path.cwd())):
    raise WorkflowError(
        "Snakemake takes braces in the path of this folder for wildcards: rename it"
    )

CONFIG = check(config)
ENVIRONMENT = "../envs/conclugen.yaml"
GPUS = 1 if CONFIG.device == "cuda" else 0
LANDMARK_NETWORK = CONFIG.features.keypoints.backbone != "mtcnn"
IMPORTED = [
    name for name, dataset in CONFIG.datasets.items() if dataset.adapter == "features"
]
FILMED = [name for name in CONFIG.datasets if name not in IMPORTED]
TRANSCRIBED = [name for name in CONFIG.datasets if choices.transcribed(CONFIG, name)]
TO_STAGE = list(staged.to_stage(CONFIG.features, choices.backbone_streams(CONFIG)))

# Which GPU a job takes, whether its run still lasts; what all packages hold, of which a rule names its part; and names
# of settings, of which a job is told what it reads.
NO_PART_OF_RESULTS = (
    "conclugen.store.lease",
    "conclugen.store.fence",
    "conclugen.store.packaged",
    "conclugen.pretrain.settings",
)

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
    if told := planning.width_mistakes(CONFIG):
        raise WorkflowError("\n".join(["features do not fit:", *told]))

if workflow.is_main_process and (late := clock.pull_back(Path("results"))):
    logger.warning(f"{late} results are dated in the future and now dated today")


def one_of(names):
    """A wildcard constraint that matches these names and nothing else."""
    return f"(?:{'|'.join(map(re.escape, names))})" if names else r"(?!)"


wildcard_constraints:
    dataset=one_of(CONFIG.datasets),
    target=one_of(choices.TARGETS),
    corpus=one_of(CONFIG.datasets),
    layout=one_of(CONFIG.demo.utterances),
    world=one_of(CONFIG.worlds),
    stream=r"\w+",
    shard=r"\d+",
    method=r"[\w.-]+",
    preset=r"[\w-]+",
    protocol=r"[a-z_]+",
    seed=r"\d+",


def memory(mb):
    """A resources function: `mb` MB, and as much more at each further attempt, where a profile has `retries`."""

    def of(wildcards, attempt):
        return mb * attempt

    return of


def fingerprint(entry, without=(), plus=()):
    """The code of a stage and, where the configuration asks for it, the versions of the libraries it imports."""
    asked, without = CONFIG.rerun_on_upgrade, (*without, *NO_PART_OF_RESULTS)
    code = source.fingerprint(entry, without, plus)
    return code + source.libraries(entry, asked, without, plus)


def settings(stage):
    """A params function: the slice of the configuration that `stage` reads, as canonical JSON."""

    def of(wildcards):
        require_weights(wildcards.get("dataset"), [wildcards.get("stream", stage)])
        return json.dumps(
            slices.stage_settings(CONFIG, stage, dict(wildcards.items())),
            sort_keys=True,
        )

    return of


def unhurried(stage):
    """A params function: the same without how fast and how long the stage works, which nothing is made of."""

    def of(wildcards):
        return json.dumps(
            slices.unhurried(json.loads(settings(stage)(wildcards))), sort_keys=True
        )

    return of


def unrecorded(value):
    """The params function `value`, whose changes rerun nothing: Snakemake records no param that reads the threads."""

    def of(wildcards, threads):
        return value(wildcards)

    return of


def root_of(wildcards):
    return CONFIG.datasets[wildcards.dataset].root


def shards_of(dataset):
    """Names of a data set's shards, known once its plan is made."""
    lines = (
        Path(checkpoints.plan.get(dataset=dataset).output.plan).read_text().splitlines()
    )
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
        return {"text": plan_list("text")(wildcards)}
    base = f"results/transcripts/{wildcards.dataset}/{wildcards.shard}"
    return {"text": f"{base}.csv", "ledger": f"{base}.ledger.csv"}


def transcripts_argument(wildcards, input):
    return each(
        "--transcripts-ledger", [input.ledger] if "ledger" in input.keys() else []
    )


def transcripts_of(dataset):
    """The transcripts of all shards of a data set, where it has any and its words are used."""
    if dataset not in TRANSCRIBED or "text" not in choices.accounted_streams(
        CONFIG, dataset
    ):
        return []
    return [
        f"results/transcripts/{dataset}/{shard}.csv" for shard in shards_of(dataset)
    ]


def retries_of(stage):
    """An input function: the list of what is to be tried again in this shard, where one was asked for."""

    def of(wildcards):
        path = Path(
            f"results/retries/{wildcards.dataset}/{stage}/{wildcards.shard}.csv"
        )
        return [str(path)] if path.exists() else []

    return of


def version(stage, code):
    """A params function: hash of what makes a shard of `stage` beside its media; only rows of one version are kept."""

    def of(wildcards):
        made_of = [unhurried(stage)(wildcards), root_of(wildcards)]
        made_of.append(code(wildcards) if callable(code) else code)
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]

    return of


def faces_of(wildcards):
    """The face shard and its ledger; with them, where it keeps no crops, the list of media to cut them from."""
    base = f"results/faces/{wildcards.dataset}/{wildcards.shard}"
    given = {"faces": f"{base}.h5", "ledger": f"{base}.ledger.csv"}
    kept = choices.keeps_faces(CONFIG, wildcards.dataset)
    return given if kept else given | {"media": plan_list("media")(wildcards)}


def landmarks_of(wildcards):
    """The face shard and its ledger; for a landmark network all that crops are made of."""
    given = faces_of(wildcards)
    if LANDMARK_NETWORK:
        return given
    return {name: given[name] for name in ("faces", "ledger")}


def media_argument(wildcards, input):
    """The media list and the root of its files, where a stage cuts faces from them."""
    if "media" not in input.keys():
        return []
    return ["--media-list", str(input.media), "--root", root_of(wildcards)]


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
    return [
        f"results/features/{dataset}/{stream}/{shard}.h5"
        for stream in streams
        for shard in shards
    ]


@functools.cache
def require_read(dataset):
    """Stop while jobs are planned where reading the labels lost more than quality control lets pass."""
    limits = slices.stage_settings(CONFIG, "qc", {"dataset": dataset})
    lost = read_about(f"results/manifests/{dataset}.parquet").get("lost", {})
    told = list(folds.losses(dataset, lost, limits["max_lost"], limits["min_lost"]))
    if told:
        raise WorkflowError("\n".join(["more is lost than allowed:", *told]))


def evaluated_features(wildcards):
    """The feature shards that a protocol reads, once it is known that the data set can be evaluated on."""
    shards = feature_shards(
        wildcards.dataset, choices.streams(CONFIG, wildcards.method)
    )
    require_folds(wildcards.dataset, choices.TARGETS[wildcards.target])
    return shards


@functools.cache
def require_folds(dataset, target):
    """Stop while jobs are planned where the labels of a data set of one's own cannot be learned or measured."""
    if is_demo(dataset) or choices.world_files(CONFIG, dataset):
        return
    manifest = f"results/manifests/{dataset}.parquet"
    counts = read_about(manifest).get("folds", {}).get(target)
    lines = (
        []
        if counts is None
        else folds.mistakes(dataset, counts, CONFIG.downstream.every_class)
    )
    if told := list(lines):
        raise WorkflowError("\n".join(["some labels are missing:", *told]))


def each(flag, values):
    """`flag value` for each value, as arguments to be quoted one by one."""
    return [word for value in values for word in (flag, str(value))]


def features_argument(wildcards, input):
    """`STREAM=path` for every feature shard among the inputs; before the plan is made they are not known."""
    if isinstance(input.features, str):  # what the checkpoint will tell
        return ["<as planned>"]
    return [f"{Path(path).parent.name}={path}" for path in input.features]


def is_demo(dataset):
    return choices.demo_layout(CONFIG.datasets[dataset].root) in CONFIG.demo.utterances


def source_files(dataset):
    """Label and index files of a data set that is not the demo's."""
    given = CONFIG.datasets[dataset]
    options = slices.stage_settings(CONFIG, "manifest", {"dataset": dataset})
    return SOURCES[given.adapter](Path(given.root), options)


def manifest_sources(wildcards):
    """The index of a demo corpus, which names the hash of each file, or the file of a world. Files of the user's own
    are no inputs: they are compared by content instead of by time (`source_contents`), and may have any name.
    """
    layout = choices.demo_layout(CONFIG.datasets[wildcards.dataset].root)
    if is_demo(wildcards.dataset):
        return [f"results/demo/{layout}/index.csv"]
    return choices.world_files(CONFIG, wildcards.dataset)


def source_contents(wildcards):
    """A digest of each label and index file, one of the list of media where that alone makes utterances or tells which
    file is meant, and the folders of media that were found.
    """
    dataset = CONFIG.datasets[wildcards.dataset]
    if manifest_sources(wildcards):
        return []
    root = Path(dataset.root)
    found = tree.contents(root, source_files(wildcards.dataset))
    options = slices.stage_settings(CONFIG, "manifest", dict(wildcards.items()))
    extensions = scanned(dataset.adapter, options)
    if dataset.adapter == "folder" and content.spelled_otherwise(root, options):
        extensions = tuple(options["extensions"])
    if extensions:
        found.append(f"media@{tree.names(root, extensions, watched(dataset))}")
    return [*found, *chosen(dataset.adapter, root, options)]


def media_stamps(wildcards):
    """A digest of the media by name, size and time: the plan looks at each file again when one has changed."""
    dataset = CONFIG.datasets[wildcards.dataset]
    if is_demo(wildcards.dataset) or dataset.adapter == "features":
        return []
    root, own = Path(dataset.root), tuple(getattr(dataset, "extensions", ()))
    options = slices.stage_settings(CONFIG, "manifest", dict(wildcards.items()))
    named = content.named_files(root, options) if dataset.adapter == "folder" else []
    limit = watched(dataset)
    return [f"media@{tree.stamps(root, (*suffixes.MEDIA, *own), limit, tuple(named))}"]


def watched(dataset):
    """How many files and folders may be looked at for changes: none, some, or any number."""
    return {None: tree.ENTRIES, True: None, False: 0}[dataset.watch]


def stream_code(stream, module=None):
    """Fingerprint of a stream's stage with the chosen backbone and the files its network is built from beside its weights;
    the other backbones are no part of it.
    """
    chosen = getattr(CONFIG.features, stream)
    code = fingerprint(
        f"conclugen.features.{module or stream}",
        without=other_backbones(chosen.backbone),
    )
    return code + staged.companions(stream, chosen) + packaged.hashes([chosen.backbone])


def other_backbones(chosen):
    folder = Path(workflow.basedir, "src/conclugen/features/backbones")
    names = [
        file.stem
        for file in folder.glob("*.py")
        if file.stem not in ("__init__", "base", chosen)
    ]
    return [f"conclugen.features.backbones.{name}" for name in names]


def engine_code(wildcards):
    """Fingerprint of the transcripts with the chosen engine, and its files beside the weights; the other engine is no
    part of it.
    """
    asr = CONFIG.datasets[wildcards.dataset].asr
    code = fingerprint(
        "conclugen.features.transcripts",
        without=choices.unused_engines(CONFIG, wildcards.dataset),
    )
    beside = staged.hashes_beside(asr.weights.path) if asr.weights else []
    return code + beside + packaged.hashes([asr.engine, "silero_vad"])


def face_code():
    """Fingerprint of the face stage and of the weights of its detector."""
    return fingerprint("conclugen.faces.run") + packaged.hashes(["mtcnn"])


def reads_faces(dataset):
    """Whether a stream in use is cut from the face shards of this data set."""
    return dataset in FILMED and not set(choices.FACE_STREAMS).isdisjoint(
        choices.accounted_streams(CONFIG, dataset)
    )


def ledgers(wildcards):
    """Every ledger of the data set: of the manifest, of faces, then of each stream that is used."""
    shards = shards_of(wildcards.dataset)
    read = [f"results/manifests/{wildcards.dataset}.ledger.csv"]
    faces = [
        f"results/faces/{wildcards.dataset}/{shard}.ledger.csv" for shard in shards
    ]
    streams = [
        path.replace(".h5", ".ledger.csv")
        for path in feature_shards(
            wildcards.dataset, choices.accounted_streams(CONFIG, wildcards.dataset)
        )
    ]
    heard = [
        path.replace(".csv", ".ledger.csv")
        for path in transcripts_of(wildcards.dataset)
    ]
    return read + (faces if reads_faces(wildcards.dataset) else []) + heard + streams


def pretrain_code(wildcards):
    """Fingerprint of pretraining with the losses of this method; the others are no part of it."""
    losses = choices.losses(CONFIG, wildcards.method)
    return fingerprint(
        "conclugen.pretrain.run",
        without=methods.unused_modules(losses),
        plus=methods.chosen_modules(losses),
    )


def models_of(wildcards):
    """The pretrained models that a protocol starts from, one per pretraining seed; none for controls."""
    if wildcards.protocol not in choices.PRETRAINED_PROTOCOLS:
        return []
    method = choices.pretrained_as(CONFIG, wildcards.method)
    folder = f"results/pretrain/{wildcards.corpus}/{wildcards.preset}/{method}"
    seeds = choices.network_seeds(CONFIG, method)
    return [f"{folder}/seed{seed}/model.safetensors" for seed in seeds]


def pretexts_of(wildcards):
    """How the networks of `models_of` do their own task; controls were trained for none."""
    if wildcards.method in CONTROLS:
        return []
    return [str(Path(path).with_name("pretext.json")) for path in models_of(wildcards)]


def measured(wildcards):
    """The name of the table that these wildcards are about: of a data set, or of its sentiment."""
    if wildcards.target and not choices.has_sentiment(CONFIG, wildcards.dataset):
        raise WorkflowError(
            f"the labels of {wildcards.dataset} have no sentiment; it has no table {wildcards.dataset}{wildcards.target}"
        )
    return wildcards.dataset + wildcards.target


def prediction_files(name, rows, shares=("",), preset=CONFIG.pretrain.preset):
    """The predictions of (method, protocol) `rows` for the table `name`, for every seed; `shares`: of the labels."""
    corpus = choices.corpus_of(CONFIG, choices.dataset_of(CONFIG, name))
    base = f"results/downstream/{name}/{corpus}/{preset}"
    return [
        f"{base}/{method}/{protocol}{share}/seed{seed}.parquet"
        for method, protocol in rows
        for share in shares
        for seed in CONFIG.downstream.seeds
    ]


def presets_compared(wildcards):
    """The linear evaluation of every method with each preset and of its networks untrained, and the raw features, which
    have no preset.
    """
    names = [*CONFIG.pretrain.methods, *choices.drawn_controls(CONFIG)]
    methods = [(name, "linear") for name in names]
    raw = prediction_files_of_all([(choices.RAW, "raw")], [CONFIG.pretrain.preset])
    return raw + prediction_files_of_all(methods, CONFIG.tables.presets)


def controls(wildcards):
    """The rows of every world's table; in the grid, those of every other preset, too."""
    if choices.ORACLE not in CONFIG.downstream.raw_rows:
        raise WorkflowError(
            f"results/tables/{wildcards.control}.csv needs worlds and the raw row {choices.ORACLE}: "
            "--configfile configs/control.yaml"
        )
    own = CONFIG.pretrain.preset
    found = prediction_files_of_all(choices.table_rows(CONFIG), [own])
    others = [name for name in CONFIG.tables.presets if name != own]
    if wildcards.control == "control-grid":
        found += prediction_files_of_all(choices.pretrained_rows(CONFIG), others)
    return found


def switches_compared(wildcards):
    """The linear evaluation of the reference method with each variant and what it is based on, and of the same networks
    untrained.
    """
    rows = [
        (name, "linear")
        for name in (CONFIG.tables.reference, *choices.drawn_controls(CONFIG))
    ]
    return prediction_files_of_all(rows, choices.ablation_presets(CONFIG))


def prediction_files_of_all(rows, presets):
    """The predictions of `rows` for every data set and each of `presets`."""
    return [
        path
        for dataset in CONFIG.downstream.datasets
        for preset in presets
        for path in prediction_files(dataset, rows, preset=preset)
    ]


def folders_of(files):
    return sorted({str(Path(path).parent) for path in files})


def folders_in_order(files):
    return list(dict.fromkeys(str(Path(path).parent) for path in files))


def of_every_dataset(path):
    """`path` for each data set that is evaluated on."""
    return expand(path, dataset=CONFIG.downstream.datasets)


def table_2(wildcards):
    """Supervised, linear and fine-tuned, whichever protocols the tables of the data sets have."""
    rows = [
        (CONFIG.tables.reference, protocol)
        for protocol in ("supervised", "linear", "finetune")
    ]
    return [
        path
        for dataset in CONFIG.downstream.datasets
        for path in prediction_files(dataset, rows)
    ]


def label_fractions(wildcards):
    """The predictions of every row of every table, for all labels and for each share of them."""
    if len(choices.fractions(CONFIG)) < 2:
        raise WorkflowError(
            "results/tables/label_efficiency.csv needs downstream.label_fractions below 1, such as [0.01, 0.1, 1.0]"
        )
    return [
        path
        for dataset in CONFIG.downstream.datasets
        for path in prediction_files(
            dataset, choices.table_rows(CONFIG), choices.fractions(CONFIG)
        )
    ]


def of_every_table(path):
    """`path` for each table: of every data set, and of the sentiment of those that have one."""
    return expand(path, name=choices.measured(CONFIG))


def benchmark_tables(wildcards):
    """The tables whose rows stand in Table 1, by the flag that takes them."""
    dataset = choices.benchmark_dataset(CONFIG)
    names = {"table": dataset, "sentiment": f"{dataset}{SENTIMENT_TABLE}"}
    return {
        flag: f"results/tables/{name}.csv"
        for flag, name in names.items()
        if name in choices.measured(CONFIG)
    }


def losses_accounted(wildcards):
    """Quality control of the data set and of the corpus: a table stands only where neither lost too much.

    The files say nothing that a table repeats. They are inputs so that a loss above the limit stops the run, also
    where the limit was lowered after the table was made: then the table is written again, to the same bytes.
    """
    return accounts_of([wildcards.dataset])


def all_losses_accounted(wildcards):
    """The same for a table over all data sets."""
    return accounts_of(CONFIG.downstream.datasets)


def accounts_of(datasets):
    corpora = {choices.corpus_of(CONFIG, name) for name in datasets}
    return sorted(f"results/qc/{name}.csv" for name in {*datasets} | corpora)
