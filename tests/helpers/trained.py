"""A world to learn in without a simulator: the first decision about the gripper is right or wrong, and that is all."""

import os
import resource
import signal
from dataclasses import dataclass, replace

import numpy as np
import torch

from vlagen_bench.errors import AssetError
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.config import PpoConfig, RolloutConfig
from vlagen_bench.train.listener import Listener
from vlagen_bench.train.rollout_worker import Play, RolloutWorker, WorkerSetup
from vlagen_bench.train.rollouts import weights_of
from vlagen_bench.train.training_episodes import episode_of, task_of
from vlagen_bench.train.trajectories import Job, Trajectory

TINY = CompactConfig(
    cameras={"front": 16}, chunk=2, bins=4, widths=(8, 8), blocks=1, keypoints=2, hidden=32, slot=8
)  # fmt: skip
"""tokens 0 to 3; of the gripper, 3 opens it, which is right"""
STEPS = 5
"""after which an episode of this world is truncated, within its third chunk"""


@dataclass(frozen=True, kw_only=True)
class ChoiceStatus:
    success: bool
    grasped: bool
    consecutive_grasp: bool = False


class ChoiceSim:
    """Done if the first action opens the gripper; never, if it does not. Shows how many steps there were."""

    instruction = "open the gripper"

    def __init__(self, task=None, cameras=None):
        pass

    def reset(self, episode):
        self.steps, self.right = 0, None

    def advance(self, action):
        self.steps += 1
        self.right = bool(action[6] > 0) if self.right is None else self.right
        return ChoiceStatus(success=self.right, grasped=self.right)

    def observe(self):
        return {
            "images": {"front": np.full((16, 16, 3), 40 * self.steps, np.uint8)},
            "state": np.full(15, self.steps, np.float32),
        }


class HereRollouts:
    """Plays in this process, in the world of `make_sim`."""

    make_sim = ChoiceSim

    def __init__(self, setup, *, workers=0, note=print, answers=None):
        self._worker = RolloutWorker(replace(setup, make_sim=type(self).make_sim), answers)
        self._is_served = answers is not None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def play(self, model, jobs, ended=lambda _: None):
        played = {}
        weights = {} if self._is_served else weights_of(model)

        def hear(trajectory):
            played[trajectory.slot] = trajectory
            ended(trajectory)

        self._worker.play(Play(weights=weights, jobs=jobs), hear)
        return [played[job.slot] for job in jobs]


def model_of(critic="shared"):
    """New networks for this world, always the same ones."""
    torch.manual_seed(0)
    return ActorCritic(CompactNetwork(TINY), critic).eval()


def played(model, config, count=32, answers=None):
    """Rollouts of this world; `answers` are the networks, if others than the worker have them."""
    setup = WorkerSetup(
        task=task_of("words"), network=TINY, critic=model.kind, temperature=config.temperature,
        precision=config.precision, simulators=8, max_steps=STEPS, served=answers is not None,
    )  # fmt: skip
    episode = episode_of("words", index=0, seed=2_000_000)
    return HereRollouts(setup, answers=answers).play(model, jobs(episode, count))


def same_vectors(texts):
    """In place of the sentence encoder, which takes a second to load."""
    return np.stack([np.full(384, 384**-0.5, np.float32) for _ in texts])


def tiny_config(kind=PpoConfig, **changes):
    """A configuration in which there is something to learn in seconds."""
    rollouts = RolloutConfig(episodes=32, simulators=8, workers=1, max_steps=STEPS)
    usual = dict(iterations=3, network=TINY, rollouts=rollouts, minibatch=32, lr=3e-3, kl_stop=0.0, epochs=2)
    return kind(**(usual | changes))


def made(rewards, *, executed=None, values=None, truncated=False, last_value=0.0, slot=0):
    """A trajectory of these rewards (T, K) and hardly anything else."""
    rewards = np.asarray(rewards, np.float32)
    count, chunk = rewards.shape
    return Trajectory(
        slot=slot,
        images={"front": np.zeros((count, 16, 16, 3), np.uint8)},
        state=np.zeros((count, 15), np.float32),
        sentence=np.zeros(384, np.float32),
        tokens=np.full((count, chunk, 7), 2, np.int16),
        log_probs=np.zeros((count, chunk), np.float32),
        values=np.zeros(count, np.float32) if values is None else np.asarray(values, np.float32),
        rewards=rewards,
        executed=np.full(count, chunk) if executed is None else np.asarray(executed),
        success=not truncated,
        truncated=truncated,
        last_value=last_value,
    )


def same(left, right):
    """Whether two trajectories are the same, to the last bit."""
    arrays = ("state", "sentence", "tokens", "log_probs", "values", "rewards", "executed")
    numbers = ("slot", "success", "truncated", "last_value")
    return (
        all(np.array_equal(getattr(left, name), getattr(right, name)) for name in arrays)
        and all(getattr(left, name) == getattr(right, name) for name in numbers)
        and all(np.array_equal(left.images[name], right.images[name]) for name in left.images)
    )


def jobs(episode, count):
    return [Job(slot=slot, episode=episode, draws=100 + slot) for slot in range(count)]


class FullDisk(Listener):
    """After an iteration no file may become larger than this, as on a disk that is full; a context manager, at whose end all may."""

    def __init__(self, iteration, largest_bytes):
        self._iteration, self._largest = iteration, largest_bytes

    def __enter__(self):
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        return self

    def __exit__(self, *error):
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)

    def iterated(self, line):
        if line["iteration"] == self._iteration:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._largest, self._before[1]))


class TrapSim(ChoiceSim):
    """Goes wrong at the first reset in any process, and not again: `kill` ends the process, other names are errors."""

    def __init__(self, what, flag, task=None, cameras=None):
        self._what, self._flag = what, flag

    def reset(self, episode):
        if not self._flag.exists():
            self._flag.touch()
            if self._what == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise AssetError("The pack is gone.") if self._what == "asset" else ValueError("one\ntwo")
        super().reset(episode)
