"""Train a policy with PPO of Stable-Baselines3 on what a robot sees, on several processes, and score it.

pip install stable-baselines3
python examples/train_sb3.py --steps 1000000 --envs 8

`OPTIONS` may as well be `obs_mode="state", state="privileged"`, which is learned faster. Such a policy can be tested in the
environment, but not scored, since the policies that are scored are not told where things are.
"""

import argparse

import gymnasium as gym
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

import vlagen_bench

ENV = "vlagen_bench:VLAGen/TabletopPutOn-Main-v1"  # the module before the colon is imported first: it knows the id
OPTIONS = {"flat": True, "normalized_actions": True}  # the picture; Main trains from seed 1,000,000 on, suites use 0


def train(steps: int, num_envs: int, out: str) -> PPO:
    """A policy after so many steps; saved as `<out>.zip`."""
    # The simulator does not survive a fork, so each process is started afresh.
    envs = make_vec_env(
        ENV, num_envs, env_kwargs=OPTIONS, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "spawn"}
    )
    model = PPO("CnnPolicy", envs, n_steps=min(512, steps // num_envs), batch_size=64, device="cpu", verbose=1)
    model.learn(steps)
    envs.close()
    model.save(out)
    return model


def score(model: PPO, conditions: str | None, episodes: int, out: str) -> vlagen_bench.Run:
    """How it does under the conditions of the suite `quick`."""
    env = gym.make(ENV, **OPTIONS)  # says what the model saw, and what its actions meant
    policy = vlagen_bench.TrainedPolicy(lambda obs: model.predict(obs, deterministic=True)[0], env)
    return vlagen_bench.evaluate(policy, "quick", conditions=conditions, episodes=episodes, out=out)


def main() -> None:
    """Trains, then scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--envs", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=20, help="of each condition")
    parser.add_argument("--conditions", help="instead of those of the suite")
    parser.add_argument("--out", default="ppo", help="where the policy is saved, without .zip, and the run, with -run")
    args = parser.parse_args()
    model = train(args.steps, args.envs, args.out)
    run = score(model, args.conditions, args.episodes, f"{args.out}-run")
    print(run.table[["n", "rate", "low", "high", "drop"]])
    print(f"report: {run.path / 'report.html'}")


if __name__ == "__main__":
    main()
