PYTHON ?= python3
PYTEST_ARGS ?=
BENCH_ARGS ?=
CHAOS_ARGS ?=
# One process more than two cores bear, since some tests wait; PYTEST_ARGS="-n 0" runs all in one.
SPREAD := -n 3

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed-for

# A user's own Airflow is never touched: none of its settings comes in, and ours writes here.
unexport $(filter-out AIRFLOW_HOME,$(filter AIRFLOW%,$(.VARIABLES)))
override export AIRFLOW_HOME := $(CURDIR)/.airflow

# A folder that was moved or copied, or whose Python is gone, is installed anew.
ifneq ($(shell $(BIN)/python -c "print(open('$(STAMP)').read())" 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# Tests start Python a hundred times, which would compile the package each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf 'make %-12s %s\n' "$$name" "$$text"; done

.PHONY: install
install: $(STAMP) ## Make .venv with the versions of constraints.txt, unless it is there

$(STAMP): pyproject.toml constraints.txt airflow_chilipiper/__init__.py
	@command -v "$(PYTHON)" >/dev/null || { echo 'No $(PYTHON) here. Name a Python 3.11 or later: make PYTHON=/path/to/python3' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1). Name another: make PYTHON=/path/to/python3" >&2; exit 1; }
	@rm -f $@
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/python -m uv pip install --compile-bytecode --python $(BIN)/python --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev --group docs
	@printf '%s' '$(CURDIR)' >$@

.PHONY: demo
demo: $(STAMP) ## Book a warehouse of leads through real Airflow against the sandbox
	$(BIN)/python scripts/demo.py

.PHONY: test
test: $(STAMP) ## Run the tests (PYTEST_ARGS=...; REQUIRE_SERVICES=1 turns a missing database into a failure)
	$(BIN)/python -m pytest $(SPREAD) $(PYTEST_ARGS)

.PHONY: check
check: $(STAMP) ## Lint, format, types, who may import whom, and the documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_layers.py
	@$(MAKE) --no-print-directory docs

.PHONY: docs
docs: $(STAMP) ## Build the documentation in .cache/docs/html, where a warning is an error
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -d .cache/docs/doctrees docs .cache/docs/html

.PHONY: format
format: $(STAMP) ## Mend what the linter and the formatter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(STAMP) ## Measure all that is promised about speed and size, half an hour (BENCH_ARGS=cpu for one line)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: updates
updates: $(STAMP) ## Measure the ledger's updates a second, in each of its homes (BENCH_ARGS=postgres:64 for one line)
	$(BIN)/python -m benchmarks.updates $(BENCH_ARGS)

.PHONY: distributed
distributed: $(STAMP) ## Book over CeleryExecutor on Redis and Postgres, kill a worker, and judge (BENCH_ARGS="--leads 400")
	$(BIN)/python -m benchmarks.distributed $(BENCH_ARGS)

.PHONY: chaos
chaos: $(STAMP) ## Kill booking workers a thousand times, and hold the ledger against the meetings made (CHAOS_ARGS="--seed 7")
	$(BIN)/python -m scripts.chaos $(CHAOS_ARGS)

.PHONY: coverage
coverage: $(STAMP) ## Run the tests and show which lines they miss
	$(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

.PHONY: constraints
constraints: $(STAMP) ## Resolve the newest versions for every Python and write them to constraints.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --group docs --python-version 3.11 --no-header --no-annotate --quiet >constraints.new
	for python in 3.12 3.13; do \
		$(BIN)/uv pip compile pyproject.toml --group dev --group docs --python-version $$python --constraint constraints.new \
			--no-header --no-annotate --quiet >>constraints.new.more || exit 1; done
	LC_ALL=C sort -u constraints.new constraints.new.more >constraints.txt
	rm constraints.new constraints.new.more

.PHONY: clean
clean: ## Remove the environment, the caches and everything Airflow wrote
	rm -rf $(VENV) .airflow .cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
