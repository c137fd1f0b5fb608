"""The pool of rollout workers: hands episodes out, collects trajectories, and replaces workers that die."""

from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from types import TracebackType

import numpy as np
from torch import nn

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.train.answers import Answer, Answers, Question
from vlagen_bench.train.rollout_worker import Play, WorkerSetup, main
from vlagen_bench.train.trajectories import Job, Trajectory
from vlagen_bench.utils.processes import cores
from vlagen_bench.utils.spawned import SpawnedProcess

DEATHS = 3
"""of workers in one iteration, after which there is no further try"""


class Rollouts:
    """Workers that play complete episodes.

    A trajectory depends on its episode, the seed of its draws and the weights: not on which worker plays it, or on what
    else is played meanwhile, as far as the network's numbers for one row of a batch depend on no other row. They do not on
    the processors where this was tested, in batches of 4 and more (`rollout_worker.ROWS`); a test compares one worker with two.
    The share of each worker is fixed all the same, so that a run on one machine repeats itself bit for bit even
    where that does not hold.
    """

    def __init__(
        self,
        setup: WorkerSetup,
        *,
        workers: int = 0,
        note: Callable[[str], None] = print,
        answers: Answers | None = None,
    ) -> None:
        """No process starts yet.

        Args:
            setup: what each worker is made of.
            workers: how many; 0: one for each core that this process may use.
            note: receives a line for each worker that is replaced.
            answers: the networks where `setup.served` says that this process has them: one copy on one device, which the
                workers wait for. Else each worker has its own, on the CPU.
        """
        self._setup, self._note, self._answers = setup, note, answers
        self._workers: list[_Worker | None] = [None] * (workers or cores())

    def __enter__(self) -> "Rollouts":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all workers."""
        for worker in self._workers:
            if worker is not None:
                worker.stop()
        self._workers = [None] * len(self._workers)

    @property
    def memory_mb(self) -> float:
        """Resident memory of the workers."""
        return sum(worker.memory_mb for worker in self._workers if worker is not None)

    def play(
        self, model: nn.Module, jobs: Sequence[Job], ended: Callable[[Trajectory], None] = lambda _: None
    ) -> list[Trajectory]:
        """Plays all episodes with the weights of `model`, an `ActorCritic`.

        Args:
            model: whose state is sent to the workers, if they have networks.
            jobs: each with a slot of its own.
            ended: is called with each trajectory as it arrives.

        Returns:
            The trajectories, in the order of `jobs`.

        Raises:
            VlagenError: an episode cannot be played, or too many workers died.
        """
        weights = {} if self._setup.served else weights_of(model)
        shares = {number: list(jobs[number :: len(self._workers)]) for number in range(len(self._workers))}
        finished: dict[int, Trajectory] = {}
        deaths = 0
        for number in [number for number, share in shares.items() if share]:
            self._worker(number)  # all start before the first is sent something, which waits until it has
        for number, share in shares.items():
            self._order(number, weights, share)
        while len(finished) < len(jobs):
            left = {number: [job for job in share if job.slot not in finished] for number, share in shares.items()}
            waiting = {worker.connection: n for n, worker in enumerate(self._workers) if worker and left[n]}
            for connection in wait(list(waiting)):
                number = waiting[connection]  # type: ignore[index]  # these are the connections that were given
                try:
                    said = self._worker(number).receive()
                except _WorkerDied as death:
                    deaths += 1
                    rest = [job for job in left[number] if job.slot not in finished]
                    self._replace(number, str(death), len(rest), deaths)
                    self._order(number, weights, rest)
                    continue
                if isinstance(said, Question):
                    assert self._answers is not None, "workers ask where the setup says so"
                    self._worker(number).send(self._answers(said))
                    continue
                finished[said.slot] = said
                ended(said)
        return [finished[job.slot] for job in jobs]

    def _order(self, number: int, weights: Mapping[str, np.ndarray], jobs: Sequence[Job]) -> None:
        if jobs:
            self._worker(number).send(Play(weights=weights, jobs=jobs))

    def _worker(self, number: int) -> "_Worker":
        worker = self._workers[number] = self._workers[number] or _Worker(self._setup)
        return worker

    def _replace(self, number: int, death: str, episodes: int, deaths: int) -> None:
        worker = self._workers[number]
        if worker is not None:
            worker.stop()
        self._workers[number] = None
        if deaths > DEATHS:
            raise RunError(
                f"A rollout worker {death}, the {deaths}th time in this iteration. Is there enough memory? Use fewer "
                f"`rollouts: simulators` or `workers`; the run goes on where it stopped."
            )
        self._note(f"A rollout worker {death}. Another one plays its {episodes} unfinished episodes from their start.")


def weights_of(model: nn.Module) -> dict[str, np.ndarray]:
    """The state of a model as workers are sent it."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


class _WorkerDied(Exception):
    """Says how."""


class _Worker:
    """A worker as this process sees it."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._process = SpawnedProcess(main, setup, 1)
        self.connection = self._process.connection

    def send(self, message: Play | list[Answer]) -> None:
        """Tells it what to play, or what it asked."""
        self._process.send(message)

    def receive(self) -> Trajectory | Question:
        """Its next trajectory, or what it has to know for it."""
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            raise _WorkerDied(self._process.death()) from None
        if isinstance(said, VlagenError):
            raise said
        if isinstance(said, str):
            raise RunError(f"A rollout worker failed: {said}. This is a fault of the program; the run can be resumed.")
        assert isinstance(said, Trajectory | Question)
        return said

    @property
    def memory_mb(self) -> float:
        """Its resident memory."""
        return self._process.memory_mb

    def stop(self) -> None:
        """Ends it at once: between two orders it has nothing that is not said."""
        self._process.stop()
