"""`vlagen_bench.evaluate` told something wrong, and episodes that end as errors."""

from pathlib import Path

import pytest

import vlagen_bench
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from helpers.fakes import Stepper
from vlagen_bench.errors import ConfigError

pytestmark = pytest.mark.usefixtures("fake_world")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"wrkers": 2}, r"evaluate\(\) has no option 'wrkers'. Did you mean 'workers'"),
        ({"execute_horizn": 2}, "Did you mean 'execute_horizon'"),
        ({"episodes": "1"}, "episodes is a whole number or None, not '1'"),
        ({"seed": "a"}, "seed is a whole number or None, not 'a'"),
        ({"workers": 1.5}, "workers is a whole number, not 1.5"),
        ({"video": "al"}, "There is no video 'al'. Did you mean 'all'"),
        ({"log": "tensorboard"}, "log is a list of strings, not 'tensorboard'"),
        ({"executor": "rya"}, "Did you mean 'ray'"),
        ({"step_timeout": "3"}, "step_timeout is a number, not '3'"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, says):
    with pytest.raises(ConfigError, match=says):
        vlagen_bench.evaluate(Stepper(), **options)
    assert not Path("runs").exists()


class Failing:
    def act(self, obs, instr):
        raise RuntimeError("out of memory")


class FailingOnce(Stepper):
    calls = 0

    def act(self, obs, instr):
        self.calls += 1
        if self.calls == 1:
            raise RuntimeError("out of memory")
        return super().act(obs, instr)


@pytest.mark.parametrize(("policy", "errors"), [(Failing, 4), (FailingOnce, 1)])
def test_episodes_that_end_as_errors_are_warned_of_once(policy, errors):
    with pytest.warns(UserWarning) as warned:
        run = vlagen_bench.evaluate(policy(), **SMALL)
    (one,) = warned
    assert str(one.message).startswith(f"{errors} of 4 episodes ended as errors: policy: RuntimeError: out of memory")
    assert "retry_errors=True" in str(one.message) and one.filename == __file__
    assert not run.complete
