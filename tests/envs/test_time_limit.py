"""How long an episode lasts: the registered limit, and another one that is asked for."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import vlagen_bench  # noqa: F401 - registers the ids
from vlagen_bench.envs import vector
from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.envs.registration import env_ids
from vlagen_bench.envs.time_limit import limit_of
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog

MAIN = "VLAGen/TabletopPutOn-Main-v1"
TASK = {"task": "tabletop_put_on", "condition": "nominal", "obs_mode": "state"}
NOOP = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


def length(env, most=250):
    """After how many steps it is truncated; None: not within `most`."""
    env.reset(seed=0)
    for step in range(1, most + 1):
        _, _, terminated, truncated, _ = env.step(NOOP)
        assert not terminated
        if truncated:
            return step
    return None


def test_every_spec_tells_the_longest_episode():
    for name, arguments in env_ids():
        assert gym.spec(name).max_episode_steps == catalog.task(arguments["task"]).max_steps


@pytest.mark.sim
@pytest.mark.parametrize(("asked", "lasts"), [(None, 80), (10, 10), (200, 200), (-1, None)])
def test_a_limit_given_to_gym_make_holds(asked, lasts):
    env = gym.make(MAIN, max_episode_steps=asked, obs_mode="state")
    assert length(env) == lasts
    assert env.spec.max_episode_steps == (None if lasts is None else lasts)


@pytest.mark.sim
def test_an_environment_made_again_from_its_spec_has_its_limit():
    assert length(gym.make(gym.make(MAIN, max_episode_steps=90, obs_mode="state").spec)) == 90


@pytest.mark.sim
@pytest.mark.parametrize(("asked", "lasts"), [(None, 80), (10, 10), (200, 200), (-1, None)])
def test_the_environment_ends_by_itself_without_gymnasiums_wrapper(asked, lasts):
    assert length(TaskEnv(**TASK, max_episode_steps=asked)) == lasts


@pytest.mark.sim
def test_what_is_inside_the_wrappers_keeps_the_tasks_limit():
    assert length(gym.make(MAIN, obs_mode="state").unwrapped) == 80


@pytest.mark.parametrize("given", [0, -2, 1.5, "80", True])
def test_what_is_not_a_limit_is_a_sentence(given):
    with pytest.raises(ConfigError, match="max_episode_steps is"):
        limit_of(catalog.task("tabletop_put_on"), given)


def test_the_environment_inside_tells_no_other_limit_than_the_spec():
    env = gym.make(MAIN, max_episode_steps=150, obs_mode="state")
    assert env.spec.max_episode_steps == 150
    assert getattr(env.unwrapped, "max_episode_steps", 150) == 150


@pytest.mark.parametrize(
    ("asked", "tells"), [({}, 80), ({"max_episode_steps": 5}, 5), ({"max_episode_steps": -1}, None)]
)
@pytest.mark.parametrize("again", [False, True])
def test_the_spec_of_a_vector_environment_tells_the_limit_that_was_asked_for(monkeypatch, asked, tells, again):
    lasts = []

    class Made(vector.ProcessVectorEnv):
        def __init__(self, makers, **_):
            lasts.append(limit_of(catalog.task("tabletop_put_on"), makers[0].keywords["max_episode_steps"]))
            self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}

    monkeypatch.setattr(vector, "ProcessVectorEnv", Made)
    envs = gym.make_vec(MAIN, 2, **asked)
    if again:
        envs = gym.make_vec(envs.spec)
    assert envs.spec.max_episode_steps == tells and lasts == [tells] * len(lasts)
