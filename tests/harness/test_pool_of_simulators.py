"""Workers with the real simulator."""

import dataclasses
import functools
import multiprocessing
import os
import signal
import subprocess
import time

import pytest

from helpers.commands import BIN, deaf_to_ctrl_c, here
from helpers.fakes import (
    Counter,
)
from helpers.workers import TASK, go
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies.base import load
from vlagen_bench.runs.folder import RunFolder

SHORT = dataclasses.replace(TASK, max_steps=6)


@pytest.mark.sim
@pytest.mark.parametrize("policy", ["expert", "helpers.fakes:Looker"])
def test_two_real_simulators_play_as_one_does_bit_for_bit(tmp_path, policy):
    ways = [
        go(tmp_path / f"{workers}", load(policy, {}), functools.partial(simulator, SHORT), workers=workers, task=SHORT)
        for workers in (None, 2)
    ]
    assert ways[0] == ways[1] and {record["steps"] for record in ways[0].values()} == {6}


@pytest.mark.sim
def test_a_real_simulator_that_is_killed_is_replaced(tmp_path):
    whole = go(tmp_path / "a", Counter(), functools.partial(simulator, SHORT), workers=1, task=SHORT)

    class Killer(Counter):
        kills = 0

        def act(self, obs, instr):
            if self.steps == 3 and not Killer.kills:
                Killer.kills += 1
                multiprocessing.active_children()[0].kill()
            return super().act(obs, instr)

    notes = []
    assert (
        go(tmp_path / "b", Killer(), functools.partial(simulator, SHORT), workers=1, task=SHORT, notes=notes) == whole
    )
    assert Killer.kills == 1 and "SIGKILL" in notes[0]


EVALUATION = ("vlagen-eval", "--policy", "expert", "--conditions", "nominal", "--episodes", "3", "--video", "none")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a run records that nobody ends."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert here(*EVALUATION, "--out", "whole", cwd=folder).returncode == 0
    return RunFolder.reading(folder / "whole").results


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "start", "code"),
    [(signal.SIGINT, None, 130), (signal.SIGTERM, deaf_to_ctrl_c, 143)],
    ids=["SIGINT", "SIGTERM, started with SIGINT ignored"],
)
def test_ctrl_c_ends_workers_and_a_run_goes_on_with_another_number_of_them(tmp_path, uninterrupted, how, start, code):
    child = subprocess.Popen(
        [str(BIN / EVALUATION[0]), *EVALUATION[1:], "--out", "a", "--workers", "2"],
        cwd=tmp_path, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=start,
    )  # fmt: skip
    lines = tmp_path / "a" / "episodes.jsonl"
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and not (lines.exists() and lines.read_text()):
        time.sleep(0.05)
    # Ctrl-C goes to all processes of a terminal; a batch system may end the first alone.
    (os.killpg if how == signal.SIGINT else os.kill)(child.pid, how)
    said = child.communicate(timeout=60)[0]
    assert child.returncode == code and "To go on: vlagen-eval" in said and "Traceback" not in said
    assert here(*EVALUATION, "--out", "a", cwd=tmp_path).returncode == 0
    resumed, whole = RunFolder.reading(tmp_path / "a").results, uninterrupted
    assert [_untimed(resumed[key]) for key in sorted(resumed)] == [_untimed(whole[key]) for key in sorted(whole)]
    assert len(whole) == 3


def _untimed(record):
    return {key: value for key, value in record.items() if key != "timings"}
