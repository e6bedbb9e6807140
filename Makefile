# Every target prints its help in `make help`. `make check` is what CI runs.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# What stack-up, stack-diff and stack-down work on.
FILE  ?= examples/shop/infra.py
ENV   ?= dev
CLOUD ?= local
STACK ?=
# What deploy and rollback work on: a group of hosts, an image, the number of a history entry.
GROUP ?=
IMAGE ?=
N     ?=
# Anything else for the command, for example ARGS=--yes
ARGS  ?=

CDINFRA = $(BIN)/cdinfra
PLACE   = --file $(FILE) --env $(ENV) --cloud $(CLOUD)
TARGET  = $(PLACE) $(STACK) $(ARGS)

# What the groups of hosts begin with: an app that stands on no image hub yet has a program
# `images` beside it, which builds and pushes them into the local cloud.
IMAGES   = $(dir $(FILE))images
RELEASES = [ '$(CLOUD)$(STACK)' != local ] || [ ! -x '$(IMAGES)' ] || CDINFRA='$(CDINFRA)' '$(IMAGES)' '$(ENV)'


.DEFAULT_GOAL := help
.PHONY: help stack-lint stack-up stack-diff stack-down deploy rollback test test-e2e test-quick check format lint types docs docs-check \
        build golden lock bench bench-hosts clean

help:  ## Show this help
	@awk 'BEGIN {FS = ":.*## "; print "Targets:"} \
	  /^[a-z][a-z0-9-]*:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'Variables of the stack targets: STACK=web  ENV=staging  CLOUD=aws  FILE=path/infra.py  ARGS=--yes'
	@echo 'Variables of deploy, rollback:  GROUP=web  IMAGE=:1.4.2  N=12, and all of the above but STACK'

stack-lint: $(VENV)/.runtime  ## Look for what would fail, leak or hurt later
	@$(CDINFRA) lint --file $(FILE) --env $(ENV) $(ARGS)

stack-up: $(VENV)/.runtime  ## Create or update the stacks (local cloud unless CLOUD=aws)
	@releases=$$($(RELEASES)) && $(CDINFRA) up $(TARGET) $$releases

stack-diff: $(VENV)/.runtime  ## Show what stack-up would change
	@$(CDINFRA) diff $(TARGET)

stack-down: $(VENV)/.runtime  ## Delete the stacks
	@$(CDINFRA) down $(TARGET)

deploy: $(VENV)/.runtime  ## Roll an image out to a group of hosts: GROUP=web IMAGE=:1.4.2
	@test -n '$(GROUP)' -a -n '$(IMAGE)' || \
	  { echo 'error: GROUP= and IMAGE= are needed, for example GROUP=web IMAGE=:1.4.2' >&2; exit 2; }
	@$(CDINFRA) deploy $(PLACE) $(ARGS) -- '$(GROUP)' '$(IMAGE)'

rollback: $(VENV)/.runtime  ## Bring a group of hosts back: GROUP=web, and N= of the history
	@test -n '$(GROUP)' || { echo 'error: GROUP= is needed, for example GROUP=web' >&2; exit 2; }
	@$(CDINFRA) rollback $(PLACE) $(ARGS) -- '$(GROUP)' $(N)

test: $(VENV)/.dev  ## Run all the tests; hosts boot where a Docker engine runs
	@$(BIN)/pytest -q -n 2 --dist loadfile --ignore=tests/e2e
	@$(E2E) -m 'not long'

test-e2e: $(VENV)/.dev  ## Run the tests that boot real hosts, the long ones too (needs a Docker engine)
	@$(E2E)

# Two folders at a time where an engine answers already: hosts wait a lot.
E2E = $(BIN)/pytest -q $$(docker version >/dev/null 2>&1 && echo "-n 2") tests/e2e

test-quick: $(VENV)/.dev  ## Run the unit tests alone
	@$(BIN)/pytest -q tests/unit

.PHONY: test-vm
test-vm: $(VENV)/.dev  ## Boot the user data in whole virtual machines, slowly, and write docs/vm.md
	@$(BIN)/pytest -v -o pythonpath=tests tests/vm/boots.py

check: format-check lint types test docs-check build  ## Everything that CI checks
	@echo 'check: all passed'

format: $(VENV)/.dev  ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: format-check
format-check: $(VENV)/.dev
	@$(BIN)/ruff format --check .

lint: $(VENV)/.dev  ## Lint the code and check the import layers
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev  ## Check the types
	@$(BIN)/mypy

docs: $(VENV)/.dev  ## Write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

docs-check: $(VENV)/.dev
	@$(BIN)/python docs/generate.py --check

build: $(VENV)/.dev  ## Build the wheel and the source distribution
	@rm -rf dist build
	@$(BIN)/python -m build --outdir dist . >/dev/null
	@ls -1 dist

golden: $(VENV)/.dev  ## Accept the changed golden templates and user data, on purpose
	@CDINFRA_ACCEPT_GOLDEN=1 $(BIN)/pytest -q tests/unit -k golden
	@git status --short tests/golden

lock: $(VENV)/.dev  ## Write the locked dependencies anew
	@$(LOCK) -o requirements.lock
	@$(LOCK) --extra dev -o requirements-dev.lock

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
       --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

bench: $(VENV)/.dev  ## Time cdinfra beside its peers for docs/bench.md (installs them)
	@$(BIN)/python tests/bench/bench.py

bench-hosts: $(VENV)/.dev  ## Time local hosts from launch to serving (needs a Docker engine)
	@$(BIN)/python tests/bench/hosts.py

clean:  ## Remove what was built (the local cloud is ended with: cdinfra local down)
	@rm -rf build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cdinfra needs Python 3.11 or newer")'
	@echo 'Making the virtual environment in $(VENV) (once; about a minute)…'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml requirements.lock | $(BIN)/python
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@
