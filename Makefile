PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check format lock assets bench clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

lock: $(VENV)/.installed-dev ## pin the dependencies again
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --extra build --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --all-extras --output-file requirements-dev.lock
