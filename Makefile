# The one door. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := $(shell find rust_rewards/core rust_rewards/python -name '*.rs' -o -name Cargo.toml 2>/dev/null) Cargo.toml Cargo.lock
ONE_THREAD := OMP_NUM_THREADS=1# models of two layers; threads that wait for each other cost more than they bring
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml constraints.txt plugins/geovlm-eo/pyproject.toml plugins/geovlm-example/pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test --group lint --group build \
		--editable '.[train]' --editable plugins/geovlm-eo --editable plugins/geovlm-example
	touch $@

$(VENV)/.built: $(VENV)/.installed $(RUST)
	$(BIN)/maturin develop --quiet --release --skip-install
	touch $@

.PHONY: setup
setup: $(VENV)/.built  ## Make .venv with everything (once; later runs reuse it)

.PHONY: demo
demo: setup  ## Run the main job on the embedded model: SFT, GRPO, eval, predict (about 15 minutes on 2 cores)
	$(BIN)/geovlm demo --out demo-run --resume

.PHONY: demo-quick
demo-quick: setup  ## Every stage of the demo in about 3 minutes
	$(BIN)/geovlm demo --quick --out demo-run-quick --resume

.PHONY: demo-learning
demo-learning: setup  ## The demo with three seeds; prints the table of docs/explanation/learning.md
	for seed in 0 1 2; do $(BIN)/geovlm demo --seed $$seed --out demo-run-$$seed --resume || exit $$?; done
	$(BIN)/python -m geovlm_cli.demo.pooled demo-run-0 demo-run-1 demo-run-2

.PHONY: test
test: setup  ## Rust and Python tests, fast ones
	cargo test --quiet --package rust-rewards
	$(ONE_THREAD) $(BIN)/pytest -q -n 2

.PHONY: test-slow
test-slow: setup  ## The slow tests: long runs, large samples
	$(ONE_THREAD) $(BIN)/pytest -q -m slow

.PHONY: lint
lint: setup  ## ruff, import layers, clippy, cargo fmt, links of the Rust documentation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	cargo fmt --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --package rust-rewards

.PHONY: types
types: setup  ## mypy strict and the stub against the extension
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest geovlm_cli._rust_rewards --ignore-disjoint-bases

.PHONY: bench
bench: setup  ## Our scoring against the usual Python, as ratios in one run
	$(BIN)/python -m tests.bench

.PHONY: fuzz
fuzz: setup  ## Look for texts that break a law of the engine (cargo-fuzz, 60 s), then for completions that twin and product judge differently (60 s)
	$(BIN)/python -m tests.fuzz.guided
	$(BIN)/python -m tests.fuzz

.PHONY: docs
docs: setup  ## Write the generated pages again
	$(BIN)/python docs/generate.py

.PHONY: wheels
wheels: setup  ## Build the three wheels, test them in an empty environment, quick demo included
	$(BIN)/pytest -q -m wheels tests/wheels

.PHONY: clean
clean:  ## Remove what the targets made
	rm -rf $(VENV) target demo-run*
