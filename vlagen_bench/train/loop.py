"""The loop of reinforcement learning: rollouts, an update, the state, the log, and scores on held-out episodes."""

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import torch

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies.compact.checkpoint import OF_A_RELEASE
from vlagen_bench.policies.compact.config import ACTION_DIM
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.scenes import specs
from vlagen_bench.train import held_out, numbers, policy_files, run_folder, state
from vlagen_bench.train.algorithms import ALGORITHMS, Algorithm
from vlagen_bench.train.answers import Answers
from vlagen_bench.train.config import TrainConfig
from vlagen_bench.train.devices import CPU, device_of
from vlagen_bench.train.listener import Listener, Trained
from vlagen_bench.train.rollout_worker import WorkerSetup
from vlagen_bench.train.rollouts import Rollouts
from vlagen_bench.train.run_folder import TrainFolder
from vlagen_bench.train.sinks import Sinks
from vlagen_bench.train.state import Counters
from vlagen_bench.train.training_episodes import distribution_hash, task_of
from vlagen_bench.train.trajectories import Trajectory
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import cores, return_memory
from vlagen_bench.utils.seeding import stream


def run(
    algorithm: str,
    config: TrainConfig,
    out: Path,
    *,
    listener: Listener | None = None,
    minutes: float | None = None,
) -> Trained:
    """Trains until all iterations are done; goes on where `out` holds the same run already.

    A run that was interrupted, at any time, and went on has the same weights, bit for bit, as one that was not, on one machine
    with the same number of workers and threads. An iteration that was not finished is done again from its start.

    Args:
        algorithm: one of `ALGORITHMS`.
        config: of its kind.
        out: the folder of the run.
        listener: is told how it goes on.
        minutes: after which no further iteration begins.

    Raises:
        VlagenError: what the user can fix.
    """
    listener, device = listener or Listener(), device_of(config.device)
    with run_folder.opened(out, algorithm, config) as folder:
        trainer = _Trainer(folder, algorithm, config, listener, device)
        with trainer.open():
            return trainer.train(minutes)


def _check_robot(task: Task) -> None:
    """Raises `ConfigError` for a robot that takes other actions than policies give here."""
    wanted = specs.of_task(task).robot.action_dim
    if wanted != ACTION_DIM:
        raise ConfigError(
            f"rollouts: distribution: the robot of {task.name} takes actions of {wanted} numbers, and policies are trained here to give "
            f"{ACTION_DIM}. Take another task."
        )


