# Everything runs from the project's own environment, made here on first use; nothing else is needed first.
# A distribution's interpreter is built with profile-guided optimisation and runs this a quarter faster than one that a
# version manager has built without.
PYTHON ?= $(shell for each in /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11; do \
	$$each -c 'import ensurepip, venv' 2>/dev/null && echo $$each && exit; done; echo python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
WORKERS ?= 3
EXAMPLES ?= 2000
READY  := $(VENV)/.ready
SOURCES := primitives ibc light_clients chains relayer scripts tests
export ETH_HASH_BACKEND := pysha3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help env demo test check proto contracts bench fuzz slither lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV) (once)" >&2
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@$(BIN)/python -m compileall -q $(SOURCES) proto/gen
	@touch $@

env: $(READY) ## make the environment (.venv) from the lock file

demo: $(READY) ## settle four cross-chain swaps on a local devnet, good and bad ends
	@$(BIN)/crossdvp demo

test: $(READY) ## run all tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

check: $(READY) ## lint, types, import rules, tidiness, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/tidy.py
	$(BIN)/python scripts/gen_proto.py --check
	$(BIN)/python scripts/gen_diagrams.py --check
	$(BIN)/python scripts/gen_openapi.py --check
	$(BIN)/python scripts/gen_error_pages.py --check
	$(BIN)/python scripts/gen_dashboard.py --check
	$(BIN)/python scripts/gen_log_events.py --check

proto: $(READY) ## generate proto/gen from proto/crossdvp, the docs' diagrams and pages of errors from their tables
	$(BIN)/python scripts/gen_proto.py
	$(BIN)/python scripts/gen_openapi.py
	$(BIN)/python scripts/gen_diagrams.py
	$(BIN)/python scripts/gen_error_pages.py
	$(BIN)/python scripts/gen_dashboard.py
	$(BIN)/python scripts/gen_log_events.py

contracts: $(READY) ## compile the Solidity contracts into chains/evm/artifacts (needs node and npm)
	$(BIN)/python scripts/build_contracts.py

bench: $(READY) ## run the benchmarks, or one: make bench NAME=mpt_verify
	@$(BIN)/python scripts/bench/run.py $(NAME)

fuzz: $(READY) ## attack every decoder and verifier for longer, every property with new examples: make fuzz EXAMPLES=5000
	CROSSDVP_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n $(WORKERS) tests/fuzz
	CROSSDVP_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m hypothesis tests

slither: $(READY) ## static analysis of the Solidity contracts against docs/security/slither.toml (needs node and npm)
	$(BIN)/python scripts/slither/run.py

lock: ## resolve pyproject.toml into requirements.lock, hashes and no addresses (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean: ## remove the environment, caches and the local devnet's files
	rm -rf $(VENV) .venv-slither .devnet .mypy_cache .ruff_cache .pytest_cache .hypothesis
