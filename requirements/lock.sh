#!/bin/sh
# Make both locks anew from pyproject.toml: universal (3.11 to 3.13, every platform), with hashes, naming no registry.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command requirements/lock.sh "$@"; }
lock pyproject.toml --group build -o requirements/run.lock
lock pyproject.toml --group build --group test -o requirements/test.lock
# What analyses the contracts pins other versions than what runs them: an environment of its own (.venv-audit).
lock requirements/audit.in -o requirements/audit.lock
# What only `make fuzz` installs, on top of the tests.
lock --group fuzz -o requirements/fuzz.lock
