# Clearance. Every target sets up what it needs; Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
export LANGGRAPH_STRICT_MSGPACK := true
unexport PYTHONDONTWRITEBYTECODE  # each of a hundred processes would compile all our code again

.DEFAULT_GOAL := help
.PHONY: help setup demo test check eval bench faults
FAULT_RUNS ?= 200
FAULT_ENGINE ?= sqlite

help:  ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP)  ## make the environment in .venv from the hashed lock

$(STAMP): requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up .venv (about 160 packages, once) ..."
	@$(BIN)/python -m pip install --quiet uv 2>/dev/null || true
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock \
	  && $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable . ; \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock \
	  && $(BIN)/python -m pip install --quiet --no-deps --editable . ; \
	fi
	@touch $(STAMP)

demo: $(STAMP)  ## make a sample workspace, run a cycle, show it
	@$(BIN)/clearance demo --workspace .demo/company

test: $(STAMP)  ## pass every test
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal  # neighbours share what one made

check: $(STAMP)  ## lint, types and import contracts, as CI runs them
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo

eval: $(STAMP)  ## judge models and decisions on the real data; prints the figures of docs/evidence.md
	@$(BIN)/python -m evals

bench: $(STAMP)  ## time a run of 64,000 contacts
	@$(BIN)/clearance bench store

faults: $(STAMP)  ## kill the product at every point, and FAULT_RUNS times as seeds draw it
	@$(BIN)/python -m evals.faults --engine $(FAULT_ENGINE) --sweep --runs $(FAULT_RUNS)
