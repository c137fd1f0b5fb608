"""One attempt in a worker: the player of a job, and an episode that it plays and stores."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vlagen_bench.demonstrations import parts, privileged
from vlagen_bench.demonstrations.features import features_of
from vlagen_bench.demonstrations.job import Job, PolicyChoice
from vlagen_bench.demonstrations.parts import Attempt
from vlagen_bench.demonstrations.play import Player
from vlagen_bench.errors import CodeError, PolicyError, VlagenError
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.policies import base
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.sim.interface import Sim
from vlagen_bench.utils.text import one_line


def player_of(job: Job) -> Player:
    """The player of a job, with the simulator of its task."""
    from vlagen_bench.sim.simulator import Simulator  # only here: it loads SAPIEN

    sim = Simulator.of(job.task, cameras=job.cameras)
    return Player(
        sim=sim,
        task=job.task,
        demonstrator=_caller(job, job.policy, sim),
        beginner=None if job.takeover is None else _caller(job, job.takeover, sim),
        noise=job.noise,
        positions=privileged.positions,
    )


def _caller(job: Job, choice: PolicyChoice, sim: Sim) -> PolicyCaller:
    loaded = base.load(choice.name, choice.arguments)
    return PolicyCaller(loaded, action_dim=job.scene.robot.action_dim, sim=sim if loaded.privileged else None)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a worker is made of."""

    job: Job
    folder: Path
    """of the dataset"""
    make_player: Callable[[Job], Player] = player_of


class Attempts:
    """Makes attempts, one after the other, in this process."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._player = recipe, recipe.make_player(recipe.job)
        self._features = features_of(recipe.job.scene)
        self._cpu_s = 0.0

    def make(self, index: int) -> Attempt:
        """Plays an episode and stores it; what goes wrong in it alone is an attempt that ended as an error.

        Raises:
            VlagenError: what the user has to fix first, since every other episode would fail, too.
        """
        job, error, recording, frames = self._recipe.job, None, None, 0
        try:
            recording = self._player.play(job.distribution.episode(index))
            kept = (recording.success or not job.only_success) and recording.has_labels
            if kept:
                with writing_to(self._recipe.folder):
                    frames = parts.write(
                        self._recipe.folder, index, recording, self._features, idle_kept=not job.drop_idle
                    )
        except (PolicyError, CodeError) as caught:  # of this episode: it may be right in others
            error = str(caught)
        except (VlagenError, OSError):
            raise
        except Exception as caught:
            error = f"simulator: {one_line(caught)}"
        before, self._cpu_s = self._cpu_s, time.process_time()
        attempt = Attempt(
            index=index,
            outcome="error" if error or recording is None else "success" if recording.success else "failure",
            kept=not error and frames > 0,
            steps=0 if recording is None else len(recording.frames),
            frames=frames,
            cpu_s=round(self._cpu_s - before, 4),
            error=error,
        )
        with writing_to(self._recipe.folder):
            parts.finish(self._recipe.folder, attempt)
        return attempt
