"""The policy `expert`: scripted, privileged, and never ranked."""

import importlib
from dataclasses import replace
from typing import Any

import numpy as np

from vlagen_bench.errors import CodeError, ConfigError, PolicyError, VlagenError
from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.grippers import gripper_of
from vlagen_bench.policies.expert.motion import step_towards, target_after
from vlagen_bench.policies.expert.native import NativeExpert
from vlagen_bench.policies.expert.routine import Routine
from vlagen_bench.policies.expert.view import facts_of, shape_of
from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import TaskFamily
from vlagen_bench.utils.blame import code_of, wrong
from vlagen_bench.utils.text import one_line


class Expert:
    """Does what the family of the task asks for, knowing poses, shapes and contacts.

    It acts only through the same actions as any policy, and changes nothing in the simulator. A step of the target
    is at most `Gripper.step_m` long and `Gripper.step_rad` large (4 cm and 0.30 rad for both robots); the gripper
    is always commanded to open fully (+1) or to close (-1).

    Where observations are late or lost, what it knows is as old as what is shown; it remembers what it told since.
    In a task of ManiSkill, its oracle acts in its place, and always knows what is true now.
    """

    privileged = True
    _native: NativeExpert | None = None

    def attach(self, sim: Simulator | NativeSimulator) -> None:
        """The simulator to read. Called before each episode, whose scene may be built later, before the first `act`."""
        self.close()
        if isinstance(sim, NativeSimulator):
            self._native = NativeExpert(sim)
            return
        self._sim = sim
        self._gripper = gripper_of(sim.spec.robot.name)
        self._routine: Routine | None = None
        self._known: dict[int, Facts] = {}

    def reset(self, episode_ids: list[str]) -> None:
        """Forgets the last episode."""
        self._routine, self._known = None, {}

    def act(self, obs: Any, instr: str) -> np.ndarray:
        """The next action (7,) float32, or as many numbers as the robot has; what is observed and told is not looked at."""
        if self._native is not None:
            return self._native.act()
        if self._routine is None:
            self._routine = self._begin()
        facts, family = self._shown(), self._sim.family
        with code_of(f"expert of the family {family.name}", type(self._routine)):
            move = self._routine.decide(facts)
        return step_towards(
            move.goal,
            facts.target,
            facts.base,
            step_m=move.step_m,
            step_rad=self._gripper.step_rad,
            fingers=move.fingers,
        )

    def close(self) -> None:
        """Ends what is left of the last episode."""
        if self._native is not None:
            self._native.close()
            self._native = None

    def _shown(self) -> Facts:
        """What was true at the step that is shown, and where the tool's target is by what was told since then."""
        self._known[self._sim.steps] = facts_of(self._sim)
        if self._sim.shown_step not in self._known:
            raise PolicyError("The expert was not asked at the step that is shown. Ask it from the first step on.")
        facts, told = self._known[self._sim.shown_step], self._sim.unseen_actions()
        target = facts.target
        for action in told:
            target = target_after(action, target, facts.base)
        return replace(facts, target=target, late=len(told))

    def _begin(self) -> Routine:
        shapes = {role: shape_of(body) for role, body in self._sim.world.bodies.items()}
        routine = routine_of(self._sim.family)
        with code_of(f"expert of the family {self._sim.family.name}", routine):
            return routine(gripper=self._gripper, shapes=shapes, table_m=self._sim.world.table_height_m)


def routine_of(family: type[TaskFamily]) -> type[Routine]:
    """The expert's routine of a family; raises `ConfigError` if there is none."""
    if not family.expert:
        raise ConfigError(
            f'The family {family.name} has no expert. Give it one: `expert = "module:Class"`, a subclass of '
            f"vlagen_bench.policies.expert.routine.Routine."
        )
    module, _, name = family.expert.partition(":")
    try:
        routine = getattr(importlib.import_module(module), name)
    except VlagenError:
        raise
    except Exception as error:
        raise _no_expert(family, f"which cannot be imported: {one_line(error)}") from error
    if not (isinstance(routine, type) and issubclass(routine, Routine)):
        raise _no_expert(family, "which is no subclass of vlagen_bench.policies.expert.routine.Routine")
    return routine


def _no_expert(family: type[TaskFamily], why: str) -> CodeError:
    text = f"its expert is {family.expert!r}, {why.rstrip('.')}. Mend it, or leave `expert` out"
    return wrong(f"family {family.name}", family, text)
