# Two commands matter: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test explore bounds lint format page browser wheel wheel-check cities bench bench-peers validate clean

demo: .venv/.core page
	$(BIN)/fjordby demo $(if $(filter 0,$(SERVE)),--no-serve)

test: .venv/.test page browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# Properties hold for examples never drawn before: what fails here becomes a test of its own.
explore: .venv/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m hypothesis --hypothesis-profile=explore

# Compiled kernels read out of bounds without a word; here they are made to speak.
bounds: .venv/.test
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$$(mktemp -d) \
	  $(BIN)/python -m pytest -n 2 tests/flood tests/harm tests/city -k compiled

lint: .venv/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd page && npm run --silent check

format: .venv/.lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The virtual environment, in layers: what a user needs, what the tests need, what the lint needs.
.venv/.core: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fjordby needs Python 3.11 or newer; say which with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -q -c requirements.lock -e .
	touch $@

.venv/.test: .venv/.core
	$(BIN)/python -m pip install -q -c requirements.lock --group test
	touch $@

.venv/.lint: .venv/.test
	$(BIN)/python -m pip install -q -c requirements.lock --group lint
	touch $@

# The page: Node from the machine, else from a wheel.
PAGE_SOURCES := $(shell find page -type f -not -path '*/node_modules/*' 2>/dev/null)
page: src/fjordby/web/static/index.html
src/fjordby/web/static/index.html: .venv/.core $(PAGE_SOURCES)
	tools/build-page

# A real browser, from Debian when we may install it; otherwise say what to install.
browser:
	tools/need-browser

wheel: page
	$(BIN)/python -m pip install -q build
	rm -rf dist && $(BIN)/python -m build -q --wheel

# The wheel alone, in a clean environment without the tools of development.
wheel-check: wheel
	tools/check-wheel

# Rebuild the built-in cities from their sources in data/.
cities: .venv/.core
	$(BIN)/python tools/build_vejle.py
	$(BIN)/python tools/build_tuno.py

# What takes longer than a test may: the terrain's error from left-out points, the flood engine's
# cases in full, the built-in cities made again from their sources (nothing may differ), and the
# benchmarks.
validate: .venv/.test
	PYTHONPATH=tools $(BIN)/python -m vejle.terrain
	PYTHONPATH=tools $(BIN)/python -m flood_validation
	$(MAKE) cities
	git diff --exit-code --stat src/fjordby/city/builtin
	$(MAKE) bench

bench: .venv/.test
	for b in benchmarks/*.py; do $(BIN)/python $$b; done

# The flood engine beside every peer that installs, in a Python of their own.
bench-peers: .venv/.test
	$(BIN)/python benchmarks/peers/environment.py
	$(BIN)/python benchmarks/flood.py

clean:
	rm -rf .venv .venv-peers dist build studies src/fjordby/web/static page/node_modules
