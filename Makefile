# make run     install, rehearse the shipped trial, print the summary, serve the pages (HEADLESS=1: look once, stop)
# make test    install, and run every test
# make check   format, lint, types, import contracts, and the tests that read the code and the docs
# make docs    the documentation, in docs/_build/html
# make bench   every measurement in bench/
# make clean   remove what the others made, but not my-trial/
.PHONY: run test check docs bench clean

STUDY = nct06607419
SEED = 7
TRIAL = my-trial
BIN = .venv/bin
RECIPE = pyproject.toml constraints.txt scripts/setup.sh

run: .venv/run.stamp
	$(BIN)/remission rehearse $(STUDY) --seed $(SEED) -o $(TRIAL) --reads --reuse
	$(BIN)/remission serve $(TRIAL) $(if $(HEADLESS),--check)

test: .venv/dev.stamp
	sh scripts/test-machine.sh
	$(BIN)/python -m pytest

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/lint-imports --no-logo
	$(BIN)/shellcheck scripts/*.sh .ci/run
	$(BIN)/python -m pytest --quiet tests/test_purity.py tests/test_docs.py

docs: .venv/dev.stamp
	$(BIN)/python -m sphinx -W --keep-going --quiet --builder html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: .venv/dev.stamp
	@set -e; for measurement in bench/*.py; do echo "== $$measurement"; $(BIN)/python "$$measurement"; done

clean:
	rm -rf .venv docs/_build .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/run.stamp: $(RECIPE)
	@sh scripts/setup.sh run

.venv/dev.stamp: $(RECIPE)
	@sh scripts/setup.sh dev
