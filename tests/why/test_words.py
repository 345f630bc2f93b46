from conclugen.why.jobs import NEW, Job, Plan
from conclugen.why.words import NOTHING, describe


def job(rule, *causes, follows=(), opens=False, **wildcards):
    return Job(rule, tuple(sorted(wildcards.items())), f"results/{rule}", causes, follows, opens)


LOSS = "conclugen/losses/clustering.py changed"


def test_nothing_to_do_is_said():
    assert describe(Plan({}, 0)) == NOTHING


def test_jobs_with_one_cause_are_one_sentence_with_what_follows():
    seeds = {n: job("pretrain", LOSS, method=("ConCluGen", "ConClu")[n % 2], seed=str(n // 2)) for n in range(10)}
    jobs = seeds | {10: job("downstream", follows=(0, 1)), 11: job("table", follows=(10,)), 12: job("qc", "other")}
    first, second, total = describe(Plan(jobs, 0)).splitlines()
    assert first == (
        f"- {LOSS}, so this runs again: pretrain (10 jobs; method ConCluGen, ConClu; seed 0, 1, 2, 3 and 1 more); "
        "and what follows: downstream (1), table (1)."
    ).replace("ConCluGen, ConClu;", "ConClu, ConCluGen;")
    assert second == "- other, so this runs again: qc (1 job)."
    assert total == "13 jobs in all: pretrain (10), qc (1), downstream (1), table (1)."


def test_jobs_are_told_in_the_order_of_the_work_whatever_their_numbers():
    chain = {7: job("table", follows=(2,)), 2: job("downstream", follows=(5,)), 5: job("pretrain", LOSS)}
    reverse = {1: job("table", follows=(3,)), 3: job("downstream", follows=(9,)), 9: job("pretrain", LOSS)}
    told = f"- {LOSS}, so this runs again: pretrain (1 job); and what follows: downstream (1), table (1)."
    assert describe(Plan(chain, 0)) == describe(Plan(reverse, 0)) == told


def test_what_was_never_made_comes_last_and_is_no_consequence():
    jobs = {0: job("pretrain", LOSS), 1: job("table", NEW, follows=(0,))}
    first, second, _ = describe(Plan(jobs, 0)).splitlines()
    assert first == f"- {LOSS}, so this runs again: pretrain (1 job)."
    assert second == "- Not made yet: table (1 job)."


def test_lost_files_of_many_jobs_are_one_sentence():
    jobs = {n: job("pretrain", f"results/pretrain/seed{n}/model.safetensors is gone") for n in range(3)}
    assert describe(Plan(jobs, 0)) == "- its output is gone, so this runs again: pretrain (3 jobs)."


def test_a_plan_that_decides_what_follows_is_named():
    jobs = {0: job("plan", LOSS, opens=True)}
    assert "What follows results/plan is decided once that is made" in describe(Plan(jobs, 0))


def test_outputs_without_a_record_are_counted_even_when_nothing_runs():
    text = describe(Plan({}, 4))
    assert text.startswith(NOTHING)
    assert "4 jobs without a record" in text
