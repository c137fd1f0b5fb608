#!/usr/bin/env bash
# From a fresh clone to a table of results: sets up, then scores the built-in expert on the suite `quick`.
# Options are passed on, e.g.: bash scripts/quickstart.sh --out runs/first
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
exec .venv/bin/vlagen-eval --policy expert --suite quick "$@"
