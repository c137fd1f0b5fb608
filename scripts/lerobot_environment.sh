#!/usr/bin/env bash
# Makes an environment with the library LeRobot and what `vlagen serve` needs besides, and prints where it is:
#   bash scripts/lerobot_environment.sh [ENVIRONMENT]
# ENVIRONMENT, by default a folder in /tmp, is kept; it takes 8 GB, since LeRobot comes with CUDA.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${VLAGEN_PYTHON:-$top/.venv/bin/python}
environment=${1:-${TMPDIR:-/tmp}/vlagen-lerobot}
version=0.4.4  # the newest for Python 3.11
# The simulator stays out: it is needed where policies are scored, not where they are served.
serving="msgpack rich scipy transforms3d tyro websockets"
if ! "$environment/bin/python" -c "import lerobot" 2> /dev/null; then
    "$python" -m venv "$environment" >&2
    "$environment/bin/python" -m pip install -q "lerobot==$version" >&2
fi
if ! (cd / && "$environment/bin/python" -c "import vlagen_bench, msgpack, rich, scipy, transforms3d, tyro, websockets") 2> /dev/null; then
    # shellcheck disable=SC2086
    "$environment/bin/python" -m pip install -q $serving >&2
    "$environment/bin/python" -m pip install -q --no-deps -e "$top" >&2
fi
echo "$environment"
