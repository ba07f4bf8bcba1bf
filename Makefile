# Two commands do everything: `make report` and `make test`. The rest is for people who work on the project.
# On Windows, use the `partnerlib` commands that the README lists beside them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One native thread a process: pages and tests run side by side, and threads of BLAS would fight over the cores.
export OPENBLAS_NUM_THREADS := 1
export MPLBACKEND := agg

.PHONY: report test validate faults lab sample bench lint types notebooks lock clean help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11: name a newer one, as in 'make report PYTHON=python3.12'"; exit 5; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m jupyter kernelspec install --sys-prefix --name partnerlib partnerlib/kernelspec 2>/dev/null
	$(BIN)/python -m compileall -q partnerlib
	@touch $@

report: $(VENV)/installed  ## run the main job on the shipped sample and say where to open the result
	$(BIN)/partnerlib report $(ARGS)

test: $(VENV)/installed  ## pass every test, the studies' stored results included
	$(BIN)/partnerlib build --quiet
	$(BIN)/python -m pytest -n 2 --dist loadscope tests
	$(BIN)/python -m pytest -n 2 --dist loadscope --nbval --nbval-cell-timeout 300 notebooks/studies

faults: $(VENV)/installed  ## kill, starve and hinder runs of reports at full counts (hours); `make test` tries a few of each
	PARTNERLIB_FAULTS=full $(BIN)/python -m pytest -s tests/reports/test_faults*.py $(ARGS)

validate: $(VENV)/installed  ## find known effects in 200 invented states per estimator (hours; goes on where it was ended)
	$(BIN)/python -m validation $(ARGS)

lab: $(VENV)/installed  ## explore in JupyterLab
	$(BIN)/partnerlib lab

sample: $(VENV)/installed  ## write the committed synthetic sample again, byte for byte
	$(BIN)/partnerlib sample --scale small --out data/raw/sample

notebooks: $(VENV)/installed  ## run the studies on the sample and keep their outputs
	$(BIN)/python -m jupyter nbconvert --to notebook --execute --inplace notebooks/studies/*.ipynb
	$(BIN)/nbstripout --keep-count --keep-output --extra-keys "metadata.language_info cell.metadata.execution" notebooks/studies/*.ipynb

bench: $(VENV)/installed  ## print speed and memory as ratios against what a user would run instead
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/installed  ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed  ## types
	$(BIN)/mypy

lock: pyproject.toml  ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links -o requirements.lock

clean:  ## remove everything that is built
	rm -rf data/processed/* reports/20* build .pytest_cache .mypy_cache .ruff_cache .hypothesis
