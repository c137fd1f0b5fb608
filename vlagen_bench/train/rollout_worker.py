"""The worker of rollouts: a process with several simulators, and the networks or a way to ask them, which plays its share of the episodes."""

import contextlib
import faulthandler
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.harness.worker import simulator
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.tasks import family_of
from vlagen_bench.train.actor_critic import ActorCritic
from vlagen_bench.train.answers import Answer, Answers, Question
from vlagen_bench.train.config import CriticKind, Precision
from vlagen_bench.train.policy import Sizes
from vlagen_bench.train.trajectories import Job, Trajectory
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import end_with_the_parent
from vlagen_bench.utils.text import one_line

Ask = Callable[[Question], list[Answer]]


@dataclass(frozen=True, kw_only=True)
class WorkerSetup:
    """What a worker is made of."""

    task: Task
    network: Sizes
    """of the policy: a `CompactConfig` where the worker has the networks"""
    critic: CriticKind
    temperature: float
    precision: Precision
    simulators: int
    max_steps: int
    make_sim: Callable[[Task, CameraChoice], Any] = simulator
    """makes each simulator"""
    served: bool = False
    """whether the process that started the worker has the networks, and answers its questions"""


@dataclass(frozen=True, kw_only=True)
class Play:
    """Episodes to play."""

    weights: Mapping[str, np.ndarray]
    """of the networks; empty where others answer"""
    jobs: Sequence[Job]


class Player:
    """A simulator, and the trajectory of the episode that it plays."""

    def __init__(self, simulator: Any, setup: "WorkerSetup") -> None:
        self._simulator, self._config, self._max_steps = simulator, setup.network, setup.max_steps
        self._potential_of = family_of(setup.task).potential
        self._ends_on_success = setup.task.ends_on_success

    def begin(self, job: Job) -> None:
        """Starts an episode."""
        self.job = job
        self._simulator.reset(job.episode)
        self._steps = 0
        self._potential, self._success = 0.0, False
        self._seen: list[dict[str, Any]] = []
        self._answers: list[Answer] = []
        self._rewards: list[np.ndarray] = []
        self._executed: list[int] = []

    @property
    def instruction(self) -> str:
        """Of the episode."""
        text: str = self._simulator.instruction
        return text

    @property
    def decided(self) -> int:
        """Decisions so far."""
        return len(self._answers)

    def observe(self) -> dict[str, Any]:
        """What the policy sees now."""
        self._seen.append(self._simulator.observe())
        return self._seen[-1]

    def act(self, answer: Answer) -> None:
        """Carries out a chunk, until the episode ends."""
        rewards = np.zeros(self._config.chunk, dtype=np.float32)
        executed = 0
        for action in answer.actions:
            status = self._simulator.advance(action)
            potential = self._potential_of(status)
            rewards[executed], self._potential = potential - self._potential, potential
            executed, self._steps = executed + 1, self._steps + 1
            self._success = status.success
            if self.is_over:
                break
        self._answers.append(answer)
        self._rewards.append(rewards)
        self._executed.append(executed)

    @property
    def is_done(self) -> bool:
        """Whether the episode ended by success, so that nothing comes after."""
        return self._success and self._ends_on_success

    @property
    def is_over(self) -> bool:
        """Whether no more actions are carried out."""
        return self.is_done or self._steps >= self._max_steps

    def trajectory(self, last_value: float) -> Trajectory:
        """The episode, which is over."""
        executed = np.array(self._executed)
        seen = self._seen[: len(executed)]
        kept = np.arange(self._config.chunk) < executed[:, None]
        return Trajectory(
            slot=self.job.slot,
            images={name: np.stack([one["images"][name] for one in seen]) for name in self._config.cameras},
            state=np.stack([one["state"] for one in seen]).astype(np.float32),
            sentence=self._answers[0].sentence,
            tokens=np.stack([one.tokens for one in self._answers]),
            log_probs=np.stack([one.log_probs for one in self._answers]) * kept,
            values=np.array([one.value for one in self._answers], dtype=np.float32),
            rewards=np.stack(self._rewards),
            executed=executed,
            success=self._success,
            truncated=not self.is_done,
            last_value=last_value,
        )


