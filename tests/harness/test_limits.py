"""Limits of time and memory."""

import signal
import time

import pytest

from helpers.commands import call
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.limits import Limits
from vlagen_bench.utils.alarm import TookTooLong, time_limit


def test_an_alarm_leaves_no_trace():
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TookTooLong), time_limit(0.05):
        time.sleep(1)
    with time_limit(None), time_limit(5):
        pass
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.mark.parametrize(
    "wrong",
    [
        {"step_s": 0},
        {"step_s": float("inf")},
        {"episode_s": -1},
        {"retries": -1},
        {"memory_mb": 0},
        {"recycle_after": 0},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match="--"):
        Limits(**wrong)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--workers", "0"), "--workers 0: at least 1 is needed."),
        (("--execute-horizon", "0"), "--execute-horizon 0: at least 1 action"),
        (("--step-timeout", "0"), "--step-timeout 0: give a number of seconds above 0, up to 1,000,000."),
    ],
)
def test_an_option_that_makes_no_sense_is_a_sentence(tmp_path, words, says):
    done = call("vlagen-eval", "--policy", "noop", *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and not list(tmp_path.iterdir())
