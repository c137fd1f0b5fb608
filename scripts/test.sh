#!/usr/bin/env bash
# Lints, type-checks and tests this checkout, on several cores. Options are passed on to pytest, e.g.: bash scripts/test.sh -m "not slow"
#
# Tests of the official assets run where a folder has them: VLAGEN_BRIDGE_SOURCE, by default ../shared/assets.
# VLAGEN_REQUIRE_BRIDGE=1 makes it an error if they cannot run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh test

# Packs and caches of the tests are the checkout's own: what the user has installed neither helps nor hurts.
export VLAGEN_ASSETS=$PWD/.cache/assets VLAGEN_CACHE=$PWD/.cache/cache
export VLAGEN_BRIDGE_SOURCE=${VLAGEN_BRIDGE_SOURCE:-../shared/assets}
if [ -d "$VLAGEN_BRIDGE_SOURCE" ]; then
    .venv/bin/vlagen assets install bridge --from "$VLAGEN_BRIDGE_SOURCE"
elif [ "${VLAGEN_REQUIRE_BRIDGE:-}" = 1 ]; then
    echo "test: there is no folder $VLAGEN_BRIDGE_SOURCE, so the tests of the official assets cannot run, and they are required." >&2
    exit 1
fi

# The tests start hundreds of processes. Where PYTHONDONTWRITEBYTECODE is set, each would compile all that it imports.
.venv/bin/python -m compileall -q vlagen_bench tests/helpers

# Threads of PyTorch that have nothing to do sleep: by default they spin, on cores that other tests need.
export OMP_WAIT_POLICY=passive

.venv/bin/ruff check .
.venv/bin/ruff format --check .

# Types are checked while the tests run; what was found is printed after them, and either fault is a failure.
found=$(mktemp)
.venv/bin/mypy >"$found" 2>&1 &
checker=$!
trap 'kill "$checker" 2>/dev/null || true; rm -f "$found"' EXIT
# Whole files are shared out, since the tests of one share what is dear to make. One process more than there are cores,
# since many tests wait; more than four need memory.
cores=$(nproc)
tests=0
.venv/bin/python -m pytest -n $((cores < 4 ? cores + 1 : 4)) --dist loadfile "$@" || tests=$?
types=0
wait "$checker" || types=$?
cat "$found"
exit $((tests ? tests : types))
