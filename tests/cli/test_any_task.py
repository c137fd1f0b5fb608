"""A user's own task of ManiSkill in a file outside the repository: scored, reported and played again, with no change to it."""

import json

import pytest

from helpers.commands import call
from helpers.own_task import SOURCE
from helpers.submissions import CARD

RULE = "away < 0.03"
assert RULE in SOURCE
OWN_TASK = SOURCE.replace(RULE, "away < puck_rules.NEAR_M").replace(
    "import sapien\n", "import puck_rules\nimport sapien\n", 1
)
"""the rule of the task is in a file of its own"""
pytestmark = [pytest.mark.sim, pytest.mark.slow]
SUITE = """
name: puck
version: 1
about: A suite of a user's own task.
task: SlidePuck-v1
episodes: 1
conditions: [nominal, mass_l5, exposure_l5]
"""
POLICY = """
import numpy as np


class Go:
    def act(self, obs, instr):
        return np.full(8, 0.2, dtype=np.float32)
"""
OWN = ("--include", "slide_puck.py", "--include", "puck.yaml")
EVAL = (
    "vlagen-eval", "--policy", "go.py:Go", "--suite", "puck", *OWN, "--video", "none", "--out", "run",
)  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A folder with the task's file, and a run of its suite: one scene, untouched and under two axes."""
    home = tmp_path_factory.mktemp("own")
    for name, text in {
        "slide_puck.py": OWN_TASK,
        "puck_rules.py": "NEAR_M = 0.03\n",
        "puck.yaml": SUITE,
        "go.py": POLICY,
    }.items():
        (home / name).write_text(text)
    (home / "card.yaml").write_bytes(CARD)
    done = call(*EVAL, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return home, done.stdout


def test_the_run_is_recorded_and_says_what_was_found_by_looking(played):
    home, printed = played
    header = json.loads((home / "run" / "header.json").read_text())
    lines = [json.loads(line) for line in (home / "run" / "episodes.jsonl").read_text().splitlines()]
    assert header["maniskill"]["env"] == "SlidePuck-v1" and not header["maniskill"]["listed"]
    assert "found by looking (puck" in header["maniskill"]["remarks"][0] and "found by looking (puck" in " ".join(
        printed.split()
    )
    assert [entry["name"] for entry in header["outside"]] == ["puck", "SlidePuck-v1"]
    assert list(header["outside"][1]["imports"]) == ["puck_rules.py"]
    assert {line["condition"] for line in lines} == {"mass_l5", "exposure_l5", "nominal"}
    assert all(line["outcome"] == "failure" and line["steps"] == 12 for line in lines)
    assert all(line["metrics"]["trouble"] in ("never_near", "reached_not_moved", "moved_not_done") for line in lines)
    assert (home / "run" / "report.html").is_file()


def test_the_run_is_played_again_bit_for_bit_without_its_policy(played):
    home, _ = played
    done = call("vlagen", "replay", "run", *OWN, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "of which 3 the same state by state, bit for bit; 0 diverge" in done.stdout


def test_a_submission_of_it_is_verified_bit_for_bit(played):
    home, _ = played
    done = call("vlagen", "leaderboard", "submit", "run", "--out", "mine.zip", *OWN, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    done = call("vlagen", "leaderboard", "verify", "mine.zip", *OWN, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "3 went the same way bit for bit, 0 by their score alone" in said
    assert "The entry is verified, with 3 of 3 episodes simulated again." in said


def test_a_task_that_was_changed_is_not_scored_as_the_same(played):
    home, _ = played
    (home / "slide_puck.py").write_text(OWN_TASK.replace("* 0.1 - 0.1", "* 0.1 - 0.2"))
    done = call("vlagen", "replay", "run", *OWN, cwd=home)
    assert done.returncode != 0
    assert "resets to another state" in " ".join((done.stdout + done.stderr).split())
