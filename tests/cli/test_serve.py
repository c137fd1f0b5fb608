"""`vlagen serve`: how it ends, and runs with a policy that it serves."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import connect

from helpers.commands import deaf_to_ctrl_c
from helpers.servers import SEEN, command, remote
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import wire

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers

SLEEPER = """
import time, numpy as np
class Sleeper:
    def act(self, obs, instr):
        print("asked", flush=True)
        time.sleep(60)
    def close(self):
        print("closed", flush=True)
"""


@pytest.mark.parametrize(
    ("end", "start"),
    [(signal.SIGINT, None), (signal.SIGTERM, None), (signal.SIGTERM, deaf_to_ctrl_c)],
    ids=["SIGINT", "SIGTERM", "SIGTERM, started with SIGINT ignored"],
)
def test_ctrl_c_ends_it_though_the_policy_thinks(tmp_path, end, start):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    with command("--policy", "sleeper.py:Sleeper", cwd=tmp_path, preexec_fn=start) as (process, url):
        with connect(url) as raw:
            raw.recv()
            raw.send(wire.pack({"prompt": "go"}))
            while "asked" not in process.stdout.readline():
                pass
            started = time.monotonic()
            process.send_signal(end)
            said, _ = process.communicate(timeout=60)
        assert process.wait(60) == 0 and time.monotonic() - started < 30  # it would think for 60 s
        assert "Ended." in said and "closed" in said and "Traceback" not in said


def test_an_open_door_is_warned_of(tmp_path):
    with command("--policy", "noop", "--host", "0.0.0.0", cwd=tmp_path) as (process, url):
        assert "warning: everyone who reaches 0.0.0.0" in process.stdout.readline()
        assert remote(url).act(SEEN, "go").tolist() == [[0, 0, 0, 0, 0, 0, 1]]


def test_a_server_that_is_frozen_is_a_sentence(tmp_path):
    """It reads nothing, so that the question does not even leave."""
    large = {**SEEN, "image": np.zeros((3000, 3000, 3), np.uint8)}
    with command("--policy", "noop", cwd=tmp_path) as (process, url):
        policy = remote(url, answer_s="2")
        process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(PolicyError, match="did not answer within"):
            policy.act(large, "go")
        assert time.monotonic() - started < 20
        process.send_signal(signal.SIGCONT)
        assert policy.act(SEEN, "go").shape == (1, 7)


LOOKS = """
import numpy as np


class Looks:
    def act(self, obs, instr):
        rng = np.random.default_rng(int(obs["image"].sum()) + int(obs["state"].view(np.uint32).sum()) + len(instr))
        return np.concatenate([rng.uniform(-0.02, 0.02, 6), [1.0]])
"""
"""an answer for each observation, whoever asks"""


@pytest.mark.sim
@pytest.mark.slow
def test_a_run_with_a_served_policy_is_that_of_the_policy(tmp_path):
    def results(policy, out, *more):
        words = [str(Path(sys.executable).parent / "vlagen-eval"), "--policy", policy, "--conditions", "nominal"]
        words += ["--episodes", "2", "--video", "none", "--out", out, *more]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        records = map(json.loads, (tmp_path / out / "episodes.jsonl").read_text().splitlines())
        found = {one["id"]: (one["outcome"], one["steps"], one["metrics"]) for one in records}
        hashes = {path.name: dict(np.load(path)) for path in (tmp_path / out / "actions").glob("*.npz")}
        return found, {name: {key: value.tolist() for key, value in one.items()} for name, one in hashes.items()}

    # Built-in `random` draws by the episode's id, which only policies of this machine hear.
    (tmp_path / "looks.py").write_text(LOOKS)
    here = results("looks.py:Looks", "here")
    assert here[0] and here[1]
    with command("--policy", "looks.py:Looks", cwd=tmp_path) as (_, url):
        assert results(url, "there", "--policy-args", "api_key=s3cret", "--workers", "2") == here
    assert "s3cret" not in (tmp_path / "there" / "header.json").read_text()
