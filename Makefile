# Needs make, git and Python 3.11 to 3.14; everything else is installed into .venv/ and node_modules/.
PYTHON ?= python3
STACKS ?=
# Tests wait more than they compute, so there are more of them side by side than processors: `make test AT_ONCE=8`.
AT_ONCE ?= 4
SIDE_BY_SIDE := -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder
RUNS ?= 10

BIN := .venv/bin
PY := $(BIN)/python
# The environment's own Node.js comes first: the machine may have none, or an old one.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install local local-down inbox synth test check snapshots soak lock docs bench

help: ## List these commands
	@$(PYTHON) -c 'import re; [print(f"make {n:<12}{t}") for n, t in re.findall(r"^([\w-]+):.*?## (.+)", open("Makefile").read(), re.M)]'

install: .venv/installed node_modules/installed ## Prepare .venv/ and the CDK CLI; instant when nothing changed

local: install ## Deploy to the embedded AWS on this machine; STACKS="A B" chooses the stacks
	$(PY) -m local_aws up $(STACKS)

local-down: ## Stop the embedded AWS and remove what it wrote
	@if [ -x $(PY) ]; then $(PY) -m local_aws down; else echo "Nothing is installed, so nothing runs."; fi

inbox: install ## Show the mails and texts that the embedded AWS received
	@$(PY) -m local_aws inbox

synth: install ## Write the templates to cdk.out/; STACKS="A B" chooses the stacks
	node_modules/.bin/cdk synth --quiet $(if $(STACKS),-c stacks="$(STACKS)")

test: install ## Everything that proves the project, on a clean machine too
	$(PY) -m local_aws.browser --install
	$(PY) -m local_aws.servers --install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest $(SIDE_BY_SIDE) tests/functions --cov
	$(BIN)/pytest $(SIDE_BY_SIDE) --ignore tests/functions

check: install ## Lint, types and the fast tests, for the minute-by-minute loop
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest $(SIDE_BY_SIDE) tests/functions tests/unit tests/architecture

snapshots: install ## Update the template snapshots; nothing else does
	$(BIN)/pytest tests/stacks --snapshot-update

soak: install ## The property-based tests a hundred times longer, and 2,000 images through killed workers; RUNS=10 in a row
	$(BIN)/pytest tests/functions --hypothesis-profile=soak
	for run in $$(seq $(RUNS)); do LOSS_IMAGES=2000 $(BIN)/pytest -rP tests/local/test_queue_worker_loss.py || exit 1; done

docs: install ## Write the diagrams and tables of the documentation anew
	$(PY) -m docs.generate

bench: install ## Measure, side by side, what benchmarks/ promises; writes its results.md and worker.md
	$(PY) -m benchmarks
	$(PY) -m benchmarks --worker

lock: ## Resolve requirements.in anew into requirements.txt
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --disable-pip-version-check -r requirements.in
	.venv-lock/bin/python -m pip freeze --exclude-editable > .venv-lock/pins
	head -n 2 requirements.txt | cat - .venv-lock/pins > .venv-lock/requirements.txt
	mv .venv-lock/requirements.txt requirements.txt && rm -rf .venv-lock

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 15) or sys.exit(f"Python 3.11 to 3.14 is needed, and $(PYTHON) is {v[0]}.{v[1]}: name another one, as in make install PYTHON=python3.12")'
	@[ -x $(PY) ] || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

node_modules/installed: package.json package-lock.json .venv/installed
	$(BIN)/npm ci --no-audit --no-fund
	@touch $@
