"""A policy that was trained in an environment, asked as the harness asks."""

import gymnasium as gym
import numpy as np
import pytest

import vlagen_bench
from vlagen_bench.errors import ConfigError

pytestmark = pytest.mark.sim
MAIN = "VLAGen/TabletopPutOn-Main-v1"
ACTION = np.array([0.5, -2.0, 0.1, 0.2, 0.0, 0.0, -1.0], np.float32)
OPTIONS = [
    {},
    {"flat": True},
    {"obs_mode": "state"},
    {"obs_mode": "state", "flat": True},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("normalized", [False, True])
def test_it_sees_and_does_in_the_harness_what_it_did_in_training(options, normalized):
    """The harness shows both picture and state and takes metres and radians: the plain environment stands for it."""
    shown = []

    def predict(obs):
        shown.append(obs)
        return ACTION

    trained = gym.make(MAIN, normalized_actions=normalized, **options)
    plain = gym.make(MAIN)
    policy = vlagen_bench.TrainedPolicy(predict, trained)
    seen, _ = trained.reset(seed=5)
    obs, info = plain.reset(seed=5)
    for _ in range(3):
        action = policy.act(obs, info["instruction"])
        np.testing.assert_equal(shown[-1], seen)
        seen, *_ = trained.step(ACTION)
        obs, *_ = plain.step(action)
    np.testing.assert_equal(obs["state"], plain.unwrapped._sim.robot_state())
    np.testing.assert_equal(trained.unwrapped._sim.robot_state(), plain.unwrapped._sim.robot_state())


def test_its_spec_is_that_of_the_robot():
    policy = vlagen_bench.TrainedPolicy(lambda obs: ACTION, gym.make(MAIN))
    assert policy.spec["gripper"] == "plus_one_open"


def test_a_policy_of_privileged_states_is_refused():
    env = gym.make(MAIN, obs_mode="state", state="privileged")
    with pytest.raises(ConfigError, match="state='privileged', but policies are scored on what a robot knows"):
        vlagen_bench.TrainedPolicy(lambda obs: ACTION, env)


def test_another_environment_is_refused():
    with pytest.raises(ConfigError, match="is an environment of vlagen_bench, not CartPoleEnv"):
        vlagen_bench.TrainedPolicy(lambda obs: 0, gym.make("CartPole-v1"))
