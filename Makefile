# Everything runs in .venv, made from the lock on first use.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
TRAINING := .venv-training
REPORT ?= $(wildcard outputs/demo/books/reconciliation/*/report.pdf)

.PHONY: demo test check lock bench-desk bench-nightly bench-reading bench-troubles bench-speed bench-mutants bench-faults bench-load rules pictures train system-run system-test clean

demo: $(VENV)/.ready system-run   ## the sample faxes end to end, into outputs/demo
	$(BIN)/tenderfax demo

test: check system-test           ## every check and every test
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.ready             ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench-reading: $(VENV)/.ready system-run   ## accuracy on forms never used while building; DOSE="--forms 1000" for more
	$(BIN)/python -m benchmarks.reading $(DOSE)

bench-troubles: $(VENV)/.ready system-run  ## rows struck out, stamps, initials...: each seen, or passed unseen (1)
	$(BIN)/python -m benchmarks.troubles

bench-speed: $(VENV)/.ready system-run     ## seconds a page against the bare tesseract program
	$(BIN)/python -m benchmarks.speed

bench-mutants: $(VENV)/.ready     ## turn every comparison of the deciding modules; MODULES="..." for some
	$(BIN)/python -m benchmarks.mutants $(MODULES)

train: $(TRAINING)/.ready         ## make every network again, from its seed (hours)
	$(BIN)/python -m training.pages
	$(TRAINING)/bin/python -m training.train
	$(TRAINING)/bin/python -m training.train --figures --begin outputs/training/words --out outputs/training/figures \
	    --steps 6000 7500 16500 28000 42000 61500
	$(TRAINING)/bin/python -m training.export --run outputs/training/words --name words --version 3
	$(TRAINING)/bin/python -m training.export --run outputs/training/figures --name figures --version 4
	$(BIN)/python -m training.signature_crops
	$(TRAINING)/bin/python -m training.signatures
	$(BIN)/python -m training.overwriting_crops
	$(TRAINING)/bin/python -m training.overwriting

bench-faults: $(VENV)/.ready system-test   ## the house under every fault (hours); ROWS="--short" for a small dose
	$(BIN)/python -m benchmarks.faults $(ROWS)

bench-load: $(VENV)/.ready system-run      ## bursts, a soak, throughput; ROWS="--short soak" for some
	$(BIN)/python -m benchmarks.load $(ROWS)

bench-desk: $(VENV)/.ready system-test   ## the desk under ten of Locust's people, on both databases; ROWS="--seconds 30"
	$(BIN)/python -m benchmarks.desk $(ROWS)

bench-nightly: $(VENV)/.ready     ## the nightly reconciliation from 1,000 to 100,000 submissions; SIZES="--sizes 10000"
	$(BIN)/python -m benchmarks.nightly $(SIZES)

rules: $(VENV)/.ready             ## write docs/rules.md and docs/reconciliation.md anew from the source
	$(BIN)/python -c "print(__import__('validators.rule_table').rule_table.render_markdown(), end='')" > docs/rules.md
	$(BIN)/python -c "from validators.reconciliation.check_table import render_markdown; print(render_markdown(), end='')" > docs/reconciliation.md

pictures: system-run              ## the README's picture of the night's report, from the last demo
	pdftoppm -r 110 -f 1 -l 1 -singlefile -png $(REPORT) docs/pictures/night-report

lock:                             ## compile the lock again from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-strip-extras --python-version 3.11 -o requirements.txt

system-run:
	@tools/system-packages run

system-test: system-run
	@tools/system-packages test

$(TRAINING)/.ready: training/requirements.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(TRAINING)
	$(BIN)/uv pip install --quiet --python $(TRAINING)/bin/python -r training/requirements.txt
	@touch $@

$(VENV)/.ready: requirements.txt pyproject.toml
	@echo "Making $(VENV) with the locked packages of requirements.txt"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || tools/python-venv $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

clean:                            ## remove the environment and everything made by running
	rm -rf $(VENV) $(TRAINING) outputs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
