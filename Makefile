# Everything a newcomer or CI needs: `make demo` and `make test`. Both set up what they use.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# The first interpreter that really runs and is new enough; override with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
ARGS ?=
# Two cores: PostgreSQL, dbt and Dagster take their share beside the workers.
WORKERS ?= 2

.PHONY: help setup demo up test chaos lint format bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

# Stamps carry the time of the last install: unchanged requirements install nothing.
.venv/.runtime: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Storeloom needs Python 3.11 or newer on the PATH (or make PYTHON=/path/to/python)." >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv || { echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing Storeloom into .venv (once; about two minutes on a slow line) ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "Installing the test tools ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: .venv/.dev ## Make .venv with everything

demo: .venv/.runtime ## Two sandbox stores, synced, modelled, measured (ARGS=--no-ui to end there)
	@$(BIN)/storeloom demo $(ARGS)

up: .venv/.runtime ## Start the database, the Dagster UI and the schedules
	@$(BIN)/storeloom up $(ARGS)

test: .venv/.dev lint ## Lint, then every test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

chaos: .venv/.dev ## 20,000 random histories against a model (ARGS='--histories N --seed S --minutes M --from PORTION')
	@$(BIN)/python -m tests.chaos --workers $(WORKERS) $(ARGS)

lint: .venv/.dev ## ruff, mypy --strict, sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.lint_sql

format: .venv/.dev ## Let ruff and sqlfluff mend what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m tests.lint_sql --fix

bench: .venv/.dev ## The benchmark against a plain loader (minutes)
	@$(BIN)/python -m bench $(ARGS)

clean: ## Remove what was built; data under .storeloom stays
	@rm -rf .venv build dist *.egg-info dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache test-results
