# `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# One exact set of versions for everything that pip installs here, build tools included (pip 25.3 and later ask for the
# second name). Relative: pip would split a path at its spaces.
PINNED := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1
INSTALL := $(PINNED) $(BIN)/python -m pip install --quiet

# Stamps: what they depend on is set up again only when it changes.
READY := $(VENV)/.ready
READY_TO_TEST := $(VENV)/.ready-to-test

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint proof bench clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Run the whole job once, on an embedded broker, database and Redis (INPUT=file.jsonl, EVENTS=n)
	@$(BIN)/memory-consumer demo $(if $(INPUT),--input "$(INPUT)") $(if $(EVENTS),--events "$(EVENTS)")

test: lint ## Lint, types, and every test, on real Kafka, PostgreSQL and Redis (JOBS=n at once, each on servers of its own)
	@$(BIN)/python -m pytest -n $(or $(JOBS),2) --dist loadfile

lint: $(READY_TO_TEST) ## Ruff, its formatter, and mypy
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Not formatted. Mend it with: $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/mypy

proof: $(READY_TO_TEST) ## The long tests, then 1,000 faults against real consumers in each mode (MODE=name, FAULTS=n, SEED=n)
	@$(BIN)/python -m pytest -m proof
	@for mode in $(or $(MODE),memory memory+dedup); do \
	  $(BIN)/python -m tests.chaos.siege --mode $$mode $(if $(FAULTS),--faults $(FAULTS)) $(if $(SEED),--seed $(SEED)) \
	    --write docs/reliability.md || exit 1; \
	done

bench: $(READY_TO_TEST) ## Events per second on real Kafka and PostgreSQL, beside the bare loop
	@$(BIN)/python -m tests.bench

clean: ## Remove what the other targets made
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or so)" >&2
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "$(PYTHON) can't make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(INSTALL) --upgrade pip
	@$(INSTALL) --editable .
	@$(PINNED) $(BIN)/python -m consumer.devstack.install
	@touch $@

$(READY_TO_TEST): $(READY)
	@echo "Adding what the tests need" >&2
	@$(INSTALL) --group dev
	@$(BIN)/python -m consumer.devstack.kafka_jars
	@touch $@