class RolloutWorker:
    """The simulators of one process, and the networks unless others answer for them."""

    def __init__(self, setup: WorkerSetup, ask: Ask | None = None) -> None:
        """Builds both; no scene yet.

        Args:
            setup: what it is made of.
            ask: answers; None: networks of its own.
        """
        torch.set_num_threads(1)
        self._setup = setup
        sizes = setup.network
        cameras = CameraChoice.of(specs.of_task(setup.task), tuple(sizes.cameras), dict(sizes.cameras))
        self._model: ActorCritic | None = None
        if ask is None:
            self._model = ActorCritic(_compact(sizes), setup.critic).eval()
            ask = Answers(self._model, setup.temperature, setup.precision)
        self._ask: Ask = ask
        self._players = [Player(setup.make_sim(setup.task, cameras), setup) for _ in range(setup.simulators)]

    def play(self, order: Play, ended: Callable[[Trajectory], None]) -> None:
        """Plays episodes; hands over each as it ends. All that wait are answered at once, then carried out in turn."""
        if self._model is not None:
            self._model.load_state_dict({name: torch.from_numpy(array) for name, array in order.weights.items()})
        queue, free, busy = deque(order.jobs), list(self._players), list[Player]()
        while queue or busy:
            while queue and free:
                player = free.pop()
                player.begin(queue.popleft())
                busy.append(player)
            for player, answer in zip(busy, self._ask(self._question(busy)), strict=True):
                if player.is_over:  # it waited for the value of where it ended alone
                    ended(player.trajectory(answer.value))
                    free.append(player)
                    continue
                player.act(answer)
                if player.is_done:
                    ended(player.trajectory(0.0))
                    free.append(player)
            busy = [player for player in busy if player not in free]

    def _question(self, players: Sequence[Player]) -> Question:
        seen, sizes = [player.observe() for player in players], self._setup.network
        told = len(seen[0]["state"])
        if isinstance(sizes, CompactConfig) and told != sizes.state_dim:
            raise ConfigError(
                f"The robot's state has {told} numbers, and the policy is made for {sizes.state_dim}. Give its network that "
                f"`state_dim`, or begin with another checkpoint."
            )
        return Question(
            slots=tuple(player.job.slot for player in players),
            draws=tuple(player.job.draws for player in players),
            decided=tuple(player.decided for player in players),
            instructions=tuple(player.instruction for player in players),
            images={name: np.stack([one["images"][name] for one in seen]) for name in self._setup.network.cameras},
            state=np.stack([one["state"] for one in seen]).astype(np.float32),
        )


def _compact(sizes: Sizes) -> CompactNetwork:
    assert isinstance(sizes, CompactConfig), "no other policy is built in a worker"
    network: CompactNetwork = CompactNetwork(sizes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def main(connection: Connection, begun: Any, setup: WorkerSetup, render_threads: int) -> None:
    """The process: plays what it is sent until its pipe closes."""
    begun.value = 1  # the program that started this process is imported
    end_with_the_parent()
    faulthandler.enable()
    os.environ.setdefault("LP_NUM_THREADS", str(render_threads))  # before anything that draws is imported
    with contextlib.suppress(EOFError, ConnectionError):
        _serve(connection, setup)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to be done, and SAPIEN's own end is not worth waiting for


def _serve(connection: Connection, setup: WorkerSetup) -> None:
    worker: RolloutWorker | None = None
    while True:
        order = connection.recv()
        try:
            worker = worker or RolloutWorker(setup, partial(_asked, connection) if setup.served else None)
            worker.play(order, connection.send)
        except VlagenError as error:
            connection.send(error)
        except ConnectionError:
            raise
        except Exception as error:  # told to the process that asked, which has the words for it
            connection.send(one_line(error))


def _asked(connection: Connection, question: Question) -> list[Answer]:
    """What the process that started this one answers."""
    connection.send(question)
    answers: list[Answer] = connection.recv()
    return answers