class _Trainer:
    """A run that goes on in one process."""

    def __init__(
        self, folder: TrainFolder, algorithm: str, config: TrainConfig, listener: Listener, device: torch.device
    ) -> None:
        self._folder, self._config, self._listener = folder, config, listener
        self._task: Task = task_of(config.rollouts.distribution)
        _check_robot(self._task)
        held_out.check(self._task, config.evaluation)
        folder.require_same("distribution", distribution_hash(config.rollouts.distribution))
        self._files = policy_files.files_of(config)
        if folder.state.is_file():
            folder.require_start()
        start, self._card = self._files.begin(folder.start)
        _, kind = ALGORITHMS[algorithm]
        self._algorithm: Algorithm[Any] = kind(config, start, device)
        self._kept = self._files.kept(self._algorithm.model)
        self._counters = Counters()
        self._last: dict[str, Any] = {}
        if folder.state.is_file():
            self._counters, self._last = state.load(folder.state, self._kept, self._algorithm.optimizer)
            folder.mend_log(self._counters.iterations, self._last)
        elif folder.log.is_file():
            folder.mend_log(0, {})  # lines of iterations whose state is gone

    @contextmanager
    def open(self) -> Iterator[None]:
        """Workers and logs, which end with it; threads as they were."""
        config, model = self._config, self._algorithm.model
        threads = torch.get_num_threads()
        # A large policy is in memory once, and a GPU answers faster than the cores of the workers.
        answers = Answers(model, config.temperature, config.precision) if config.model or model.device != CPU else None
        setup = WorkerSetup(
            task=self._task, network=self._files.sizes(model.policy), critic=model.kind, temperature=config.temperature,
            precision=config.precision, simulators=config.rollouts.simulators, served=answers is not None,
            max_steps=min(config.rollouts.max_steps or self._task.max_steps, self._task.max_steps),
        )  # fmt: skip
        with ExitStack() as stack:
            stack.callback(torch.set_num_threads, threads)
            torch.set_num_threads(config.threads or cores())
            self._sinks = stack.enter_context(
                Sinks(config, self._algorithm.name, self._folder.path, self._listener.note)
            )
            workers = Rollouts(setup, workers=config.rollouts.workers, note=self._listener.note, answers=answers)
            self._rollouts = stack.enter_context(workers)
            yield

    def train(self, minutes: float | None) -> Trained:
        """All iterations that are left, or those for which there is time."""
        total, until = self._config.iterations, math.inf if minutes is None else time.monotonic() + 60 * minutes
        self._listener.began(self._counters.iterations, total)
        if not self._folder.state.is_file() and self._config.evaluation.every:
            self._keep({"iteration": 0, **self._score(0)})
        while self._counters.iterations < total and time.monotonic() < until:
            self._iterate(self._counters.iterations)
        done = self._counters.iterations
        if not self._files.is_whole(self._folder.policy, self._algorithm.model.policy):
            self._save_policy(self._folder.policy)
        is_compact = not self._config.model
        return Trained(policy=self._folder.policy, iterations=done, complete=done >= total, is_compact=is_compact)

    def _iterate(self, iteration: int) -> None:
        """Iteration number `iteration`, from 0; all that it draws depends on that number and the seed alone."""
        line = self._learn(iteration)
        return_memory()  # else that of an update's arrays, of ever other sizes, stays beside the processes of a score
        self._keep(line | self._score_if_due(iteration + 1))

    def _learn(self, iteration: int) -> dict[str, Any]:
        """Plays and updates; the line of the log."""
        began = time.monotonic()
        torch.manual_seed(int(stream(self._config.seed, "torch", iteration).randint(2**31)))
        jobs, ended = self._algorithm.jobs(iteration), count(1)

        def hear(trajectory: Trajectory) -> None:
            self._listener.played(next(ended), len(jobs))

        played = self._rollouts.play(self._algorithm.model, jobs, hear)
        rolled = time.monotonic()
        learned = self._algorithm.update(iteration, played, stream(self._config.seed, "update", iteration))
        updated = time.monotonic()
        self._require_numbers(iteration)
        before = self._counters
        self._counters = Counters(
            iterations=iteration + 1,
            control_steps=before.control_steps + sum(one.steps for one in played),
            episodes=before.episodes + len(played),
            seconds=before.seconds + updated - began,
        )
        return {
            "iteration": iteration + 1, "control_steps": self._counters.control_steps,
            "episodes": self._counters.episodes, **numbers.of_rollouts(played), **learned,
            "rollout_s": round(rolled - began, 3), "update_s": round(updated - rolled, 3),
        }  # fmt: skip

    def _require_numbers(self, iteration: int) -> None:
        """Raises `RunError` after an update that made weights NaN or infinite: kept, they would be all that the run goes on with."""
        trained = (one for one in self._algorithm.model.parameters() if one.requires_grad)
        if not all(bool(torch.isfinite(one).all()) for one in trained):
            raise RunError(
                f"The update of iteration {iteration + 1} made weights that are NaN or infinite, and is not kept: {self._folder.path} is "
                f"as it was after iteration {iteration}. Begin in another folder (--out DIR) with smaller steps, such as a lower `lr`."
            )

    def _score_if_due(self, done: int) -> dict[str, float]:
        every = self._config.evaluation.every
        is_due = bool(every) and (done % every == 0 or done == self._config.iterations)
        return self._score(done) if is_due else {}

    def _score(self, done: int) -> dict[str, float]:
        path = self._folder.kept(done)
        self._save_policy(path)
        return held_out.score(
            path, self._task, self._config.evaluation, self._folder.evaluation(done), self._listener.note
        )

    def _keep(self, line: dict[str, Any]) -> None:
        """The state before the log, with the line in it, so that a line is in the log once, wherever the process ends.

        The policy before both: a run whose state is that of its last iteration is not looked at again.
        """
        line = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in line.items()
        }
        self._save_policy(self._folder.policy)
        with writing_to(self._folder.path):
            state.save(self._folder.state, self._kept, self._algorithm.optimizer, self._counters, line)
            self._folder.append(line)
        self._sinks.write(line)
        self._listener.iterated(line)

    def _save_policy(self, path: Path) -> None:
        card, done = self._card, self._counters
        stages = card.trained_by if card.trained_by != "nothing" else ""
        card = replace(
            card, name=f"{self._folder.path.name}-{done.iterations}",
            trained_by=", ".join(filter(None, [stages, self._algorithm.name])),
            rl_steps=card.rl_steps + done.control_steps, temperature=self._config.temperature, **OF_A_RELEASE,
        )  # fmt: skip
        with writing_to(self._folder.path):
            self._files.save(path, self._algorithm.model.policy, card)
