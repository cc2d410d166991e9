# make help lists what there is. Everything is installed into .venv, .venv-airflow and node_modules.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# A bytecode cache makes a run of the CDK three times as fast.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export npm_config_update_notifier := false
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

UV_VERSION := $(shell sed -n 's/^uv==//p' requirements-dev.txt)
CONTEXT := $(foreach pair,$(SET),--context $(pair))

##@ Use
synth: .venv/ready ## Set up, synthesize the platform, show what it consists of (SET="partition=aws-cn size=dev")
	cdk synth --quiet $(CONTEXT)
	python -m ops summary

demo: .venv/ready ## Deploy, verify and destroy the platform in an in-memory AWS on this machine (PARTITION=aws-cn)
	python -m ops demo $(if $(PARTITION),--partition $(PARTITION))

airflow: setup ## Run the same Airflow, with the DAGs of dags/, on this machine (ARGS="--fresh")
	@exec python -m ops airflow $(ARGS)

charts: .venv/ready ## Fetch every pinned Helm chart into one folder, for the tests that render (HELM_CHARTS=folder)
	@python -m ops releases charts

image: .venv/ready ## Build and push the images that the settings ask for (SET="images.built=keda"; ARGS="--print")
	python -m ops image $(CONTEXT) $(ARGS)

setup: .venv/ready .venv-airflow/ready ## Install everything that the other targets need

##@ Check
test: setup lint ## Set up and run the tests
	pytest -m "not local and not thorough and not cluster" --numprocesses auto --dist loadgroup

test-times: setup ## Run the tests and say which cost most processor time
	pytest -m "not local and not thorough and not cluster" --numprocesses auto --dist loadgroup --times

test-sandbox: .venv/ready ## The whole life and its faults in an in-memory AWS, in all three regions
	pytest -m sandbox

test-local: setup ## The real Airflow on this machine; more of it where PostgreSQL, PgBouncer and Redis are installed
	pytest -m local

test-cluster: .venv/ready ## On a Kubernetes that can be thrown away, KUBECONFIG's: docs/test-cluster.md (SET="size=small"; ARGS="-k dags")
	CLUSTER_SET="$(SET)" pytest -m cluster --numprocesses 0 -o junit_family=xunit1 --junitxml build/cluster/junit.xml tests/cluster $(ARGS)

test-spark: .venv/ready .venv-spark/ready ## The sample job and the History Server on a Spark on this machine (needs Java 17)
	pytest -m spark

lint: .venv/ready ## Style, types, and who imports whom
	ruff check .
	ruff format --check .
	mypy
	lint-imports

snapshots: .venv/ready ## Write the snapshots anew; read the difference before you commit it
	pytest --snapshot-update tests/snapshots

docs: .venv/ready ## Write the generated pages anew
	python -m settings.reference
	python -m settings.sizing

diagram: .venv/ready ## Draw the architecture from the templates (another one: SET="size=dev" TO=picture.svg)
	cdk synth --quiet $(CONTEXT)
	python -m ops.diagram $(if $(TO),--output $(TO))

bench: .venv/ready ## Measure synthesis
	@for run in 1 2 3; do /usr/bin/env time -f "app.py      %es" python app.py; done
	@for run in 1 2 3; do /usr/bin/env time -f "cdk synth   %es" cdk synth --quiet; done

##@ Maintain
requirements: .venv/ready ## Resolve the pinned requirements anew
	for file in requirements requirements-dev requirements-airflow requirements-spark; do \
	  uv pip compile --quiet --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    $$file.in --output-file $$file.txt || exit 1; \
	done

clean: ## Remove what the other targets made
	rm -rf $(VENV) .venv-airflow .venv-spark node_modules cdk.out .cache/tests .cache/checked .mypy_cache .ruff_cache .pytest_cache

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/ready: requirements-dev.txt package-lock.json pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed; say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
	pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	uv pip sync --quiet requirements-dev.txt
	uv pip install --quiet --no-deps --editable .
	npm ci --no-audit --no-fund --omit=optional --loglevel=error
	ln -sf ../../node_modules/aws-cdk/bin/cdk $(VENV)/bin/cdk
	@touch $@

.venv-airflow/ready: requirements-airflow.txt | .venv/ready
	uv venv --quiet --allow-existing --python "$(VENV)/bin/python" .venv-airflow
	uv pip sync --quiet --python .venv-airflow requirements-airflow.txt
	@touch $@

.venv-spark/ready: requirements-spark.txt | .venv/ready
	uv venv --quiet --allow-existing --python "$(VENV)/bin/python" .venv-spark
	uv pip sync --quiet --python .venv-spark requirements-spark.txt
	@touch $@

.PHONY: synth demo airflow charts image setup test lint snapshots docs diagram bench requirements clean help
