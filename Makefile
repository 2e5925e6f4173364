# Bellwether. `make demo` and `make test` are all a fresh machine needs; `make check` is exactly what CI runs.
#
# One environment, .venv, grows by stamps: the core first, the development tools when they are asked for. Everything that
# is installed is pinned by constraints.txt; `make lock` renews it.

PYTHON  ?= python3
# Three on two cores: many tests wait for a server, a browser or a clock.
TESTERS ?= 3
EXTRAS  ?= dev
VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --constraint constraints.txt

export PYTHONPATH := .
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format types imports slow screens sheets words core dev lock sample clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.core  ## the shortlist of the sample that ships, from nothing, with no key and no service
	@$(BIN)/bellwether --sample run

test: $(VENV)/.dev  ## all tests
	@$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile

check: lint format types imports test  ## exactly what CI runs

lint: $(VENV)/.dev
	@$(BIN)/ruff check .

format: $(VENV)/.dev
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

slow: $(VENV)/.dev  ## the benches that take minutes: limits, jobs, a million ended ideas, the doors, twenty minutes of killing workers
	@for name in throughput jobs ended api console soak; do $(BIN)/bellwether bench $$name || exit 1; done

screens: $(VENV)/.dev  ## pictures of every page of the console in screens/: light, dark, and as on a phone
	@$(BIN)/python -m evals.screens screens

sheets: $(VENV)/.core  ## contact sheets of every composition of the typographic renderer in sheets/
	@$(BIN)/python -m evals.sheets sheets

words: $(VENV)/.dev  ## the console's texts out of its code, and its catalogues compiled; translate what is empty in between
	@$(BIN)/python -m ui.console.extraction
	@$(BIN)/python -m ui.console.extraction compile

core: $(VENV)/.core  ## the environment without development tools

dev: $(VENV)/.dev  ## the environment with them

lock: $(VENV)/.dev  ## renew constraints.txt from pyproject.toml
	@$(PIP) uv
	@printf 'hatchling\neditables\nsetuptools\nwheel\nuv\n' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras \
	  --no-header --no-annotate --no-emit-index-url pyproject.toml - --output-file constraints.txt

sample: $(VENV)/.core  ## recompute the sample's counts from the public files in BELLWETHER_SHARED
	@$(BIN)/python -m evals.sample

clean:  ## remove the environment and the caches; data stays (see: bellwether db reset)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Python 3.11 or newer is needed. Debian: apt-get install python3 python3-venv"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is `$(PYTHON) -V`. Name another: make demo PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments. Debian: apt-get install python3-venv"; exit 2; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the core (about 1 GB with the embedded PostgreSQL; a minute or two, once) ..."
	@$(PIP) hatchling editables setuptools wheel
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.core
	@echo "Adding the development tools (once) ..."
	@$(PIP) --no-build-isolation --editable '.[$(EXTRAS)]'
	@touch $@
