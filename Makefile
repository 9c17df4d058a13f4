# `make help` lists what there is. Everything runs from .venv, made from pinned requirements.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
export PYTHONPATH := plugins:include
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo sandbox test test-fast lint format bench docs requirements clean

help: ## say what each command does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "$(PYTHON) is not Python 3.11"; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.run: requirements.txt pyproject.toml | $(UV)
	@echo "Installing pinned requirements ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

$(VENV)/.test: requirements-test.txt requirements-scaled.txt $(VENV)/.run
	@echo "Installing what tests need ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-test.txt -r requirements-scaled.txt
	@touch $@

setup: $(VENV)/.run ## make the virtual environment

demo: $(VENV)/.run ## set everything up and run the main flow; Ctrl-C ends it (DEMO_EXIT=1 ends by itself)
	@$(BIN)/python -m embedded demo

sandbox: $(VENV)/.run ## serve the sandbox alone; addresses go to .sandbox/endpoints.json
	@$(BIN)/python -m sandbox serve --home .sandbox

test: $(VENV)/.test ## run all tests
	@$(BIN)/python -m pytest -n 4

test-fast: $(VENV)/.test ## run the quick tests
	@$(BIN)/python -m pytest -n 4 -m "not slow"

lint: $(VENV)/.test ## check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy plugins/cartage plugins/cartage_plugin.py include/sandbox include/embedded dags
	@cd plugins && ../$(BIN)/lint-imports --config ../pyproject.toml

format: $(VENV)/.test ## put the code into the one format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.test ## measure, and write benchmarks/latest.json
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.run ## write the generated references again
	@$(BIN)/python -m cartage.reference docs

requirements: $(UV) ## compile the pins again
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" --output-file requirements.txt requirements.in
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" --output-file requirements-scaled.txt requirements-scaled.in
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" --output-file requirements-test.txt requirements-test.in

clean: ## remove what make made: environment, state, caches
	@rm -rf $(VENV) .cartage .sandbox .pytest_cache .mypy_cache .ruff_cache .hypothesis
