# Both commands do all their own set-up; a second run reuses .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
group = $(shell sed -n '/^$(1) = \[/,/^\]/s/^ *"\([^"]*\)",*/"\1"/p' pyproject.toml)

.PHONY: demo test check lint types imports pytest walk check-workshop mutate-guards fuzz cycles soak bench pictures criteria catalogues clean

demo: $(STAMP)
	@$(BIN)/etabli demo

test: check pytest

check: lint types imports

lint: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV_STAMP)
	$(BIN)/mypy

imports: $(DEV_STAMP)
	$(BIN)/lint-imports

pytest: $(DEV_STAMP)
	$(BIN)/python -m pytest -n 2

walk: $(DEV_STAMP)
	ETABLI_WALK_STEPS=100000 $(BIN)/python -m pytest -n 2 tests/bench/test_procedure_random_walk.py

check-workshop: $(DEV_STAMP)
	ETABLI_WORKSHOP_ORDERS=200000 $(BIN)/python -m pytest -rP tests/bench/test_generated_workshop.py

mutate-guards: $(DEV_STAMP)
	$(BIN)/python -m tests.mutants

fuzz: $(DEV_STAMP)
	ETABLI_FUZZ_FRAMES=1000000 $(BIN)/python -m pytest -n 2 -rP tests/drivers/test_dialect_million.py

cycles: $(DEV_STAMP)
	ETABLI_CYCLES=500 $(BIN)/python -m pytest tests/drivers/test_unplug_cycles.py

soak: $(DEV_STAMP)
	ETABLI_SOAK_HOURS=8 $(BIN)/python -m pytest tests/drivers/test_long_stream.py

bench: $(DEV_STAMP)
	$(PIP) $(call group,benchmarks)
	$(BIN)/python -m benchmarks

criteria: $(DEV_STAMP)
	$(BIN)/python -m docs.criteria

catalogues: $(DEV_STAMP)
	$(BIN)/python -m tests.catalogues

pictures: $(DEV_STAMP)
	$(BIN)/python -m docs.pictures

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Etabli needs Python 3.11 or newer; set PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(DEV_STAMP): $(STAMP)
	$(PIP) $(call group,dev)
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
