"""The protocol of a simulator: what plays the episodes of a task, whoever made its scenes."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from vlagen_bench.tasks.behaviour import Behaviour
from vlagen_bench.types import Episode


class Sim(Protocol):
    """What the harness needs of a simulator. There are two: `sim.simulator` for the scenes of this package, and
    `sim.maniskill.any_task.simulator` for tasks of ManiSkill; `sim.backends` chooses.
    """

    @property
    def instruction(self) -> str: ...

    def reset(self, episode: Episode) -> Any: ...

    def advance(self, action: np.ndarray) -> Any: ...

    def observe(self) -> dict[str, Any]: ...

    def state_hash(self) -> str: ...

    def behaviour(self) -> Behaviour | None: ...


class EnvSim(Sim, Protocol):
    """What an environment needs beside that: both simulators have it."""

    steps: int

    def robot_state(self) -> np.ndarray: ...

    def poses_in_base(self, roles: Iterable[str]) -> np.ndarray: ...
