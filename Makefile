# `make` lists what there is. Everything runs in .venv, which is made when it is missing or its requirements changed.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV    ?= .venv
PY      := $(VENV)/bin/python
PYTHONS := $(PYTHON) python3.13 python3.12 python3.11 python3 python
WORKERS ?= 3
ARGS    ?=
PORT    ?=

APP_STAMP := $(VENV)/.requirements
DEV_STAMP := $(VENV)/.requirements-dev
UV        := $(shell sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements-dev.txt)

QUIET := $(if $(MAKE_TERMOUT),,--quiet)

# uv when it works here, else pip: pip may know of an index or a certificate that uv does not.
define install
	$(PY) -m uv pip install $(QUIET) --python $(PY) $(1) || $(PY) -m pip install $(QUIET) --disable-pip-version-check $(1)
endef

define have_uv
	$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet --disable-pip-version-check $(UV)
endef

SERVE := $(VENV)/bin/mlreview app $(if $(PORT),--server.port=$(PORT))
# The demo always goes to the store in this folder, whatever the environment names.
EMBEDDED := env -u MLFLOW_REGISTRY_URI -u MLREVIEW_REGISTRY_URI -u MLREVIEW_READ_DSN \
	MLFLOW_TRACKING_URI=sqlite:///mlflow.db MLREVIEW_TRACKING_URI=sqlite:///mlflow.db

.PHONY: help demo app env test lint format bench soak check-demo lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  ARGS=... is handed on (make demo ARGS=--quick), PORT=... is the dashboard's port, PYTHON=... makes .venv."

demo: $(APP_STAMP) ## train the demo runs if there are none yet, then serve the dashboard
	@$(EMBEDDED) $(VENV)/bin/mlreview demo $(ARGS)
	@$(EMBEDDED) $(SERVE) --with-mlflow

app: $(APP_STAMP) ## serve the dashboard for MLFLOW_TRACKING_URI, or for the store in this folder
	@$(SERVE) $(ARGS)

env: $(DEV_STAMP) ## make .venv with all that tests and checks need

test: $(DEV_STAMP) ## run all tests, after installing Chromium and PostgreSQL where they are missing
	$(PY) -m tests.plugins.real_parts
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

lint: $(DEV_STAMP) ## ruff, pyright and the import rule
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports

format: $(DEV_STAMP) ## format, and mend what ruff can mend
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

bench: $(DEV_STAMP) ## measure against MLflow's own client, in one run
	$(PY) -m benchmarks $(ARGS)

# A short form of both is part of `make test`.
soak: $(DEV_STAMP) ## read while others write, and save notes while programs die, for MLREVIEW_SOAK_SECONDS
	MLREVIEW_SOAK_SECONDS=$${MLREVIEW_SOAK_SECONDS:-60} $(PY) -m pytest -s tests/soak tests/soak/note_ledger.py tests/soak/review_ledger.py $(ARGS)

# Into a store of its own, which is removed afterwards; without the posts the first command says so and ends with 2.
check-demo: $(DEV_STAMP) ## train the whole demo on the posts, and hold it against the talk's table
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && store="sqlite:///$$folder/mlflow.db" && \
		$(EMBEDDED) $(VENV)/bin/mlreview demo --data newsgroups --tracking-uri "$$store" $(ARGS) && \
		$(EMBEDDED) $(PY) -m tests.demo.regimes "$$store" --check

# The direct pins are written by hand; this pins what they bring along. The pins in constraints.txt stay where they
# still fit; `make lock ARGS=--upgrade` takes the newest of everything.
lock: | $(PY) ## make constraints.txt anew from the requirements files
	@$(have_uv)
	@mkdir -p build/lock
	@sed '/^-c /d' requirements.txt > build/lock/requirements.txt
	@cp requirements-dev.txt build/lock/
	cd build/lock && $(abspath $(PY)) -m uv pip compile --quiet --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS) \
		--output-file ../../constraints.txt requirements-dev.txt

clean: ## remove caches and builds; the environment and the store stay
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove the environment too; the store stays
	rm -rf $(VENV)

$(PY):
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Model Review needs Python 3.11, 3.12 or 3.13 with its venv module, and none was found." >&2; \
		echo "Install one (Debian: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$found ..."; \
	$$found -m venv $(VENV)

$(APP_STAMP): requirements.txt constraints.txt pyproject.toml | $(PY)
	@echo "Installing the pinned requirements into $(VENV): about 3 GB, a few minutes ..."
	@$(have_uv) || true
	@$(call install,-r requirements.txt)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(APP_STAMP)
	@echo "Installing what tests and checks need ..."
	@$(call install,-r requirements-dev.txt)
	@touch $@
