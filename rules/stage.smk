# What every stage has, so that a rule which runs one says what differs and, by `job`, where its log and benchmark lie. No
# file has a name that the rule below could make.


rule stage:
    output:
        "{nothing,(?!)}",
    log:
        "results/logs/<job>.log",
    benchmark:
        "results/benchmarks/<job>.tsv"
    pathvars:
        job="{nothing}",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=memory(4000),
    shell:
        RUN
