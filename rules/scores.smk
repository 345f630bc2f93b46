# Scores: every metric, measured once from predictions. Tables, figures and pages are views of them.


rule score:
    input:
        predictions=lambda wildcards: files.predictions(CONFIG, wildcards),
        manifest="results/manifests/{dataset}.parquet",
    output:
        scores="results/scores/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/{split}.npz",
    log:
        "results/logs/scores/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/{split}.log",
    benchmark:
        "results/benchmarks/scores/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/{split}.tsv"
    wildcard_constraints:
        share=one_of(choices.fractions(CONFIG)),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(2000),
    params:
        **stage("evaluation.score", "score", predictions=folders, split=wildcard("split")),
    message:
        "Measure {wildcards.method} on {wildcards.dataset}{wildcards.target}: {wildcards.protocol}{wildcards.share}"
    shell:
        RUN


use rule score as chance with:
    input:
        manifest="results/manifests/{dataset}.parquet",
    output:
        scores="results/scores/{dataset}{target}/chance.{split}.npz",
    log:
        "results/logs/scores/{dataset}{target}/chance.{split}.log",
    benchmark:
        "results/benchmarks/scores/{dataset}{target}/chance.{split}.tsv"
    params:
        **stage("evaluation.score", "chance", split=wildcard("split")),
    message:
        "Measure what chance reaches on {wildcards.dataset}{wildcards.target}"
