#!/usr/bin/env bash
# Scores a reference policy on `core`, makes it an entry of the leaderboard, and measures it on every axis:
#   bash scripts/reference_policies.sh reference-sft
# Another policy than the shipped one is released first: vlagen-train release CHECKPOINT --name reference-sft --origin TEXT. Every
# step goes on where it was interrupted, and one that is done is not repeated. May be set: WORKERS (2); SAMPLE, so many episodes that the verification simulates again (all; from
# 58 on the entry is `verified`); MINUTES, after which no further level of an axis begins, so that the script ends with 1.
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "reference_policies: name the policy, such as reference-sft." >&2
    exit 2
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=$1 workers=${WORKERS:-2}
run=runs/core-$name card=runs/card-$name.yaml entry=leaderboards/core/$name.json archive=runs/$name.zip

.venv/bin/vlagen-eval --policy "$name" --suite core --workers "$workers" --video none --out "$run"
if [ ! -f "$entry" ]; then
    [ -f "$card" ] || .venv/bin/vlagen-train card "assets/policies/$name.safetensors" --out "$card"
    .venv/bin/vlagen leaderboard submit "$run" --card "$card" --out "$archive"
    mkdir -p leaderboards/core
    .venv/bin/vlagen leaderboard verify "$archive" ${SAMPLE:+--sample "$SAMPLE"} --out "$entry"
fi
.venv/bin/vlagen report "$run" --html "reports/core/$name.html"
.venv/bin/vlagen leaderboard build --reports reports
.venv/bin/vlagen calibrate --axis all --task tabletop_put_on --policy "$name" --workers "$workers" --docs ${MINUTES:+--minutes "$MINUTES"}
