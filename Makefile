PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
NPM_CI := npm ci --no-audit --no-fund --loglevel=error

ADMIN_SOURCES := $(shell find admin -path admin/node_modules -prune -o -path admin/dist -prune -o -type f -print)
AUDITS := tests/schema/serving/audits

.DEFAULT_GOAL := help
.PHONY: help run test check lint format lock assets schema bench chaos clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed ## set up what is missing, fill an empty database with a demonstration, and serve
	@$(MAKE) --no-print-directory --silent assets || echo "The pages in the browser are not built: /graphiql says what is missing."
	@$(BIN)/allover serve --demo

test: $(VENV)/.installed-dev ## run all tests
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory --silent $(AUDITS)/node_modules/.package-lock.json; fi
	$(BIN)/python -m pytest -n 2

check: lint ## lint, and the tests of architecture and contract
	$(BIN)/python -m pytest -n 2 tests/architecture tests/contract

lint: $(VENV)/.installed-dev ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## format the code and sort its imports
	$(BIN)/ruff check --select I --fix --quiet .
	$(BIN)/ruff format .

lock: $(VENV)/.installed-dev ## pin the dependencies again
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --extra build --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --extra build --extra otel --output-file requirements-otel.lock
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --all-extras --output-file requirements-dev.lock

assets: admin/dist/.built ## build the pages in the browser (needs Node)

schema: $(VENV)/.installed ## write the GraphQL schema to schema/schema.graphql
	$(BIN)/allover schema > schema/schema.graphql

bench: $(VENV)/.installed-dev ## print the speed of this machine against its floor
	@$(BIN)/python -m benchmarks

chaos: $(VENV)/.installed-dev ## kill workers and Redis again and again, and see that no job is lost and no mail sent twice
	$(BIN)/python -m tests.chaos.jobs
	$(BIN)/python -m tests.chaos.sending
	$(BIN)/python -m tests.chaos.sequences

clean: ## remove what can be made again (not the data)
	rm -rf $(VENV) admin/dist admin/node_modules $(AUDITS)/node_modules benchmarks/peer/node_modules .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make run PYTHON=python3.12")'
	@echo "Installing into $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

admin/dist/.built: $(ADMIN_SOURCES) admin/node_modules/.package-lock.json
	@echo "Building the pages in the browser ..."
	@cd admin && npm run build --silent -- --logLevel warn
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "Node is not installed (https://nodejs.org, version 20.19 or newer)."; exit 1; }
	@cd $* && $(NPM_CI)
	@touch $@
