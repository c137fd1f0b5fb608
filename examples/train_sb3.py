"""Train a policy with PPO of Stable-Baselines3 on privileged states, on several processes, and see how often it succeeds.

pip install stable-baselines3
python examples/train_sb3.py --steps 1000000 --envs 8
"""

import argparse

import gymnasium as gym
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

ENV = "vlagen_bench:VLAGen/TabletopPutOn-Main-v1"  # the module before the colon is imported first: it knows the id
OPTIONS = {"obs_mode": "state", "state": "privileged", "flat": True, "normalized_actions": True}
TEST_SEED = 2_000_000  # Main trains from 1,000,000 on, suites score from 0 on


def train(steps: int, num_envs: int, out: str) -> PPO:
    """A policy after so many steps; saved as `<out>.zip`."""
    # The simulator does not survive a fork, so each process is started afresh.
    envs = make_vec_env(
        ENV, num_envs, env_kwargs=OPTIONS, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "spawn"}
    )
    model = PPO("MlpPolicy", envs, n_steps=min(512, steps // num_envs), batch_size=64, device="cpu", verbose=1)
    model.learn(steps)
    envs.close()
    model.save(out)
    return model


def success_rate(model: PPO, episodes: int) -> float:
    """On episodes that it was not trained on."""
    env = gym.make(ENV, **OPTIONS)
    successes = 0
    for number in range(episodes):
        obs, info = env.reset(seed=TEST_SEED + number)
        ended = False
        while not ended:
            obs, _, terminated, truncated, info = env.step(model.predict(obs, deterministic=True)[0])
            ended = terminated or truncated
        successes += info["success"]
    return successes / episodes


def main() -> None:
    """Trains, then tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--envs", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=20, help="to test on")
    parser.add_argument("--out", default="ppo", help="where the policy is saved, without .zip")
    args = parser.parse_args()
    model = train(args.steps, args.envs, args.out)
    print(f"success: {success_rate(model, args.episodes):.0%} of {args.episodes} episodes")


if __name__ == "__main__":
    main()
