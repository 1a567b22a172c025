# make demo   a campaign from its first day to its last report on a real Prefect server; ends by itself
# make up     the Prefect UI on the demo's data, until Ctrl-C
# make test   make check, then all tests
# make soak   the campaign killed at 500 points, its servers and its database failing; half an hour
# make check  ruff, strict types, import rules, generated files
# Needs Python >= 3.11, make and a package index; PYTHON=… names another interpreter.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN = .venv/bin
DEMO = var/demo

.PHONY: demo up test soak check clean

demo: .venv/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/duban demo haian-2018 --dir $(DEMO)

up: .venv/installed
	@test -e $(DEMO)/.duban-demo || $(MAKE) demo
	$(BIN)/python -m deployments.up $(DEMO)

test: check
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

soak: .venv/installed
	$(BIN)/python -m tests.faults.soak --kills 500
	DUBAN_SOAK=1 $(BIN)/python -m pytest tests/flows/test_soak.py

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m deployments.prefect_yaml --check
	$(BIN)/duban schema --check docs/schema

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv var build *.egg-info
