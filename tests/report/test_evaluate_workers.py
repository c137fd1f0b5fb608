"""`vlagen_bench.evaluate` with worker processes: who is asked where, and what cannot be shared."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

import vlagen_bench
from helpers.commands import call
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from helpers.fakes import Batcher, Counter, Oracle, Stepper
from helpers.places import TESTS, TOP
from vlagen_bench.errors import ConfigError, PolicyError

pytestmark = [pytest.mark.usefixtures("fake_world"), pytest.mark.slow]


class Counting:
    """Counts its calls, which it could not in another process."""

    calls = 0

    def act(self, obs, instr):
        self.calls += 1
        return np.array([0.25, 0, 0, 0, 0, 0, 1])


def results(run):
    return run.episodes[["condition", "outcome", "steps"]].astype(object).to_dict("index")


@pytest.mark.parametrize("policy", [Stepper(), Batcher(), Stepper, Counter, "helpers.fakes:Stepper"])
def test_workers_change_no_result(policy):
    """An object is asked in this process, which alone could count."""
    one = results(vlagen_bench.evaluate(policy, **SMALL, out="one"))
    two = results(vlagen_bench.evaluate(policy, **SMALL, out="two", workers=2))
    assert one == two and {row["outcome"] for row in two.values()} == {"success"}


def test_an_object_is_asked_here_with_workers():
    policy = Counting()
    assert vlagen_bench.evaluate(policy, **SMALL, workers=2).complete
    assert policy.calls == 16


def test_an_object_that_remembers_an_episode_is_refused_for_several_workers():
    with pytest.raises(PolicyError, match="there is only this one"):
        vlagen_bench.evaluate(Counter(), **SMALL, workers=2)
    with pytest.raises(PolicyError, match="looks at the simulator"):
        vlagen_bench.evaluate(Oracle(), **SMALL, workers=2)
    assert not list(Path("runs").glob("*")) or all((path / "header.json").exists() for path in Path("runs").iterdir())


SCRIPT = """
import vlagen_bench
from helpers import evaluated, fakes
from vlagen_bench.harness import worker
worker.simulator = evaluated.fake_simulator
{line}
try:
    vlagen_bench.evaluate(fakes.Stepper(), **evaluated.SMALL, out="run", workers=2, retries=1)
except vlagen_bench.VlagenError as error:
    print(type(error).__name__, error)
"""


def scripted(folder, line):
    (folder / "script.py").write_text(SCRIPT.format(line=line))
    path = os.pathsep.join(map(str, (TESTS, TOP)))
    return call("python", "script.py", cwd=folder, PYTHONPATH=path)


def test_a_program_without_a_main_guard_is_told_once_and_no_episode_is_an_error(tmp_path):
    done = scripted(tmp_path, "")
    assert done.returncode == 0 and done.stderr == ""
    (said,) = done.stdout.splitlines()
    assert said.startswith(
        "ConfigError evaluate() was called while a worker process imported this program. Put the call"
    )
    assert "if __name__ == '__main__':" in said
    assert (tmp_path / "run" / "episodes.jsonl").read_text() == ""


def test_a_program_that_no_worker_can_import_is_told_once(tmp_path):
    done = scripted(tmp_path, "assert __name__ == '__main__', 'only as a program'")
    (said,) = done.stdout.splitlines()
    assert said.startswith("ConfigError A worker process ended with exit code 1 while it imported this program")
    assert "only as a program" in done.stderr
    assert (tmp_path / "run" / "episodes.jsonl").read_text() == ""


def test_a_process_of_another_pool_that_starts_may_not_evaluate(monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(ConfigError, match="__main__"):
        vlagen_bench.evaluate(Stepper(), **SMALL)
