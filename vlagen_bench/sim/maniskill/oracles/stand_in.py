"""ManiSkill's own motion-planning solutions, run on our planner in place of mplib.

The solutions import mplib, whose pinned version ends the process when a planner is made under NumPy 2. They use a small
part of it, which `Planner` offers here. It is called mplib only while they are imported; afterwards neither it nor the
solutions that know it are to be found in `sys.modules`, so that a program that imports either by itself gets the real ones.
"""

import functools
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sapien

from vlagen_bench.sim.maniskill.oracles.planner import ScrewPlanner, Unreachable

PRIVATE = ("mplib", "mani_skill.examples.motionplanning")
"""modules, with all below them, that are ours only while the solutions are imported"""
log = logging.getLogger(__name__)


class Planner:
    """What the solutions call of `mplib.Planner`: screw motions, with mplib's default limits, without any collision check."""

    def __init__(
        self, urdf: str, srdf: str, user_link_names: list[str], user_joint_names: list[str], move_group: str
    ) -> None:
        self._planner = ScrewPlanner(
            urdf=Path(urdf), links=user_link_names, joints=user_joint_names, tool=move_group, base=sapien.Pose()
        )
        self.joint_vel_limits = np.ones(self._planner.num_arm)
        self.joint_acc_limits = np.ones(self._planner.num_arm)

    def set_base_pose(self, pose: np.ndarray) -> None:
        """Where the robot stands: position and quaternion wxyz, (7,)."""
        self._planner.base = sapien.Pose(pose[:3], pose[3:])

    def plan_screw(self, target: np.ndarray, qpos: np.ndarray, *, time_step: float, **_: Any) -> dict[str, Any]:
        """As mplib's: `status` and, on success, `position` (steps, joints)."""
        goal = sapien.Pose(target[:3], target[3:])
        speed = float(self.joint_vel_limits[0])
        try:
            return {"status": "Success", "position": self._planner.plan(goal, qpos, speed=speed, step_s=time_step)}
        except Unreachable as error:
            return {"status": f"screw plan failed: {error}"}


@functools.cache
def shipped_solutions() -> dict[str, Callable[..., Any]]:
    """The `solve` functions for the Panda, by name (`solvePickCube`), untouched, with our planner as theirs."""
    with _as_mplib():
        from mani_skill.examples.motionplanning.base_motionplanner import motionplanner
        from mani_skill.examples.motionplanning.panda import solutions
    # A motion that cannot be planned is printed by the solver, between whatever the program itself prints.
    motionplanner.print = log.info
    return {name: value for name, value in vars(solutions).items() if name.startswith("solve")}


@contextmanager
def _as_mplib() -> Iterator[None]:
    """In the block, `import mplib` gives the stand-in, and the modules that import it are loaded afresh."""
    before = _taken_out()
    module = ModuleType("mplib")
    module.Planner = Planner  # type: ignore[attr-defined]
    sys.modules["mplib"] = module
    try:
        yield
    finally:
        _taken_out()
        sys.modules.update(before)


def _taken_out() -> dict[str, ModuleType]:
    """Removes the private modules from those that are loaded, and returns them."""
    names = [name for name in sys.modules if any(name == one or name.startswith(f"{one}.") for one in PRIVATE)]
    return {name: sys.modules.pop(name) for name in names}
