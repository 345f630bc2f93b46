# Scores: every metric, measured once from predictions. Tables, figures and pages are views of them.


use rule stage as score with:
    input:
        predictions=lambda wildcards: files.predictions(CONFIG, wildcards),
        manifest="results/manifests/{dataset}.parquet",
    output:
        scores="results/scores/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/{split}.npz",
    pathvars:
        job="scores/{dataset}{target}/{corpus}/{preset}/{method}/{protocol}{share}/{split}",
    wildcard_constraints:
        share=one_of(choices.fractions(CONFIG)),
    resources:
        mem_mb=memory(2000),
    params:
        **stage(
            "evaluation.score",
            "score",
            predictions=lambda input: files.folders(input.predictions),
            split=wildcard("split"),
        ),
    message:
        "Measure {wildcards.method} on {wildcards.dataset}{wildcards.target}: {wildcards.protocol}{wildcards.share}"


use rule score as chance with:
    input:
        manifest="results/manifests/{dataset}.parquet",
    output:
        scores="results/scores/{dataset}{target}/chance.{split}.npz",
    pathvars:
        job="scores/{dataset}{target}/chance.{split}",
    params:
        **stage("evaluation.score", "chance", split=wildcard("split")),
    message:
        "Measure what chance reaches on {wildcards.dataset}{wildcards.target}"
