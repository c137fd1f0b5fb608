#!/usr/bin/env bash
# Reads a dataset of demonstrations by the library LeRobot, in an environment of its own, and compares every frame with ours:
#   bash scripts/lerobot_readback.sh DATASET [ENVIRONMENT]
# ENVIRONMENT, by default a folder in /tmp, is made if it is not there; it takes 8 GB, since LeRobot comes with CUDA.
set -euo pipefail
if [ $# -lt 1 ]; then
    echo "lerobot_readback: name the folder of a dataset, which vlagen collect writes." >&2
    exit 2
fi
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${VLAGEN_PYTHON:-$top/.venv/bin/python}
dataset=$1 environment=${2:-${TMPDIR:-/tmp}/vlagen-lerobot}
bash "$top/scripts/lerobot_environment.sh" "$environment" > /dev/null
frames=$(mktemp --suffix=.npz)
trap 'rm -f "$frames"' EXIT
"$python" "$top/scripts/lerobot_readback.py" write "$dataset" "$frames"
HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 "$environment/bin/python" "$top/scripts/lerobot_readback.py" compare "$dataset" "$frames"
