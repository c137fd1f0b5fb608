"""Fake worlds and policies that processes of a Ray cluster import."""

import os
import time
from pathlib import Path

from helpers.fakes import Batcher, FakeSim, Stepper
from helpers.workers import VICTIM


class SlowSim(FakeSim):
    def advance(self, action):
        time.sleep(0.1)
        return super().advance(action)


class Picky(Batcher):
    """Fails at one episode, and with it a whole batch."""

    def one(self, episode_id):
        if episode_id == VICTIM.id:
            raise KeyError("weights")
        return super().one(episode_id)


class Sluggish(Batcher):
    """Does not come back from one episode."""

    def one(self, episode_id):
        if episode_id == VICTIM.id and self.steps[episode_id] == 1:
            time.sleep(600)
        return super().one(episode_id)


class Scribbler(Stepper):
    """Writes into what it sees."""

    spec = {"gripper": "sideways"}  # noqa: RUF012 - as users write it

    def act(self, obs, instr):
        obs["image"][:] = 0
        assert obs["images"]["camera"] is obs["image"]
        return super().act(obs, instr)


class Interrupter(Stepper):
    """Acts as if somebody had pressed Ctrl-C, in one episode."""

    def act(self, obs, instr):
        if obs["episode_id"] == VICTIM.id:
            raise KeyboardInterrupt
        return super().act(obs, instr)


class SlowToLoad(Stepper):
    def __init__(self):
        time.sleep(3)


class Unloadable:
    def __init__(self):
        os._exit(1)


class PortableFilm:
    """A film of which only the number of frames is seen."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def into(self, folder):
        return PortableFilm(folder)

    def keep(self, name, content):
        (self.folder / name).write_bytes(content)

    def write(self, result, frames):
        (self.folder / result.episode.id).write_text(f"{len(frames)} {os.getpid()}")
