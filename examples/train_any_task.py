"""Train PPO of Stable-Baselines3 on a task of ManiSkill, as the task is, and score it under axes of execution and dynamics.

pip install stable-baselines3 psutil
python examples/train_any_task.py --steps 1200000 --every 50000 --out push

The policy sees `obs_mode="state"`, which tells where things are: its runs are marked as those of an oracle, and never ranked.
docs/any_task_training.md shows what came out.
"""

import argparse
import time
from pathlib import Path

import gymnasium as gym
import psutil
import torch
from mani_skill.utils.wrappers.gymnasium import CPUGymWrapper
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import SubprocVecEnv

import vlagen_bench

TASK = "PushCube-v1"
OPTIONS = {"obs_mode": "state", "render_backend": "none"}


def training_env() -> gym.Env:
    """The untouched task, as numpy arrays. Success does not end an episode: all reward after it would be lost."""
    env = gym.make(f"mani_skill.envs:{TASK}", reward_mode="normalized_dense", **OPTIONS)
    return CPUGymWrapper(env, ignore_terminations=True)


class Curve(BaseCallback):
    """Saves the policy, how many held-out episodes it solves, and what the training took so far, evaluations included."""

    def __init__(self, path: Path, every: int, episodes: int) -> None:
        super().__init__()
        self.path, self.every, self.episodes, self.rows = path, every, episodes, []
        # With axes, such as {"mass": 3}, it would be the perturbed task; each episode has a fresh scene.
        self.env = CPUGymWrapper(vlagen_bench.perturb(TASK, {}, **OPTIONS))

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if not self.rows or self.num_timesteps >= self.rows[-1]["steps"] + self.every:
            self._on_training_end()

    def _on_training_end(self) -> None:
        solved = sum(self.solves(1_000_000 + number) for number in range(self.episodes))
        processes = (psutil.Process(), *psutil.Process().children(recursive=True))
        cpu_s = sum(sum(process.cpu_times()[:2]) for process in processes)
        took = {"wall_s": round(time.time() - processes[0].create_time()), "cpu_s": round(cpu_s)}
        self.rows.append({"steps": self.num_timesteps, **took, "episodes": self.episodes, "solved": solved})
        print(self.rows[-1], flush=True)
        lines = [",".join(map(str, row)) for row in (self.rows[0], *(row.values() for row in self.rows))]
        self.path.write_text("\n".join(lines) + "\n")
        self.model.save(self.path.with_suffix(".zip"))

    def solves(self, seed: int) -> bool:
        """Whether the most likely actions do the task before the episode is truncated."""
        (observation, _), ended, truncated = self.env.reset(seed=seed), False, False
        while not (ended or truncated):
            action, _ = self.model.predict(observation, deterministic=True)
            observation, _, ended, truncated, info = self.env.step(action)
        return bool(info["success"])


def train(steps: int, every: int, held_out: int, out: str) -> None:
    """A policy after so many steps, saved as `<out>.zip`, with its curve, `<out>.csv`; two processes with an environment each."""
    torch.set_num_threads(1)  # of networks so small, a second thread waits more than it works
    envs = SubprocVecEnv([training_env] * 2, start_method="spawn")  # the simulator does not survive a fork
    rollout, kwargs = min(2000, steps // 2), {"net_arch": [256, 256], "log_std_init": -0.5}
    model = PPO("MlpPolicy", envs, n_steps=rollout, batch_size=min(250, rollout), n_epochs=8, gamma=0.8, gae_lambda=0.9,
        target_kl=0.1, learning_rate=lambda left: 3e-4 * min(1.0, 4 * left),  # smaller in the last quarter
        policy_kwargs=kwargs, seed=0, device="cpu")  # fmt: skip
    model.learn(steps, callback=Curve(Path(f"{out}.csv"), every, held_out))
    envs.close()


def main() -> None:
    """Trains, then scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_200_000)
    parser.add_argument("--every", type=int, default=50_000, help="steps between two points of the curve")
    parser.add_argument("--held-out", type=int, default=20, help="episodes of a point")
    parser.add_argument("--axes", default="object_position:3,robot_pose:3,mass:3,friction:3,action_noise:3")
    parser.add_argument("--episodes", type=int, default=20, help="of each condition")
    parser.add_argument("--out", default="push", help="where the policy is saved, without .zip; the run, with -run")
    args = parser.parse_args()
    train(args.steps, args.every, args.held_out, args.out)
    run = vlagen_bench.evaluate(f"sb3:{args.out}.zip", task=TASK, axes=args.axes, episodes=args.episodes,
        policy_args={"obs_mode": "state"}, video="none", out=f"{args.out}-run")  # fmt: skip
    print(run.table[["n", "rate", "low", "high", "drop"]], f"report: {run.path / 'report.html'}", sep="\n")


if __name__ == "__main__":
    main()
