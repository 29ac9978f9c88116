# Everything is set up on first use: a virtual environment, and for the tests the Debian packages that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A proxy with a certificate of its own is trusted when the machine trusts it.
export UV_SYSTEM_CERTS ?= true

.PHONY: demo test chaos check audit bench pictures packages clean

demo: $(READY)
	$(BIN)/joblogs demo

# Many tests hold real servers to real deadlines. On a machine that stalls for seconds one of them may fail: it is
# run once more, which the summary says, and what fails twice has failed.
test: $(READY) packages check
	$(BIN)/pytest -n 5 --dist worksteal --reruns 1 tests/unit tests/contract tests/scenarios
	$(BIN)/pytest -n 3 --reruns 1 --dist loadfile --no-loadscope-reorder tests/chaos tests/browser

# Five minutes of each play, and what takes over from what with the product's own figures.
chaos: $(READY) packages
	JOBLOGS_CHAOS_MINUTES=$${JOBLOGS_CHAOS_MINUTES:-5} $(BIN)/pytest -s tests/chaos

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	! grep -nE 'https?://' requirements.lock

audit: $(READY)
	$(BIN)/python deploy/audit.py

bench: $(READY)
	$(BIN)/python -m tests.bench

pictures: $(READY) packages
	$(BIN)/python -m tests.browser.pictures

# PostgreSQL and Chromium are what the tests drive beside Python; where they are there already, nothing is installed.
packages:
	@sh deploy/test-packages.sh

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
