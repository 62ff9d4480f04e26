# Everything a newcomer needs: `make demo` shows the main job on real rides, `make test` passes the tests.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Looked for first: it is needed last, after half an hour of other measurements.
NEED_WRK := command -v wrk >/dev/null || { echo "needs wrk: apt-get install wrk"; exit 2; }
E2E_FIRST := tests/e2e/test_image.py tests/e2e/test_story.py
# Names with extras and without, each pinned: pip with hashes looks for the other one beside the lock.
BOTH_NAMES = awk '/^[^ \#]/ { printf "%s", bare; bare = $$0 "\n"; if (!sub(/\[[^]]*\]/, "", bare)) bare = "" } \
	/^    --hash/ && bare { bare = bare $$0 "\n" } { print } END { printf "%s", bare }'
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-strip-extras pyproject.toml

.PHONY: help setup demo demo-here test lint months check chaos fuzz loadtest bench bench-peers bench-swap deploy-tools lock clean \
	image sbom up down e2e

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## .venv with everything in it, the `ridescore` command included

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ridescore needs Python 3.11 or newer; run: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv .venv || \
		{ echo "cannot make .venv; on Debian and Ubuntu first run: apt-get install python3-venv"; exit 2; }
	@echo "setting up .venv (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: ## train, publish real rides to a real Kafka, score them, show the predictions
	@sh deploy/compose/demo.sh || { [ $$? = 75 ] && $(MAKE) --no-print-directory demo-here; }

demo-here: $(READY)
	@$(BIN)/ridescore demo

test: $(READY) ## every test; starts a Kafka and a Redis if none are there
	@$(BIN)/pytest --numprocesses $(or $(JOBS),3) --dist loadfile

lint: $(READY) ## ruff, mypy --strict and the import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

months: $(READY) ## the acceptance tests on whole months: make months DIR=folder
	@RIDESCORE_MONTHS=$(abspath $(DIR)) $(BIN)/pytest -s tests/acceptance

check: ## what CI runs: the tests with nothing skipped, then lint
	CI=true bash .ci/run

chaos: $(READY) ## the fault suite: both clients, 100,000 rides a fault; SHORT=1 for the short form
	@$(BIN)/python -m tests.chaos $(if $(SHORT),--short) $(if $(JOBS),--jobs $(JOBS)) $(if $(WRITE_DOCS),--write-docs)

loadtest: $(READY) ## Locust on an API that it starts: make loadtest USERS=16 SECONDS=20
	@$(BIN)/ridescore loadtest --users $(or $(USERS),16) --seconds $(or $(SECONDS),20)

fuzz: $(READY) ## the HTTP door against 10,000 documented cases and 4,000 connections of raw bytes
	@$(BIN)/python -m tests.fuzz

image: ## build the image; its size, and how many packages it holds
	@docker build --tag ridescore:local --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" .
	@docker image inspect --format '{{.Size}}' ridescore:local | awk '{printf "ridescore:local: %.0f MB\n", $$1 / 1e6}'
	@docker run --rm --entrypoint sh ridescore:local -c 'ls -d /venv/lib/python3*/site-packages/*.dist-info' | \
		awk 'END {print NR " Python packages"}'

sbom: image ## the image's bill of materials, CycloneDX, to sbom.json
	@docker run --rm --entrypoint cat ridescore:local /sbom.json > sbom.json
	@echo "sbom.json: $$(grep -c '"bom-ref"' sbom.json) entries"

up: ## the whole stack in containers, until it is healthy everywhere
	@docker compose up --build --detach --wait
	@docker compose ps --format 'table {{.Service}}\t{{.Status}}\t{{.Ports}}'

down: ## stop that stack; its volumes stay (`docker compose down --volumes` removes them)
	@docker compose --profile '*' down

e2e: $(READY) ## build, start, use, break and restart the whole stack; E2E_OPTIONAL=1 skips it where no engine is
	@$(BIN)/pytest $(E2E_FIRST) $(filter-out $(E2E_FIRST),$(wildcard tests/e2e/test_*.py)) --durations=5

bench: $(READY) ## worker, file door and API beside their ceilings, model loading beside unpickling; needs wrk
	@$(NEED_WRK)
	@$(BIN)/python -m bench.model_load
	@$(BIN)/python -m bench.stream
	@$(BIN)/python -m bench.batch
	@$(BIN)/python -m bench.http

bench-peers: $(READY) ## the same beside Quix Streams, Faust, Ray, Dask, MLServer, LitServe, BentoML in their own environments
	@$(NEED_WRK)
	@$(BIN)/python -m bench.stream.peers
	@$(BIN)/python -m bench.stream --peers --write-docs
	@$(BIN)/python -m bench.batch.peers
	@$(BIN)/python -m bench.batch --peers --long --write-docs
	@$(BIN)/python -m bench.http.peers
	@$(BIN)/python -m bench.http --peers --write-docs

bench-swap: $(READY) ## versions swapped under 2,000 requests a second while Redis is killed and comes back
	@$(BIN)/python -m bench.swap

deploy-tools: $(READY) ## what the tests check deploy/ and the workflows with: actionlint, schemas, kustomize; needs Go
	@bash deploy/tools.sh

lock: $(READY) ## write the hash-locked requirements again from pyproject.toml
	$(UV_COMPILE) --extra fast --extra dask --output-file requirements.txt
	$(UV_COMPILE) --extra fast --extra dask --extra delta --extra loadtest --output-file requirements-extras.txt
	$(UV_COMPILE) --extra fast --extra dask --extra delta --extra loadtest --extra dev --output-file requirements-dev.txt
	$(UV_COMPILE:pyproject.toml=) --group pyproject.toml:image --output-file requirements-build.txt
	@for file in requirements*.txt; do $(BOTH_NAMES) $$file >.requirements && mv .requirements $$file; done

clean: ## remove .venv and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
