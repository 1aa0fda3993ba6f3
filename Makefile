# Two commands do all set-up on a machine with Python 3.11+ and make:
#   make demo   plays a day in a community with the real bot; two minutes with the set-up
#   make test   runs the tests; needs a C and C++ compiler, for llama.cpp is compiled once (4 to 7 minutes on 2 cores)
# Both make .venv themselves. For production: make install PREFIX=/opt/bylaw, see docs/install/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PREFIX ?= /opt/bylaw
LLAMA := $(shell sed -n 's/^llama-cpp-python==/llama-cpp-python==/p' constraints.txt)
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
WHEEL := dist/bylaw-$(VERSION)-py3-none-any.whl
COMMA := ,
SHIPPED := $(shell find bot classifier guild_policies migrations -type f -not -path '*/__pycache__/*')

# What has been done in an environment is marked by files in it.
READY := $(VENV)/.ready
TOOLS := $(VENV)/.tools

.PHONY: help demo test check format messages bench sandbox llama docs screenshots wheel install sbom audit clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

# 1: a python, 2: where its log goes, 3: what pip installs. One line tells how far it is; pip's own words go to the log.
define INSTALL
@$(1) -m pip install $(3) 2>&1 | tee $(2) | awk \
  '/^ *Collecting |^Obtaining / { n++; printf "\r  %3d packages, %-50.50s", n, $$2; fflush() } \
   /^Installing collected/ { printf "\r  %3d packages found, installing them %26s", n, ""; fflush() } END { print "" }' \
  || { echo "The installation failed; the last lines of $(2):"; tail -n 15 $(2); exit 1; }
endef

# 1: a python, 2: where its log goes, 3: what pip installs. A build for another device than the CPU takes no build that pip
# kept, because that may be one for the CPU.
define BUILD_LLAMA
@arguments="$${CMAKE_ARGS:-}"; \
[ -n "$$arguments" ] || arguments=$$($(1) -m bot.console.checkup.llama_build); \
fresh=""; [ -z "$$arguments" ] || fresh="--no-cache-dir --no-binary llama-cpp-python"; \
echo "Building $(LLAMA)$${arguments:+ with $$arguments}: 4 to 7 minutes on 2 cores for the CPU. Full log: $(2)"; \
CMAKE_ARGS="$$arguments" $(1) -m pip install --verbose $$fresh $(3) 2>&1 \
  | tee $(2) \
  | awk 'match($$0, /\[[0-9]+\/[0-9]+\]/) { printf "\r  compiled %-12s", substr($$0, RSTART, RLENGTH); fflush() } END { print "" }' \
  || { echo "The build failed; its last lines:"; tail -n 15 $(2); exit 1; }
endef

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Bylaw needs Python 3.11 or newer; name one: make demo PYTHON=python3.12"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

$(READY): $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing Bylaw into $(VENV), less than a minute if pip has the packages in its cache"
	$(call INSTALL,$(BIN)/python,$(VENV)/install.log,--constraint constraints.txt --editable ".[sandbox]")
	@touch $@

$(TOOLS): $(READY) pyproject.toml constraints.txt
	@echo "Installing the tools for tests and checks into $(VENV)"
	$(call INSTALL,$(BIN)/python,$(VENV)/tools.log,--constraint constraints.txt --group dev --editable ".[sandbox$(COMMA)bench$(COMMA)postgres]")
	@touch $@

$(VENV)/.llama: $(VENV)/.python constraints.txt
	$(call BUILD_LLAMA,$(BIN)/python,$(VENV)/llama-build.log,--constraint constraints.txt "$(LLAMA)")
	@touch $@

llama: $(READY)  ## compile llama.cpp, which runs the model, for the GPU that it finds or that CMAKE_ARGS names
	$(call BUILD_LLAMA,$(BIN)/python,$(VENV)/llama-build.log,--force-reinstall --no-cache-dir --no-deps --no-binary llama-cpp-python "$(LLAMA)")
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt "$(LLAMA)"
	@touch $(VENV)/.llama

demo: $(READY)  ## play a day in a community with the real bot, in a simulated server
	@$(BIN)/bylaw demo

sandbox: $(READY)  ## the bot in a simulated server, in your browser
	@$(BIN)/bylaw sandbox

test: $(TOOLS) $(VENV)/.llama  ## run the tests
	@$(BIN)/python -m pytest -n auto --dist worksteal --durations 10

