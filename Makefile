# Two commands do all set-up on a machine with Python 3.11+, make and a C/C++ compiler:
#   make demo   plays a sample conversation through the real bot
#   make test   runs the tests
# Both make .venv themselves; llama-cpp-python compiles once (4 to 7 minutes on 2 cores).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LLAMA := $(shell sed -n 's/^llama-cpp-python==/llama-cpp-python==/p' constraints.txt)

.PHONY: help demo test check format bench sandbox llama clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Bylaw needs Python 3.11 or newer; name one: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

# pip's log shows how far the compiler is; what it says in full goes to a file. Without --no-cache-dir pip takes a build that
# it kept, which may be one for another device.
define BUILD_LLAMA
@echo "Building $(LLAMA)$(if $(CMAKE_ARGS), with $(CMAKE_ARGS)): 4 to 7 minutes on 2 cores for the CPU. Full log: $(VENV)/llama-build.log"
@$(BIN)/python -m pip install --verbose --constraint constraints.txt $(1) "$(LLAMA)" 2>&1 \
  | tee $(VENV)/llama-build.log \
  | awk 'match($$0, /\[[0-9]+\/[0-9]+\]/) { printf "\r  compiled %-12s", substr($$0, RSTART, RLENGTH); fflush() } END { print "" }' \
  || { echo "The build failed; its last lines:"; tail -n 15 $(VENV)/llama-build.log; exit 1; }
@touch $(VENV)/.llama
endef

$(VENV)/.llama: $(VENV)/.python constraints.txt
	$(call BUILD_LLAMA,$(if $(CMAKE_ARGS),--no-cache-dir))

$(READY): $(VENV)/.llama pyproject.toml constraints.txt
	@echo "Installing Bylaw and its tools into $(VENV)"
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --group dev --editable ".[sandbox,bench,postgres]"
	@touch $@

llama: $(VENV)/.python  ## rebuild llama.cpp, for example with CMAKE_ARGS="-DGGML_CUDA=on"
	$(call BUILD_LLAMA,--force-reinstall --no-cache-dir --no-deps --no-binary llama-cpp-python)

demo: $(READY)  ## play a sample conversation through the real bot, in a simulated server
	@$(BIN)/bylaw demo

sandbox: $(READY)  ## the bot in a simulated server, in your browser
	@$(BIN)/bylaw sandbox

test: $(READY)  ## run the tests
	@$(BIN)/python -m pytest -n auto --dist worksteal --durations 10

check: $(READY)  ## lint, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(READY)  ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)  ## how fast the engine is beside its peers (benchmarks/peers/build.sh), and how well the bot breathes
	@$(BIN)/python -m benchmarks.engine --quick
	@$(BIN)/python -m benchmarks.event_loop

clean:  ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
