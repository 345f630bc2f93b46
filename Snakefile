# ConCluGen: raw video → faces → features → pretraining → downstream evaluation → tables.
# snakemake --cores N -- results/tables/mosei.csv
from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/stage.smk"
include: "rules/data.smk"
include: "rules/faces.smk"
include: "rules/weights.smk"
include: "rules/features.smk"
include: "rules/pretrain.smk"
include: "rules/downstream.smk"
include: "rules/scores.smk"
include: "rules/tables.smk"
include: "rules/control.smk"
include: "rules/images.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        tables=of_every_table("results/tables/{name}.csv"),
        images=expand("results/tables/{name}.csv", name=image_slices.tables(CONFIG)),
        leaks="results/qc/leaks.csv",
        report="results/report.html",
    message:
        "All tables of the configuration are there, with their report and what their scores may owe to leaks"


onstart:
    if workflow.is_main_process:
        fence.begin(Path("results"))  # what is left of a run that was killed writes no more
        seals.sweep(Path("results"))  # of outputs that were deleted


include: "rules/targets.smk"  # the last, since it looks at all rules
