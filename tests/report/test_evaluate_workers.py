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
from vlagen_bench.errors import ConfigError, PolicyError

pytestmark = pytest.mark.usefixtures("fake_world")


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
vlagen_bench.evaluate(fakes.Stepper(), **evaluated.SMALL, workers=2, retries=0)
"""


def test_a_program_without_a_main_guard_is_told_about_it(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    tests = str(Path(__file__).parents[1])
    path = os.pathsep.join([tests, str(Path(tests).parent)])
    done = call("python", "script.py", cwd=tmp_path, PYTHONPATH=path)
    assert "if __name__ == '__main__':" in done.stderr


def test_a_worker_that_starts_may_not_evaluate(monkeypatch):
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(ConfigError, match="__main__"):
        vlagen_bench.evaluate(Stepper(), **SMALL)
