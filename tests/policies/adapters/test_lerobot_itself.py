"""Policies that LeRobot itself has saved, served from its own environment, which VLAGEN_LEROBOT names.

`scripts/lerobot_environment.sh` makes that environment; it takes 8 GB, so that tests do not make it themselves.
"""

import contextlib
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import vlagen_bench
from helpers.adapted import obs
from helpers.places import TESTS, TOP
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.lerobot import LeRobot

PEER = TESTS / "helpers" / "lerobot_peer.py"
SERVE = "from vlagen_bench.cli.main import main; main()"
ELSEWHERE = {"PYTHONPATH": str(TOP), "HF_HUB_OFFLINE": "1"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python():
    where = os.environ.get("VLAGEN_LEROBOT")
    if not where:
        pytest.skip("VLAGEN_LEROBOT does not name the environment that scripts/lerobot_environment.sh makes")
    return str(Path(where) / "bin/python")


@pytest.fixture(scope="module", params=["act", "diffusion"])
def saved(request, python, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "policy"
    run(python, "save", request.param, folder)
    return folder


def run(python, *words):
    done = subprocess.run(
        [python, str(PEER), *map(str, words)], capture_output=True, text=True, env={**os.environ, **ELSEWHERE}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def served(python, policy):
    """The address of `vlagen serve` in LeRobot's environment."""
    command = [python, "-c", SERVE, "serve", "--policy", policy, "--port", "0"]
    environment = {**os.environ, **ELSEWHERE, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            said = []
            for line in server.stdout:
                said.append(line)
                if found := re.search(r"ws://[\d.]+:\d+", line):
                    yield found.group()
                    break
            else:
                pytest.fail("".join(said))
        finally:
            server.terminate()


def test_what_is_played_is_what_lerobot_plays(saved, python, tmp_path):
    seen = [obs(step=step) for step in range(6)]
    local = LeRobot.without_model(str(saved))
    given = [local.encode(one, "go") for one in seen]
    np.savez(
        tmp_path / "seen.npz",
        pictures=[one["observation.images.front"] for one in given],
        states=[one["observation.state"] for one in given],
    )
    expected = np.array(json.loads(run(python, "ask", saved, tmp_path / "seen.npz").splitlines()[-1]))
    with served(python, f"lerobot:{saved}") as address:
        policy = base.load(address, {}).policy
        # Two episodes, asked in turns: neither may play what the other has left to play.
        played = [[policy.act({**one, "episode_id": name}, "go")[0] for name in ("a", "b")] for one in seen]
        a, b = np.swapaxes(np.array(played), 0, 1)
    if saved.parent.name.startswith("act"):  # the other draws noise
        np.testing.assert_allclose(a, np.clip(expected, *limits()), atol=1e-5)
        np.testing.assert_allclose(b, a, atol=1e-6)
    assert np.isfinite(a).all() and a.shape == (6, 7) and not np.allclose(a[0], a[1])


def limits():
    """Only the gripper has limits before the robot's own."""
    return [[-np.inf] * 6 + [-1], [np.inf] * 6 + [1]]


@pytest.mark.sim
def test_a_policy_of_lerobot_is_scored(saved, python, tmp_path):
    with served(python, f"lerobot:{saved}") as address:
        scored = vlagen_bench.evaluate(
            address, "quick", conditions=["nominal"], episodes=1, out=tmp_path / "run", video="none"
        )
    assert scored.episodes.outcome.tolist() == ["failure"]
