"""Collections in a world without a simulator: each step moves a number towards 1, at which an episode succeeds."""

import os
import signal
from pathlib import Path

import numpy as np

from helpers.fakes import FakeSim
from vlagen_bench.demonstrations import distribution, privileged
from vlagen_bench.demonstrations.attempts import Attempts, Recipe
from vlagen_bench.demonstrations.collect import Collector
from vlagen_bench.demonstrations.disturbance import Noise
from vlagen_bench.demonstrations.job import Job, cameras_of
from vlagen_bench.demonstrations.play import Player
from vlagen_bench.demonstrations.workers import Workers
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.scenes import specs

STEP = 0.25
FAILS_EVERY = 3
"""of so many episodes, one moves away from its goal"""


class FramedSim(FakeSim):
    """With the pictures and the state that the tabletop has; pictures differ from step to step."""

    def reset(self, episode):
        self.episode, self.steps = episode, 0
        return super().reset(episode)

    def advance(self, action):
        self.steps += 1
        return super().advance(action)

    def observe(self):
        front = np.full((32, 32, 3), self.steps, np.uint8)
        front[0, 0] = self.episode.index % 256
        images = {"front": front, "wrist": front[:16, :16]}
        return {"image": front, "images": images, "state": np.full(15, self.x, np.float32)}


class Steady:
    """Goes to the goal in steps, and away from it in some episodes."""

    def __init__(self, sign=1.0):
        self.sign = sign

    def attach(self, sim):
        self.sim = sim

    def act(self, obs, instr):
        away = self.sim.episode.index % FAILS_EVERY == FAILS_EVERY - 1
        return np.array([-STEP if away else STEP, 0, 0, 0, 0, 0, 1.0], np.float32)


def positions(sim):
    return {name: np.full(width, sim.steps, np.float32) for name, width in privileged.WIDTHS.items()}


def caller(policy, sim):
    return PolicyCaller(LoadedPolicy(name="fake", policy=policy, arguments={}), action_dim=7, sim=sim)


def player(job, demonstrator=None, beginner=None):
    sim = FramedSim()
    return Player(
        sim=sim,
        task=job.task,
        demonstrator=caller(demonstrator or Steady(), sim),
        beginner=None if beginner is None else caller(beginner, sim),
        noise=job.noise,
        positions=positions,
    )


class Deadly(Steady):
    """Kills its process in episode 2, as long as there is a file."""

    def act(self, obs, instr):
        trap = Path(os.environ["VLAGEN_TEST_TRAP"])
        if self.sim.episode.index == 2 and trap.exists():
            trap.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().act(obs, instr)


def deadly_player(job):
    return player(job, Deadly())


def job(**changes):
    scene = specs.scene("tabletop")
    settings = {
        "distribution": distribution.load("words"),
        "cameras": cameras_of(scene, "front,wrist", "front=32,wrist=16"),
        "noise": Noise(),
    }
    return Job(**{**settings, **changes})


class Alone(Workers):
    """Makes attempts in this process."""

    def made(self, next_index):
        attempts = Attempts(self._recipe)
        while (index := next_index()) is not None:
            yield attempts.make(index)


def collector(folder, of_job, make_player=player, **options):
    return Collector(Recipe(job=of_job, folder=folder, make_player=make_player), **options)


def collected(folder, of_job, episodes, *, workers=1, make_player=player, pool=Alone, **options):
    """Collects so many episodes, in this process; what came of it."""
    with collector(folder, of_job, make_player, **options) as collecting:
        for _ in collecting.play(episodes, workers=workers, pool=pool):
            pass
        return collecting.finish()
