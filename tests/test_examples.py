"""Every file in `examples/` runs, with few steps."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
ARGUMENTS = {"train_sb3.py": ("--steps", "256", "--envs", "2", "--episodes", "1")}
"""that make an example short; those it lacks here run as they are"""
SAYS = {"train_sb3.py": "of 1 episodes"}
TIMEOUT_S = 300


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_the_example_runs(example, tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example), *ARGUMENTS.get(example, ())],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    assert SAYS.get(example, "") in done.stdout


def test_no_rule_is_stale():
    names = {path.name for path in EXAMPLES.iterdir()}
    assert names and set(ARGUMENTS) | set(SAYS) <= names
