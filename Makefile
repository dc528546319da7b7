# `make demo` and `make test` set up all they need in .venv; nothing else is done to the machine but what they say.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One command for both uses: an environment of our own, made again when pyproject.toml changes.
READY := $(VENV)/ready

# The tests start many interpreters; none of them is to compile what another one has.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports tests bench bench-real golden schema releases reference docs clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@tests/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $@

demo: $(READY) ## build, install and verify the embedded miniature
	@tests/demo.sh $(BIN)/mxbuild

test: lint types imports tests ## all checks and all tests

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	@tests/packages.sh
	$(BIN)/pytest -n 3 --dist loadgroup -q

bench: $(READY) ## measure mxbuild beside make by hand, on the miniature
	$(BIN)/python -m tests.bench.build

bench-real: $(READY) ## the same on the real 0.12.1; an hour on two cores
	$(BIN)/python -m tests.bench.build mxnet-0.12.1 --pairs 1 --cases warm,store,own

golden: $(READY) ## write the golden files anew; read the diff
	$(BIN)/pytest -n 2 -q --snapshot-update

schema: $(READY) ## write the schemas of recipe files anew
	$(BIN)/python -c "from pathlib import Path; from mxbuild.recipe.schema import write_all; write_all(Path('recipes'))"

releases: $(READY) ## write the tables of releases in README.md and docs/reference anew
	$(BIN)/python -m tests.releases

reference: $(READY) ## write the other pages of docs/reference that are made from the code anew
	$(BIN)/python -m tests.docs.reference

docs: $(READY) ## build the documentation as a site, site/index.html; stops at a dead link
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean: ## remove the environment, the site and the caches of the checks
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
