# What the rules share: the validated configuration, and what their stages are told of it.
import functools
import hashlib
import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from conclugen import choices, planning
from conclugen.config import check
from conclugen.config.order import left_out
from conclugen.config.recipes import known_methods
from conclugen.data import lists
from conclugen.features import staged
from conclugen.pretrain.unlearned import CONTROLS
from conclugen.store import clock, fence, seals
from conclugen.workflow import code, files, image_slices, watch
from conclugen.workflow.params import RUN, params_of, settings_of, unhurried, unrecorded, wildcard
from conclugen.workflow.shards import Shards

if {"{", "}"} & set(workflow.basedir + str(Path.cwd())):
    raise WorkflowError("Snakemake takes braces in the path of this folder for wildcards: rename it")

CONFIG = check(config)
ENVIRONMENT = "../envs/conclugen.yaml"
GPUS = 1 if CONFIG.device == "cuda" else 0
CLIP_SETS = image_slices.clip_sets(CONFIG)
TO_STAGE = list(staged.to_stage(CONFIG.features, choices.backbone_streams(CONFIG)))
PACKAGED = not workflow.deployment_settings.deployment_method  # or Snakemake makes the environments of jobs

# Its methods are input functions of what plans tell.
shards = Shards(CONFIG, lambda dataset: checkpoints.plan.get(dataset=dataset).output.plan, PACKAGED)

# Jobs use the Python that runs Snakemake, unless Snakemake makes the environments.
shell.prefix(
    f"set -euo pipefail; export CONCLUGEN_DEVICE={CONFIG.device} OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1; "
    + (f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; " if PACKAGED else "")
)

if workflow.is_main_process:
    for note in (*CONFIG.gone, *CONFIG.notes):
        logger.warning(note)
    if told := planning.array_mistakes(CONFIG) + planning.width_mistakes(CONFIG):
        raise WorkflowError("\n".join(["features do not fit:", *told]))
    if late := clock.pull_back(Path("results")):
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
    return lambda wildcards, attempt: mb * attempt


def settings(name):
    """A params function: the slice of the configuration that a stage reads, as JSON, once its weights are there."""
    slice_of = settings_of(CONFIG, name)

    def of(wildcards):
        shards.require_weights(wildcards.get("dataset"), [wildcards.get("stream", name)])
        return slice_of(wildcards)

    return of


def stage(module, slice_of=None, folder=False, threaded=False, **more):
    """The params of a rule: its stage, with arguments, settings and code (`workflow.params.params_of`)."""
    told = None if slice_of is None else settings(slice_of)
    return params_of(module, told, code.made_by(CONFIG, module), more, folder, threaded)


def stream(name, **more):
    """The params of a rule that makes the feature shards of the stream `name`."""
    return stage(f"features.{name}", name, threaded=True, **more)


def training(module, slice_of, **more):
    """The params of a rule that trains a network, and goes on where that was broken off if its code is the same."""
    same, state = unrecorded(code.made_by(CONFIG, module)), unrecorded(lambda wildcards: "results/state")
    return stage(module, slice_of, folder=True, threaded=True, seed=wildcard("seed"), code=same, state=state, **more)


def version(module, slice_of):
    """A params function: hash of what makes a shard of a stage beside its media; only rows of one version are kept."""
    made_by = code.made_by(CONFIG, module)

    def of(wildcards):
        made_of = [unhurried(settings(slice_of))(wildcards), root_of(wildcards), made_by(wildcards)]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]

    return of


def adapter_of(wildcards):
    return f"data.{CONFIG.datasets[wildcards.dataset].adapter}"


def root_of(wildcards):
    """The root of a data set, of videos or of images."""
    known = CONFIG.images.datasets if "images" in wildcards.keys() else CONFIG.datasets
    return known[wildcards.get("images") or wildcards.dataset].root


def root_of_cut(wildcards, input):
    """The root of the media, where faces or frames of clips are cut from them."""
    name = wildcards.get("dataset") or CONFIG.images.datasets[wildcards.images].dataset
    return CONFIG.datasets[name].root if {"media_list", "media_lists"} & {*input.keys()} else []


def manifest_to_plan(wildcards):
    """The manifest of a plan. A list that was deleted or altered is no output that Snakemake would miss, so the
    plan is marked here to be made again, as by `-R`; lists that are whole stay as they are.
    """
    plan = f"results/plans/{wildcards.dataset}.csv"
    if workflow.is_main_process and (damaged := lists.damaged(Path(plan))):
        logger.warning(f"{plan} is made again: {damaged[0]} is not as it was left")
        workflow.dag.forcefiles.add(plan)
    return f"results/manifests/{wildcards.dataset}.parquet"


def measured(wildcards):
    """The name of the table that these wildcards are about: of a data set, or of its sentiment."""
    return files.table_name(CONFIG, wildcards.dataset, wildcards.target)


def told_of(target):
    """What a page is told beside its inputs; `target`: its file, by the wildcards."""
    overlay = [str(file) for file in workflow.overwrite_configfiles or ()]
    call = ["snakemake", "--cores", "1", *(["--configfile", *overlay] if overlay else []), "--"]
    return dict(
        networks=lambda input: sorted(files.folders(input.networks)),
        qc=lambda input: input.qc,
        benchmarks="results/benchmarks",
        # What differs from the defaults, in the order of the configuration.
        changes=lambda wildcards: json.dumps(CONFIG.model_dump(mode="json", exclude_defaults=True)),
        notes=lambda wildcards: list(CONFIG.notes),
        command=unrecorded(lambda wildcards: shlex.join([*call, target(wildcards)])),
    )


def of_every_dataset(path):
    """`path` for each data set that is evaluated on."""
    return expand(path, dataset=CONFIG.downstream.datasets)


@functools.cache
def tell_left_out():
    """Say which rows the table of rivals lacks."""
    if workflow.is_main_process:
        for line in left_out(CONFIG):
            logger.warning(line)


def rival_scores(wildcards):
    """The scores of the table of rivals; which rows it lacks, where a data set does not tell the order, is told once."""
    tell_left_out()
    return files.rivals(CONFIG)


def of_every_table(path):
    """`path` for each table: of every data set, and of the sentiment of those that have one."""
    return expand(path, name=choices.measured(CONFIG))
