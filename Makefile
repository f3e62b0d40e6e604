# `make help` lists what there is. Only GNU make, Python 3.11 and (for tests) Debian's apt are needed.
PYTHON ?= python3
VENV := .venv
RUN := DOORSTEP_MODE=test $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run dev demo test check quick lint format types floors migrations templates translations lock clean setup

help: ## show this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/run.done: requirements/run.txt
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev.done: requirements/dev.txt $(VENV)/run.done
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/dev.done

run: $(VENV)/run.done ## set up everything, fill a demo borough, and serve http://localhost:8000
	@DOORSTEP_MODE=$${DOORSTEP_MODE:-demo} DOORSTEP_DEMO_SIGN_IN=$${DOORSTEP_DEMO_SIGN_IN:-yes} bin/doorstep serve --first-run

dev: $(VENV)/dev.done ## the same with reloading and developers' error pages
	@DOORSTEP_MODE=dev DOORSTEP_DEBUG=yes DOORSTEP_DEMO_SIGN_IN=yes bin/doorstep serve --first-run --reload

test: setup ## everything: unit, property, browser, accessibility, both databases
	@bin/test

quick: setup ## lint, types, floors and the tests of what changed (under 90 s)
	@$(MAKE) --no-print-directory lint types floors
	@bin/test --changed

check: setup lint types floors migrations templates translations test ## exactly what CI runs

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: setup ## put code and imports in order
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

types: setup
	$(RUN) -m mypy config doorstep

floors: setup
	$(VENV)/bin/lint-imports --no-cache

migrations: setup
	$(RUN) -m config makemigrations --check --dry-run

templates: setup
	$(RUN) bin/check-templates

translations: setup
	$(RUN) bin/check-translations

lock: setup ## compile requirements/*.in into *.txt, with hashes and no addresses
	bin/lock

clean: ## remove what was installed and built (never data/)
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache
