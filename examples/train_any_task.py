"""Train PPO of Stable-Baselines3 on a task of ManiSkill, as the task is, and score it under the axes of execution and dynamics.

pip install stable-baselines3 psutil
python examples/train_any_task.py --steps 400000 --out push

The policy sees `obs_mode="state"`, which tells where things are: its runs are marked as those of an oracle, and are never ranked.
docs/any_task_training.md shows what came out.
"""

import argparse
import csv
import time
from pathlib import Path

import gymnasium as gym
import psutil
from mani_skill.utils.wrappers.gymnasium import CPUGymWrapper
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import SubprocVecEnv

import vlagen_bench

TASK, CONTROL = "PushCube-v1", "pd_joint_delta_pos"
OPTIONS = {"obs_mode": "state", "control_mode": CONTROL, "render_backend": "none"}
AXES = "mass:3,friction:3,action_noise:3,action_delay:3,robot_pose:3,object_position:3"
HELD_OUT_SEED = 1_000_000


def training_env() -> gym.Env:
    """The untouched task with numpy arrays. Success ends no episode, since what comes after it would be lost to the return."""
    env = gym.make(f"mani_skill.envs:{TASK}", reward_mode="normalized_dense", **OPTIONS)
    return CPUGymWrapper(env, ignore_terminations=True)


class Curve(BaseCallback):
    """Writes `<out>.csv`: after how many steps and seconds the policy succeeds in how many held-out episodes."""

    def __init__(self, path: Path, every: int, episodes: int) -> None:
        super().__init__()
        self.path, self.every, self.episodes, self.rows = path, every, episodes, []
        # Fresh scenes, as they are scored: with axes, such as {"mass": 3}, it would be a perturbed task.
        self.env = CPUGymWrapper(vlagen_bench.perturb(TASK, {}, **OPTIONS))
        self.begin = time.monotonic()

    def _on_rollout_start(self) -> None:
        if not self.rows or self.num_timesteps >= self.rows[-1]["steps"] + self.every:
            self.measure()

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        self.measure()
        self.env.close()

    def measure(self) -> None:
        """Another row, after what the training took so far: evaluations included."""
        successes = sum(self.succeeds(HELD_OUT_SEED + number) for number in range(self.episodes))
        processes = (psutil.Process(), *psutil.Process().children(recursive=True))
        cpu_s = sum(sum(process.cpu_times()[:2]) for process in processes)
        took = {"wall_s": round(time.monotonic() - self.begin), "cpu_s": round(cpu_s)}
        self.rows.append(
            {"steps": self.num_timesteps, **took, "episodes": self.episodes, "successes": successes}
        )
        print(self.rows[-1], flush=True)
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def succeeds(self, seed: int) -> bool:
        """Whether the most likely actions do the task before the episode is truncated."""
        observation, _ = self.env.reset(seed=seed)
        ended = truncated = False
        while not (ended or truncated):
            action, _ = self.model.predict(observation, deterministic=True)
            observation, _, ended, truncated, info = self.env.step(action)
        return bool(info["success"])


def train(steps: int, every: int, held_out: int, rollout: int, out: str) -> None:
    """A policy after so many steps, saved as `<out>.zip`; two processes with an environment each."""
    envs = SubprocVecEnv([training_env] * 2, start_method="spawn")  # the simulator does not survive a fork
    # As ManiSkill's own PPO: what a push is worth is seen within a few steps, so that the discount is strong.
    model = PPO(
        "MlpPolicy", envs, n_steps=rollout, batch_size=min(250, rollout), n_epochs=8, gamma=0.8, gae_lambda=0.9,
        target_kl=0.1, policy_kwargs={"net_arch": [256, 256], "log_std_init": -0.5}, seed=0, device="cpu",
    )  # fmt: skip
    model.learn(steps, callback=Curve(Path(f"{out}.csv"), every, held_out))
    envs.close()
    model.save(out)


def main() -> None:
    """Trains, then scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=400_000)
    parser.add_argument("--rollout", type=int, default=500, help="steps of each environment between two updates")
    parser.add_argument("--every", type=int, default=20_000, help="steps between two points of the curve")
    parser.add_argument("--held-out", type=int, default=20, help="episodes of a point")
    parser.add_argument("--axes", default=AXES)
    parser.add_argument("--episodes", type=int, default=20, help="of each condition")
    parser.add_argument("--out", default="push", help="where the policy is saved, without .zip; the run, with -run")
    args = parser.parse_args()
    train(args.steps, args.every, args.held_out, args.rollout, args.out)
    run = vlagen_bench.evaluate(
        f"sb3:{args.out}.zip", task=f'{TASK}{{"control_mode":"{CONTROL}"}}', axes=args.axes, episodes=args.episodes,
        policy_args={"obs_mode": "state"}, video="none", out=f"{args.out}-run",
    )  # fmt: skip
    print(run.table[["n", "rate", "low", "high", "drop"]])
    print(f"report: {run.path / 'report.html'}")


if __name__ == "__main__":
    main()
