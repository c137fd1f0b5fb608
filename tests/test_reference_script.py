"""scripts/reference_policies.sh: its commands in order, and what is done is not done again."""

import shutil
import subprocess

import pytest

from helpers.places import TOP

FAKE = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "{log}"
while [ $# -gt 0 ]; do
    if [ "$1" = --out ] && [[ "$2" == *.json ]]; then echo entry > "$2"; fi
    shift
done
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder with the script, and commands that only say that they were called."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(TOP / "scripts" / "reference_policies.sh", tmp_path / "scripts")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("vlagen", "vlagen-eval", "vlagen-train"):
        fake = tmp_path / ".venv" / "bin" / name
        fake.write_text(FAKE.format(log=tmp_path / "log"))
        fake.chmod(0o755)
    return tmp_path


def run(checkout, *words, **env):
    command = ["bash", str(checkout / "scripts" / "reference_policies.sh"), *words]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **env}, check=False)


def commands(checkout):
    lines = (checkout / "log").read_text().splitlines()
    (checkout / "log").unlink()
    return lines


def test_a_policy_is_scored_entered_shown_and_measured(checkout):
    assert run(checkout, "reference-sft").returncode == 0
    first = commands(checkout)
    assert first == [
        "vlagen-eval --policy reference-sft --suite core --workers 2 --video none --out runs/core-reference-sft",
        "vlagen-train card assets/policies/reference-sft.safetensors --out runs/card-reference-sft.yaml",
        "vlagen leaderboard submit runs/core-reference-sft --card runs/card-reference-sft.yaml --out runs/reference-sft.zip",
        "vlagen leaderboard verify runs/reference-sft.zip --out leaderboards/core/reference-sft.json",
        "vlagen report runs/core-reference-sft --html reports/core/reference-sft.html",
        "vlagen leaderboard build --reports reports",
        "vlagen calibrate --axis all --task tabletop_put_on --policy reference-sft --workers 2 --docs",
    ]
    assert run(checkout, "reference-sft", WORKERS="1", MINUTES="20").returncode == 0
    again = commands(checkout)
    assert [line.split(" ", 2)[:2] for line in again] == [line.split(" ", 2)[:2] for line in (first[0], *first[4:])]
    assert again[0].count("--workers 1") == 1 and again[-1].endswith("--workers 1 --docs --minutes 20")


def test_a_sample_is_passed_on_and_a_name_is_needed(checkout):
    assert run(checkout, "reference-ppo", SAMPLE="200").returncode == 0
    assert (
        "vlagen leaderboard verify runs/reference-ppo.zip --sample 200 --out leaderboards/core/reference-ppo.json"
        in commands(checkout)
    )
    without = run(checkout)
    assert without.returncode == 2 and "name the policy" in without.stderr
