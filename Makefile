# Two commands: `make run` starts the whole service with sample data, `make test` runs every test.
# `make run` needs only Python 3.11 to 3.13 and make; `make test` also needs Node and Go (see .ci/run).

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
DATA ?= sillok-data
BIN := .venv/bin
UV := .tools/bin/uv

# Some containers set it. Then every process, and tests start hundreds, compiles all of Sillok's modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint bench chaos clean lock contracts words tokens screens a11y page-budget page-load forge fuzz flood sbom mutants

run: .venv/.run
	$(BIN)/sillok up --demo --data $(DATA)

# A file's tests stay together, so that what they share is made once; long ones (contracts, e2e) come first.
test: .venv/.test node_modules/.installed
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(TESTS)

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.test node_modules/.installed
	PYTHONPATH=tests:. $(BIN)/python -m bench.run

# What a page may say, and whether its colours can be read: seconds each, and part of `make test`.
words tokens: .venv/.test
	@PYTHONPATH=tests:. $(BIN)/python -m looks.$@

# In Chromium, over every page in every state, language, size and colour scheme (ONLY=start: pages of that name).
screens: .venv/.test
	@PYTHONPATH=tests:. $(BIN)/python -m looks.screens

a11y: .venv/.test node_modules/.installed
	@PYTHONPATH=tests:. $(BIN)/python -m looks.accessibility

page-budget: .venv/.test
	@PYTHONPATH=tests:. $(BIN)/python -m looks.budget

# Fills in a million records first (BENCH=small: 20,000).
page-load: .venv/.test
	@PYTHONPATH=tests:. $(BIN)/python -m looks.load

# Ten million inputs by the engine in plain Python, a tenth of that under atheris, which follows coverage.
INPUTS ?= 10000000
fuzz: .venv/.fuzz
	PYTHONPATH=tests:. $(BIN)/python -m fuzz.run --inputs $(INPUTS)
	PYTHONPATH=tests:. $(BIN)/python -m fuzz.run --inputs $$(($(INPUTS) / 10)) --engine atheris

# What Sillok is made of, from the locks alone (CycloneDX): dist/sillok.cdx.json.
sbom: .venv/.run
	$(BIN)/python scripts/sbom.py

# Breaks one line after the other and wants a test to fail: Python's verifier (minutes), the browser's, the contracts
# (some 20 s each). MUTANTS=tests/unit/verification/mutants.py runs one list.
MUTANTS ?= $(wildcard tests/unit/verification/mutants.py tests/web/mutants.py tests/contracts/mutants.py)
mutants: .venv/.test node_modules/.installed
	@failed=0; for list in $(MUTANTS); do echo "$$list"; $(BIN)/python "$$list" || failed=1; done; exit $$failed

# Strangers flood a real service while somebody else verifies; needs wrk (Debian).
flood: .venv/.test
	PYTHONPATH=tests:. $(BIN)/python -m flood.run

# Crashes, power cuts, failing system calls, bad disks and chains; CHAOS=quick runs what CI runs.
chaos: .venv/.test node_modules/.installed
	PYTHONPATH=tests:. $(BIN)/python -m chaos.run

contracts: .venv/.test node_modules/.installed
	$(BIN)/python scripts/compile_contracts.py

.PHONY: halmos slither

# What must always hold in the contracts, 10^6 random calls each; a bounded part is in `make test`.
forge: .venv/.test node_modules/.installed
	FOUNDRY_INVARIANT_RUNS=2000 FOUNDRY_FUZZ_RUNS=1000000 node_modules/.bin/forge test

# The Merkle library over all trees of up to 32 leaves, with every hash left open.
halmos: .venv-audit/.installed node_modules/.installed
	.venv-audit/bin/python tests/contracts/symbolic.py

# What slither finds must be explained in contracts/slither.toml.
slither: .venv/.test .venv-audit/.installed node_modules/.installed
	$(BIN)/python scripts/compile_contracts.py --input .venv-audit/solc-input.json
	.venv-audit/bin/python tests/contracts/static.py .venv-audit/solc-input.json

lock: $(UV)
	PATH="$(CURDIR)/.tools/bin:$$PATH" requirements/lock.sh

clean:
	rm -rf .venv .venv-audit .tools node_modules dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# uv installs 60 packages in seconds and checks every hash; it comes from the registry like everything else.
$(UV): requirements/uv.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo 'Sillok needs Python 3.11, 3.12 or 3.13; say which with: make PYTHON=/path/to/python3.11'; exit 2; }
	@"$(PYTHON)" -m venv .tools || { echo 'Python lacks its venv module (Debian: apt-get install python3-venv).'; exit 2; }
	.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# The bytecode is compiled at install: the first start would otherwise take twice as long.
define install
	$(UV) venv --quiet --allow-existing --python "$(PYTHON)" .venv
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(1)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
endef

.venv/.run: requirements/run.lock pyproject.toml | $(UV)
	$(call install,requirements/run.lock)
	@touch $@

.venv/.test: requirements/test.lock pyproject.toml | $(UV)
	$(call install,requirements/test.lock)
	@touch $@ .venv/.run

.venv-audit/.installed: requirements/audit.lock | $(UV)
	$(UV) venv --quiet --allow-existing --python "$(PYTHON)" .venv-audit
	$(UV) pip sync --quiet --python .venv-audit/bin/python --require-hashes $<
	@touch $@

.venv/.fuzz: requirements/fuzz.lock .venv/.test | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/fuzz.lock
	@touch $@

node_modules/.installed: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
