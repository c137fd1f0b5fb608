"""The probe finds a task whose plays cannot be repeated, and one that draws from what all code shares."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vlagen_bench.sim.maniskill.any_task import making, probe


class Countdown:
    """A task of one number, which each step changes by what it draws."""

    single_action_space = SimpleNamespace(low=np.array([-1.0]), high=np.array([1.0]))

    def __init__(self, draw) -> None:
        self._draw, self.number = draw, 0.0

    def reset(self, *, seed, options):
        assert options == {"reconfigure": True}
        self.number = float(seed)

    def get_state_dict(self):
        return {"actors": {"thing": torch.tensor([self.number])}}

    def step(self, action):
        self.number += float(action[0]) + self._draw()


NEW = iter(range(1, 1000))
"""numbers that never come again"""


def test_a_task_that_plays_the_same_twice_is_let_through():
    assert probe.probed(Countdown(lambda: 0.5)) is None


def test_a_task_whose_two_plays_differ_is_refused_with_the_step():
    why = probe.probed(Countdown(lambda: float(next(NEW))))
    assert why is not None and "differ at step 1 of 6" in why


@pytest.mark.parametrize("draw", [random.random, np.random.rand, lambda: float(torch.rand(1))])
def test_draws_from_shared_generators_are_found_and_seeded(draw):
    task = Countdown(draw)
    assert probe.draws_globally(task)
    assert probe.probed(task) is None
    assert not probe.draws_globally(Countdown(lambda: 0.5))


def test_seeding_leaves_the_generators_as_they_were():
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = random.random(), np.random.rand(), float(torch.rand(1))
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    with making.seeded(7, "step"):
        random.random(), np.random.rand(), torch.rand(1)
    assert (random.random(), np.random.rand(), float(torch.rand(1))) == expected
