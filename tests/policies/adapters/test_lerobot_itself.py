"""Policies that LeRobot itself has saved, served from its own environment, which VLAGEN_LEROBOT names.

`scripts/lerobot_environment.sh` makes that environment; it takes 8 GB, so that tests do not make it themselves.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vlagen_bench
from helpers.adapted import obs
from helpers.commands import call
from helpers.places import TESTS, TOP
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.lerobot import LeRobot

EXAMPLE = TOP / "examples" / "lerobot"
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
    return command(python, PEER, *words)


def command(*words, **env):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env={**os.environ, **ELSEWHERE, **env})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def simulating(python):
    """LeRobot's environment, with the simulator in it."""
    if subprocess.run([python, "-c", "import mani_skill"], capture_output=True).returncode:
        pytest.skip("the environment that VLAGEN_LEROBOT names has no simulator: install vlagen-bench there")
    return python


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


@pytest.mark.sim
def test_envhub_gives_two_arms_that_differ_in_the_perturbation_alone(simulating):
    told = json.loads(run(simulating, "hub", EXAMPLE / "vlagen_lerobot" / "env.py").splitlines()[-1])
    perturbed, clean = told["arms"]["0"], told["arms"]["1"]
    assert told["conditions"] == ["lighting_l3", "camera_pose_l3", "object_position_l3"]
    assert perturbed["told"] == clean["told"] and perturbed["state"] == clean["state"]
    assert np.abs(np.subtract(perturbed["picture"], clean["picture"])).mean() > 2


@pytest.mark.sim
def test_lerobot_eval_scores_both_arms_and_their_drop_is_told(simulating, tmp_path):
    run(simulating, "save", "act", tmp_path / "policy")
    for arm in ("perturbed", "clean"):
        words = [
            f"--policy.path={tmp_path / 'policy'}", "--policy.device=cpu", "--seed=1000", f"--output_dir={tmp_path / arm}",
            "--env.discover_packages_path=vlagen_lerobot", "--env.type=vlagen", f"--env.arm={arm}", "--env.size_px=64",
            "--eval.n_episodes=1", "--eval.batch_size=1",
        ]  # fmt: skip
        path = f"{TOP}:{EXAMPLE}"
        command(simulating, "-m", "lerobot.scripts.lerobot_eval", *words, PYTHONPATH=path)
    files = [tmp_path / arm / "eval_info.json" for arm in ("perturbed", "clean")]
    said = command(sys.executable, EXAMPLE / "drops.py", *files)
    assert said.startswith("clean 0.0%, perturbed 0.0% of 1 episodes\ndrop +0.0%, 95 % interval")


@pytest.mark.sim
def test_lerobot_trains_on_what_is_collected_and_the_policy_is_scored(python, tmp_path):
    call("vlagen", "collect", "--out", "demos", "--task", "tabletop_put_on", "--episodes", "1", "--cameras", "front",
         "--image-size", "front=64", "--workers", "1", cwd=tmp_path)  # fmt: skip
    words = [
        "--dataset.repo_id=local/demos", f"--dataset.root={tmp_path / 'demos'}", "--dataset.video_backend=pyav",
        "--policy.type=act", "--policy.push_to_hub=false", "--policy.device=cpu", "--policy.dim_model=32",
        "--policy.n_heads=2", "--policy.dim_feedforward=32", "--policy.chunk_size=8", "--policy.n_action_steps=4",
        "--policy.pretrained_backbone_weights=null", "--steps=2", "--batch_size=2", "--num_workers=0",
        "--save_freq=2", "--eval_freq=0", f"--output_dir={tmp_path / 'trained'}",
    ]  # fmt: skip
    command(python, "-m", "lerobot.scripts.lerobot_train", *words, HF_DATASETS_OFFLINE="1")
    trained = tmp_path / "trained" / "checkpoints" / "last" / "pretrained_model"
    with served(python, f"lerobot:{trained}") as address:
        scored = vlagen_bench.evaluate(
            address, "quick", conditions=["nominal"], episodes=1, out=tmp_path / "run", video="none"
        )
    assert scored.episodes.outcome.tolist() == ["failure"]
