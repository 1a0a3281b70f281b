PYTHON ?= .venv/bin/python

.PHONY: all test slow lint bench catalog

all: lint test

test:
	$(PYTHON) -m pytest

slow:
	$(PYTHON) -m pytest -m slow

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

bench:
	for each in benchmarks/*.py; do $(PYTHON) $$each || exit 1; done

catalog:
	$(PYTHON) -m awsvtab.catalog.build
