# What to read beside the tables: the page that says what they show, figures, and what a score may owe to leaks.


use rule stage as page with:
    input:
        unpack(lambda wildcards: files.behind_page(CONFIG, [measured(wildcards)])),
        ledgers=lambda wildcards: shards.ledgers_behind([measured(wildcards)]),
    output:
        page=report("results/report/{dataset}{target}.html", caption="../report/page.rst", category="Reports"),
    pathvars:
        job="report/{dataset}{target}",
    params:
        **stage("evaluation.report.run", "page", **told_of(lambda of: f"results/report/{measured(of)}.html")),
    message:
        "Write the report of {wildcards.dataset}{wildcards.target}"


use rule page as pages with:
    input:
        **files.behind_page(CONFIG, choices.measured(CONFIG)),
        ledgers=lambda wildcards: shards.ledgers_behind(choices.measured(CONFIG)),
    output:
        page=report("results/report.html", caption="../report/page.rst", category="Reports"),
    pathvars:
        job="report",
    params:
        **stage("evaluation.report.run", "page", **told_of(lambda of: "results/report.html")),
    message:
        "Write the report of all tables"


use rule stage as map with:
    input:
        unpack(lambda wildcards: files.mapped_networks(CONFIG, wildcards.dataset)),
        manifest="results/manifests/{dataset}.parquet",
        features=lambda wildcards: shards.features(wildcards.dataset, choices.streams(CONFIG, CONFIG.tables.reference)),
    output:
        places="results/maps/{dataset}{target}.npz",
    pathvars:
        job="maps/{dataset}{target}",
    params:
        **stage("evaluation.map", "map"),
    message:
        "Map the validation utterances of {wildcards.dataset}{wildcards.target}"


# Faces: made only where `report.crops` asks for them.
use rule stage as crops with:
    input:
        shards=shards.faces_shown,
    output:
        sheet="results/crops/{dataset}.jpg",
    pathvars:
        job="crops/{dataset}",
    wildcard_constraints:
        dataset=one_of(shards.filmed),
    resources:
        mem_mb=memory(1000),
    params:
        **stage("faces.contact_sheet"),
    message:
        "Put faces of {wildcards.dataset} side by side"


use rule stage as figures with:
    input:
        table="results/tables/{dataset}.full.csv",
        scores=lambda wildcards: files.scores(CONFIG, wildcards.dataset, choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}/chance.test.npz",
    output:
        headline=report("results/figures/{dataset}/headline.png", caption="../report/headline.rst", category="Figures"),
        headline_pdf="results/figures/{dataset}/headline.pdf",
        rows=[
            f"results/figures/{{dataset}}/{method}-{protocol}{kind}.{form}"
            for method, protocol in choices.table_rows(CONFIG)
            for kind in ("", ".pr")
            for form in ("png", "pdf")
        ],
    pathvars:
        job="figures/{dataset}",
    params:
        **stage("evaluation.figures", folder=True),
    message:
        "Draw the figures of {wildcards.dataset}"


use rule figures as sentiment_figures with:
    input:
        table="results/tables/{dataset}{dimension}.full.csv",
        scores=lambda of: files.scores(CONFIG, of.dataset + of.dimension, choices.table_rows(CONFIG)),
        chance="results/scores/{dataset}{dimension}/chance.test.npz",
    output:
        headline=report(
            "results/figures/{dataset}{dimension}/headline.png", caption="../report/headline.rst", category="Figures"
        ),
        headline_pdf="results/figures/{dataset}{dimension}/headline.pdf",
        rows=[
            f"results/figures/{{dataset}}{{dimension}}/{method}-{protocol}.{form}"
            for method, protocol in choices.table_rows(CONFIG)
            for form in ("png", "pdf")
        ],
    pathvars:
        job="figures/{dataset}{dimension}",
    params:
        **stage("evaluation.sentiment_figures", folder=True),
    message:
        "Draw the figures of {wildcards.dataset}{wildcards.dimension}"


use rule control_figure as label_figure with:
    input:
        table="results/tables/{labels}.csv",
    output:
        figure=report("results/figures/{labels}.png", caption="../report/labels.rst", category="Figures"),
        pdf="results/figures/{labels}.pdf",
    pathvars:
        job="figures/{labels}",
    wildcard_constraints:
        labels="label_efficiency|control-labels",
    params:
        **stage("evaluation.label_figure"),
    message:
        "Draw what shares of the labels give"


use rule control_figure as rivals_figure with:
    input:
        table="results/tables/rivals.csv",
    output:
        figure=report("results/figures/rivals.png", caption="../report/rivals.rst", category="Figures"),
        pdf="results/figures/rivals.pdf",
    pathvars:
        job="figures/rivals",
    params:
        **stage("evaluation.rivals_figure", level=lambda wildcards: CONFIG.tables.level),
    message:
        "Draw rivals around the reference method"


use rule control_figure as robustness_figure with:
    input:
        table="results/tables/{dataset}{target}.robustness.csv",
    output:
        figure=report(
            "results/figures/{dataset}{target}/robustness.png", caption="../report/robustness.rst", category="Figures"
        ),
        pdf="results/figures/{dataset}{target}/robustness.pdf",
    pathvars:
        job="figures/{dataset}{target}.robustness",
    params:
        **stage("evaluation.robustness_figure"),
    message:
        "Draw what {wildcards.dataset}{wildcards.target} loses without each modality"


use rule stage as leaks with:
    input:
        manifest="results/manifests/{dataset}.parquet",
        corpus=lambda wildcards: files.corpus_manifest(CONFIG, wildcards.dataset),
        features=lambda wildcards: shards.features(wildcards.dataset, choices.all_streams(CONFIG)),
        transcripts=lambda wildcards: shards.transcripts(wildcards.dataset),
        corpus_transcripts=lambda wildcards: shards.transcripts(choices.corpus_of(CONFIG, wildcards.dataset)),
    output:
        table=report("results/qc/{dataset}.leaks.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    pathvars:
        job="leaks/{dataset}",
    params:
        **stage("evaluation.leaks", "leaks"),
    message:
        "Look for leaks in {wildcards.dataset}"


use rule all_robustness as all_leaks with:
    input:
        tables=of_every_dataset("results/qc/{dataset}.leaks.csv"),
    output:
        table=report("results/qc/leaks.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    pathvars:
        job="leaks",
    message:
        "Put the leaks of all data sets into one table"


rule report:
    input:
        page="results/report.html",
        tables=of_every_table("results/tables/{name}.csv"),
        classes=of_every_dataset("results/tables/{dataset}.classes.csv"),
        robustness="results/tables/robustness.csv",
        figures=of_every_table("results/figures/{name}/headline.png"),
        masked=of_every_table("results/figures/{name}/robustness.png"),
        benchmark="results/tables/benchmark.csv",
        leaks="results/qc/leaks.csv",
    message:
        "The report, tables, figures, Table 1 and leaks are there"
