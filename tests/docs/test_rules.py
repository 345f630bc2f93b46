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
        settings=settings("made"),
    message:
        "Make {wildcards.name} of {params.kind}"
    shell:
        "python -m conclugen.some.{params.kind} --table {output.table:q} "
        "> {log:q} 2>&1"


# A remark.
checkpoint planned:
    output:
        plan="results/plan.csv",
    message:
        "Plan"
    shell:
        "python -m conclugen.plan"


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
    ]


def test_a_rule_that_is_another_one_again_takes_over_what_it_does_not_say():
    *_, again = rows([("first.smk", FIRST), ("second.smk", SECOND)])
    assert again == ("again", "`second.smk`", "Plan", "`conclugen.plan`", "`results/again.csv`")


def test_every_module_of_the_table_is_there():
    modules = [line.split("|")[4].strip(" `") for line in rules().splitlines()[2:]]
    assert len(modules) > 30
    assert [name for name in modules if "{" not in name and importlib.util.find_spec(name) is None] == []
