"""The commands, on the real simulator, with a policy that is changed between two of them, and one that raises at will."""

import json

import pytest

from helpers.commands import call, here

pytestmark = [pytest.mark.sim, pytest.mark.slow]
FEW = ("--conditions", "nominal", "--episodes", "2", "--video", "none", "--out", "run")
CHANGED = """
import numpy as np


class A:
    def act(self, obs, instr):
        return np.array([0, 0, 0.0, 0, 0, 0, 1.0])
"""
RETRIES = """
import os


class Policy:
    def reset(self, episode_ids):
        self.lucky = os.path.exists("lucky")

    def act(self, obs, instr):
        if not self.lucky:
            raise RuntimeError("CUDA out of memory")
        return [0, 0, -0.01, 0, 0, 0, 1.0]
"""


def test_a_changed_file_is_refused_and_then_recorded(tmp_path):
    (tmp_path / "policy.py").write_text(CHANGED)
    words = ("vlagen-eval", "--policy", "policy.py:A", *FEW)
    assert call(*words, cwd=tmp_path).returncode == 0
    again = call(*words, cwd=tmp_path)
    assert again.returncode == 0 and "the policy was not asked: the results are from 2" in again.stdout
    (tmp_path / "policy.py").write_text(CHANGED.replace("0.0", "-0.02"))
    refused = call(*words, cwd=tmp_path)
    assert refused.returncode == 2 and "policy.py has changed" in refused.stderr and "Traceback" not in refused.stderr
    shown = call(*words, "--continue-with-changed-policy", cwd=tmp_path)
    assert shown.returncode == 0
    assert (
        "warning: the results that are there are not of what would be scored now: policy.py has changed" in shown.stdout
    )
    header = json.loads((tmp_path / "run" / "header.json").read_text())
    assert "fingerprint_changes" not in header, "nothing was played by the changed policy"


def test_errors_that_are_repeated_are_counted(tmp_path):
    (tmp_path / "policy.py").write_text(RETRIES)
    words = ("vlagen-eval", "--policy", "policy.py:Policy", *FEW)
    assert here(*words, cwd=tmp_path).returncode == 1
    (tmp_path / "lucky").touch()
    done = here(*words, "--retry-errors", cwd=tmp_path)
    assert (
        done.returncode == 0 and "2 episodes, 4 attempts: 2 attempts ended as an error and were repeated" in done.stdout
    )
    shown = here("vlagen", "report", "run", cwd=tmp_path).stdout
    assert shown.startswith("2 episodes, 4 attempts")
