# make demo    the whole loop on a photo; prints the path of a page to open
# make test    every check that needs neither torch nor ray: lint, types, tests, docs
# Both build what they need in .venv, with uv where it is installed and with venv and pip where it is not.

PYTHON ?= python3
PHOTO ?=
BIN := .venv/bin

.PHONY: demo test test-train lint format types docs lock clean

demo: .venv/.demo
	$(BIN)/facsimile demo $(PHOTO) -o demo --force

test: .venv/.test lint types
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not torch and not ray"
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html

test-train: .venv/.train
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "torch or ray"

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.test
	$(BIN)/mypy

format: .venv/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.test
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf .venv docs/_build .mypy_cache .pytest_cache .ruff_cache

.venv/.demo: pyproject.toml requirements.lock
	PYTHON=$(PYTHON) sh scripts/environment.sh demo
	@touch $@

.venv/.test: pyproject.toml requirements.lock
	PYTHON=$(PYTHON) sh scripts/environment.sh calibrate,demo,dev,docs
	@touch $@

.venv/.train: .venv/.test
	PYTHON=$(PYTHON) sh scripts/environment.sh calibrate,demo,dev,docs,train,llm,ray
	@touch $@
