"""The table of rules."""

import importlib.util

from conclugen.docs.rules import rows, rules

FIRST = """
rule made:
    input:
        "results/a.csv",
    output:
        table="results/{{name}}/b.csv",
        more=expand(
            "results/{{name}}/c-{kind}.csv", kind=KINDS
        ),
        other="results/d.csv",
    params:
        **stage(
            lambda wildcards: f"some.{wildcards.kind}",
            "made",
        ),
    message:
        "Make {wildcards.name} of {wildcards.kind}"
    shell:
        RUN


# A remark.
checkpoint planned:
    output:
        plan="results/plan.csv",
    params:
        **stage("plan", root=root_of),
    message:
        "Plan"
    shell:
        RUN


rule sound:
    output:
        shard="results/sound.h5",
    params:
        **stream("audio"),
    message:
        "Hear"


rule all:
    input:
        "results/d.csv",
    message:
        "All is there"
"""
SECOND = """
use rule planned as again with:
    output:
        plan="results/again.csv",
"""


def test_a_rule_is_told_with_its_module_and_its_files_and_one_that_runs_nothing_is_left_out():
    files = "`results/{name}/b.csv`, `c-{kind}.csv`, `results/d.csv`"
    assert list(rows([("first.smk", FIRST)])) == [
        ("made", "`first.smk`", "Make {name} of {kind}", "`conclugen.some.{kind}`", files),
        ("planned (checkpoint)", "`first.smk`", "Plan", "`conclugen.plan`", "`results/plan.csv`"),
        ("sound", "`first.smk`", "Hear", "`conclugen.features.audio`", "`results/sound.h5`"),
    ]


def test_a_rule_that_is_another_one_again_takes_over_what_it_does_not_say():
    *_, again = rows([("first.smk", FIRST), ("second.smk", SECOND)])
    assert again == ("again", "`second.smk`", "Plan", "`conclugen.plan`", "`results/again.csv`")


def test_every_module_of_the_table_is_there():
    modules = [line.split("|")[4].strip(" `") for line in rules().splitlines()[2:]]
    assert len(modules) > 30
    assert [name for name in modules if "{" not in name and importlib.util.find_spec(name) is None] == []
