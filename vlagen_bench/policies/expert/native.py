"""The expert of a task of ManiSkill: an oracle of joint positions, whose actions are told in the control mode that is played."""

import json
from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from vlagen_bench.errors import ConfigError, PolicyError, unknown
from vlagen_bench.plan import native_tasks
from vlagen_bench.scenes.native import NativeRobot
from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
from vlagen_bench.types import Task

PLANNED = "pd_joint_pos"
"""the control mode in which oracles plan: joint positions, then the gripper"""
AS_CHANGES = "pd_joint_delta_pos"
"""the one that says by how much each joint is to move, and is told the same"""


class InJointPositions:
    """The environment as an oracle takes it, whatever its control mode is."""

    control_mode = PLANNED

    def __init__(self, env: Any) -> None:
        self._env = env

    @property
    def unwrapped(self) -> "InJointPositions":
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)


class NativeExpert:
    """Plays one episode of a task of ManiSkill."""

    def __init__(self, sim: NativeSimulator) -> None:
        """For the episode that the simulator has begun, or will have begun before the first `act`."""
        self._sim = sim
        self._actions: Iterator[np.ndarray] | None = None
        self._wanted: np.ndarray | None = None

    def act(self) -> np.ndarray:
        """The next action, float32; once the oracle is at its end, it stays where it is."""
        if self._actions is None:
            self._actions = oracle_of(self._sim.task).actions(InJointPositions(self._sim.env))
        self._wanted = next(self._actions, self._wanted)
        if self._wanted is None:
            raise PolicyError(f"The oracle of {self._sim.task.name} finds no way from where the robot is.")
        return self._told(self._wanted)

    def _told(self, wanted: np.ndarray) -> np.ndarray:
        """Joint positions and gripper (8,) in the control mode that is played."""
        robot = cast(NativeRobot, self._sim.spec.robot)
        if robot.control_mode == PLANNED:
            return wanted.astype(np.float32)
        if robot.control_mode != AS_CHANGES:
            raise PolicyError(
                f"The expert of {self._sim.task.name} does not know the control mode {robot.control_mode}. Choose {AS_CHANGES} "
                f"or {PLANNED}."
            )
        joints = np.array([fact.unit == "rad" for fact in robot.actions])
        scale = np.array([fact.scale for fact in robot.actions])[joints]
        told = wanted.astype(np.float64)
        told[joints] = (told[joints] - self._sim.robot_state()[: joints.sum()]) / scale
        return np.clip(told, -1, 1).astype(np.float32)

    def close(self) -> None:
        """Ends the oracle, which may be a thread that waits."""
        if self._actions is not None:
            self._actions.close()  # type: ignore[attr-defined]


def as_planned(task: Task) -> Task:
    """The task in the control mode in which its oracle plans.

    Its episodes are the same; told as changes, a fast motion such as a throw is cut short.
    """
    assert task.native is not None
    mode = {"control_mode": oracle_of(task).control_mode}
    return native_tasks.task_with(task.native.env, {**json.loads(task.native.kwargs_json), **mode})


def oracle_of(task: Task) -> Any:
    """The oracle of a task of ManiSkill; raises `ConfigError` if there is none."""
    from vlagen_bench.sim.maniskill.oracles.table import ORACLES  # imports what ManiSkill's solutions need

    assert task.native is not None
    if not task.native.oracle:
        with_one = [name for name in native_tasks.card_files() if native_tasks.card(name).oracle]
        raise ConfigError(f"Nothing shipped solves {task.name}: {unknown('oracle', task.native.env, with_one)}")
    return ORACLES.get(task.native.env)
