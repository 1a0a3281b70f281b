PYTHON ?= .venv/bin/python

.PHONY: screenshots all test slow lint bench catalog docs transcripts

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
	status=0; for each in opening driver rows memory emulator writes reads; do \
		echo; echo "$$each"; $(PYTHON) benchmarks/$$each.py || status=1; \
	done; exit $$status

catalog:
	$(PYTHON) -m awsvtab.catalog.build

docs:
	$(PYTHON) -m sphinx -W --keep-going -n -q docs docs/_build/html

transcripts:
	PYTHONPATH=src:tests $(PYTHON) docs/make/transcripts.py
	PYTHONPATH=src:tests $(PYTHON) docs/make/consoles.py README.md docs/*.md

screenshots:
	PYTHONPATH=src:tests $(PYTHON) docs/make/screenshots.py
