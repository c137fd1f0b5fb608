"""Whole episodes under the wrappers that trainers use, and training with Stable-Baselines3."""

from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import RecordEpisodeStatistics
from gymnasium.wrappers.vector import RecordEpisodeStatistics as RecordVectorStatistics
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_checker import check_env as check_for_sb3
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecMonitor

import vlagen_bench
from vlagen_bench.envs.registration import TRAINING_SEED

MAIN = "VLAGen/TabletopPutOn-Main-v1"
NOOP = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
STATE = {"obs_mode": "state", "flat": True, "normalized_actions": True}

pytestmark = pytest.mark.sim


def ended(env):
    """The info of the last step of an episode in which nothing is done."""
    env.reset(seed=7)
    while True:
        _, _, terminated, truncated, info = env.step(NOOP)
        if terminated or truncated:
            return info


@pytest.mark.parametrize("wrapper", [RecordEpisodeStatistics, Monitor])
@pytest.mark.parametrize("options", [{}, STATE])
def test_statistics_and_scenario_stand_beside_each_other(wrapper, options):
    info = ended(wrapper(gym.make(MAIN, **options)))
    assert (info["episode"]["l"], info["episode"]["r"]) == (80, 0.0)
    assert info["scenario"]["seed"] == 7 and info["scenario"]["task"] == "tabletop_put_on@1"


@pytest.mark.slow
@pytest.mark.parametrize("autoreset", ["next_step", "same_step"])
def test_statistics_of_many_at_once(autoreset):
    envs = RecordVectorStatistics(vlagen_bench.make_vec(MAIN, 2, autoreset=autoreset, obs_mode="state"))
    try:
        envs.reset(seed=7)
        for _ in range(80):
            _, _, _, truncated, infos = envs.step(np.stack([NOOP, NOOP]))
    finally:
        envs.close()
    assert truncated.all()
    np.testing.assert_array_equal(infos["episode"]["l"], [80, 80])
    last = infos if autoreset == "next_step" else infos["final_info"]
    np.testing.assert_array_equal(last["scenario"]["seed"], [7, 8])
    np.testing.assert_array_equal(last["scenario"]["index"], [0, 0])
    np.testing.assert_array_equal(infos["scenario"]["index"], [0, 0] if autoreset == "next_step" else [1, 1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DummyVecEnv, partial(SubprocVecEnv, start_method="spawn")])
def test_stable_baselines_monitors_many_at_once(kind):
    envs = VecMonitor(kind([partial(gym.make, f"vlagen_bench:{MAIN}", **STATE)] * 2))
    try:
        envs.seed(7)
        envs.reset()
        for _ in range(80):
            _, _, dones, infos = envs.step(np.stack([NOOP, NOOP]))
    finally:
        envs.close()
    assert dones.all()
    for number, info in enumerate(infos):
        assert info["episode"]["l"] == 80 and info["TimeLimit.truncated"]
        assert info["scenario"]["seed"] == 7 + number
        assert info["terminal_observation"].shape == envs.observation_space.shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "steps", "options"),
    [
        ("MlpPolicy", 256, {"obs_mode": "state", "flat": True, "state": "privileged"}),
        ("MultiInputPolicy", 32, {}),
        ("MultiInputPolicy", 64, {"obs_mode": "state"}),
        ("CnnPolicy", 32, {"flat": True}),
    ],
)
def test_ppo_of_stable_baselines_trains(policy, steps, options):
    env = gym.make(MAIN, normalized_actions=True, **options)
    check_for_sb3(env, skip_render_check=True)
    quick = {"ortho_init": False}  # seconds, for networks of pictures
    model = PPO(
        policy, env, n_steps=steps // 2, batch_size=16, n_epochs=1, seed=0, device="cpu", policy_kwargs=quick
    )  # fmt: skip
    before = {name: value.clone() for name, value in model.policy.state_dict().items()}
    model.learn(steps)
    assert model.num_timesteps == steps
    changed = [name for name, value in model.policy.state_dict().items() if not value.equal(before[name])]
    assert changed, "nothing was learned"
    episodes = [one["l"] for one in model.ep_info_buffer]
    # A random arm may push a thing onto the target, so that an episode ends early.
    assert len(episodes) >= steps // 80 and all(one <= 80 for one in episodes)


@pytest.mark.slow
def test_gymnasiums_make_vec_takes_our_entry_point():
    envs = gym.make_vec(MAIN, 2, obs_mode="state", max_episode_steps=3, autoreset="same_step")
    try:
        assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
        _, infos = envs.reset()
        np.testing.assert_array_equal(infos["scenario"]["seed"], [TRAINING_SEED, TRAINING_SEED + 1])
        ends = [envs.step(np.stack([NOOP, NOOP]))[3] for _ in range(3)]
    finally:
        envs.close()
    np.testing.assert_array_equal(ends, [[False] * 2, [False] * 2, [True] * 2])


@pytest.mark.slow
@pytest.mark.parametrize("many", [False, True])
def test_stable_baselines_eval_callback_logs_the_rate_of_success(tmp_path, many):
    """It reads `is_success` from the info of a last step."""
    make = partial(gym.make, MAIN, **STATE, max_episode_steps=2)
    model = PPO("MlpPolicy", make(), n_steps=4, batch_size=4, n_epochs=1, device="cpu")
    tested = DummyVecEnv([lambda: Monitor(make())] * 2) if many else Monitor(make())
    model.learn(4, callback=EvalCallback(tested, eval_freq=2, n_eval_episodes=2, log_path=str(tmp_path), verbose=0))
    found = np.load(tmp_path / "evaluations.npz")
    assert found["successes"].shape == (2, 2) and not found["successes"].any()
