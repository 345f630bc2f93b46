# What to read beside the tables: the page that says what they show, figures, and what a score may owe to leaks.


rule page:
    input:
        unpack(lambda wildcards: files.behind_page(CONFIG, [measured(wildcards)])),
        ledgers=lambda wildcards: ledgers_behind([measured(wildcards)]),
    output:
        page=report("results/report/{dataset}{target}.html", caption="../report/page.rst", category="Reports"),
    log:
        "results/logs/report/{dataset}{target}.log",
    benchmark:
        "results/benchmarks/report/{dataset}{target}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage(
            "evaluation.report.run",
            "page",
            code.of_page(CONFIG),
            **told_of(lambda wildcards: f"results/report/{measured(wildcards)}.html"),
        ),
    message:
        "Write the report of {wildcards.dataset}{wildcards.target}"
    shell:
        RUN


use rule page as pages with:
    input:
        **files.behind_page(CONFIG, choices.measured(CONFIG)),
        ledgers=lambda wildcards: ledgers_behind(choices.measured(CONFIG)),
    output:
        page=report("results/report.html", caption="../report/page.rst", category="Reports"),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    params:
        **stage(
            "evaluation.report.run", "page", code.of_page(CONFIG), **told_of(lambda wildcards: "results/report.html")
        ),
    message:
        "Write the report of all tables"


rule map:
    input:
        unpack(lambda wildcards: files.mapped_networks(CONFIG, wildcards.dataset)),
        manifest="results/manifests/{dataset}.parquet",
        features=lambda wildcards: feature_shards(wildcards.dataset, choices.streams(CONFIG, CONFIG.tables.reference)),
    output:
        places="results/maps/{dataset}{target}.npz",
    log:
        "results/logs/maps/{dataset}{target}.log",
    benchmark:
        "results/benchmarks/maps/{dataset}{target}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.map", "map"),
    message:
        "Map the validation utterances of {wildcards.dataset}{wildcards.target}"
    shell:
        RUN


# Faces: made only where `report.crops` asks for them.
rule crops:
    input:
        shards=faces_shown,
    output:
        sheet="results/crops/{dataset}.jpg",
    log:
        "results/logs/crops/{dataset}.log",
    benchmark:
        "results/benchmarks/crops/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(FILMED),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(1000),
    params:
        **stage("faces.contact_sheet"),
    message:
        "Put faces of {wildcards.dataset} side by side"
    shell:
        RUN


rule figures:
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
    log:
        "results/logs/figures/{dataset}.log",
    benchmark:
        "results/benchmarks/figures/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.figures", folder=True),
    message:
        "Draw the figures of {wildcards.dataset}"
    shell:
        RUN


use rule figures as sentiment_figures with:
    input:
        table="results/tables/{dataset}{dimension}.full.csv",
        scores=lambda wildcards: files.scores(
            CONFIG, f"{wildcards.dataset}{wildcards.dimension}", choices.table_rows(CONFIG)
        ),
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
    log:
        "results/logs/figures/{dataset}{dimension}.log",
    benchmark:
        "results/benchmarks/figures/{dataset}{dimension}.tsv"
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
    log:
        "results/logs/figures/{labels}.log",
    benchmark:
        "results/benchmarks/figures/{labels}.tsv"
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
    log:
        "results/logs/figures/rivals.log",
    benchmark:
        "results/benchmarks/figures/rivals.tsv"
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
    log:
        "results/logs/figures/{dataset}{target}.robustness.log",
    benchmark:
        "results/benchmarks/figures/{dataset}{target}.robustness.tsv"
    params:
        **stage("evaluation.robustness_figure"),
    message:
        "Draw what {wildcards.dataset}{wildcards.target} loses without each modality"


rule leaks:
    input:
        manifest="results/manifests/{dataset}.parquet",
        # The corpus pretrained on, where it is another data set.
        corpus=lambda wildcards: [
            f"results/manifests/{corpus}.parquet"
            for corpus in [choices.corpus_of(CONFIG, wildcards.dataset)]
            if corpus != wildcards.dataset
        ],
        features=lambda wildcards: feature_shards(wildcards.dataset, choices.all_streams(CONFIG)),
        transcripts=lambda wildcards: transcripts_of(wildcards.dataset),
        corpus_transcripts=lambda wildcards: transcripts_of(choices.corpus_of(CONFIG, wildcards.dataset)),
    output:
        table=report("results/qc/{dataset}.leaks.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    log:
        "results/logs/leaks/{dataset}.log",
    benchmark:
        "results/benchmarks/leaks/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    params:
        **stage("evaluation.leaks", "leaks"),
    message:
        "Look for leaks in {wildcards.dataset}"
    shell:
        RUN


use rule all_robustness as all_leaks with:
    input:
        tables=of_every_dataset("results/qc/{dataset}.leaks.csv"),
    output:
        table=report("results/qc/leaks.csv", caption="../report/leaks.rst", category="Losses and leaks"),
    log:
        "results/logs/leaks.log",
    benchmark:
        "results/benchmarks/leaks.tsv"
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