check: $(TOOLS)  ## lint, types, import rules, plain English, links and known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_plain_english.py tests/test_docs_site.py tests/bot/languages
	@$(BIN)/codespell
	@if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint Dockerfile; else echo "hadolint is not there for this machine: skipped"; fi
	@$(MAKE) --no-print-directory audit

audit: $(TOOLS)  ## check the packages of requirements.lock for known vulnerabilities, if the index answers
	@$(BIN)/python .ci/audit.py

format: $(TOOLS)  ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

messages: $(TOOLS)  ## update the catalogues of translations (bot/languages/README.md)
	@$(BIN)/python -m bot.languages.extraction

bench: $(TOOLS) $(VENV)/.llama  ## how fast the engine is compared with its peers (benchmarks/peers/build.sh), and whether the bot still answers
	@$(BIN)/python -m benchmarks.engine --quick
	@$(BIN)/python -m benchmarks.event_loop

# Both are built by the setuptools that constraints.txt names. The wheel is built from the source archive, so nothing that
# lies about here gets into it.
$(WHEEL): $(SHIPPED) pyproject.toml constraints.txt README.md LICENSE MANIFEST.in | $(VENV)/.python
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --group build
	@rm -rf bylaw.egg-info dist/bylaw-$(VERSION)*.whl dist/bylaw-$(VERSION)*.tar.gz
	@$(BIN)/python -m build --no-isolation --outdir dist . > $(VENV)/wheel.log 2>&1 \
	  || { echo "The build failed; the last lines of $(VENV)/wheel.log:"; tail -n 15 $(VENV)/wheel.log; exit 1; }

docs: $(TOOLS)  ## build the documentation's website into dist/docs; a dead link fails
	@$(BIN)/python .ci/docs_site.py

screenshots: $(TOOLS)  ## draw the pictures of the documentation that have changed (needs Chromium)
	@$(BIN)/python .ci/screenshots.py

wheel: $(WHEEL)  ## build the wheel and the source archive into dist/
	@ls -1 dist/bylaw-$(VERSION)*.whl dist/bylaw-$(VERSION)*.tar.gz

# Every package is checked against its hash in requirements.lock, as in the Docker image. LLAMA_CPP=no leaves the model's
# runtime out, for a model on another machine.
LLAMA_CPP ?= yes
install: $(WHEEL)  ## install for production into PREFIX, without test tools (LLAMA_CPP=no: for a remote model)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Bylaw needs Python 3.11 or newer; name one: make install PYTHON=python3.12"; exit 1; }
	@mkdir -p "$(PREFIX)" 2>/dev/null && [ -w "$(PREFIX)" ] \
	  || { echo "You cannot write to $(PREFIX): name another folder (make install PREFIX=...), or make it yours first."; exit 1; }
	@echo "Installing Bylaw $(VERSION) into $(PREFIX)"
	@$(PYTHON) -m venv "$(PREFIX)"
	@"$(PREFIX)/bin/python" -m pip install --quiet --upgrade "pip>=25.1"
	@awk '/^[A-Za-z]/ { out = /^llama-cpp-python==/ } !out' requirements.lock > "$(PREFIX)/packages.txt"
	$(call INSTALL,"$(PREFIX)/bin/python","$(PREFIX)/install.log",--require-hashes --requirement "$(PREFIX)/packages.txt")
	@"$(PREFIX)/bin/python" -m pip install --quiet --no-deps --force-reinstall "$(WHEEL)"
ifeq ($(LLAMA_CPP),yes)
	@awk '/^[A-Za-z]/ { out = /^llama-cpp-python==/ } out' requirements.lock > "$(PREFIX)/llama.txt"
	$(call BUILD_LLAMA,"$(PREFIX)/bin/python","$(PREFIX)/llama-build.log",--require-hashes --requirement "$(PREFIX)/llama.txt")
endif
	@echo "Installed. What is still missing: $(PREFIX)/bin/bylaw doctor"

sbom: $(TOOLS)  ## write a CycloneDX list of the packages of a production installation into dist/
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-format JSON --output-file dist/bylaw-$(VERSION).cdx.json
	@ls -1 dist/bylaw-$(VERSION).cdx.json

clean:  ## remove .venv, dist and caches
	rm -rf $(VENV) dist build bylaw.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
