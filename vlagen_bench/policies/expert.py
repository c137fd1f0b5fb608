"""What would someone do who knows everything? The scripted expert: privileged, and never ranked."""

from typing import Any

import numpy as np
import sapien

from vlagen_bench.expert.facts import Facts
from vlagen_bench.expert.grippers import gripper_of
from vlagen_bench.expert.motion import step_towards
from vlagen_bench.expert.routine import Routine
from vlagen_bench.expert.shapes import Frame, Shape, from_hulls
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.sim.world import Body


class Expert:
    """Puts the source on the target, knowing poses, shapes and contacts.

    It acts only through the same actions as any policy, and changes nothing in the simulator. A step of the target
    is at most `Gripper.step_m` long and `Gripper.step_rad` large (4 cm and 0.30 rad for both robots); the gripper
    is always fully open (+1) or closed (-1).
    """

    privileged = True

    def attach(self, sim: Simulator) -> None:
        """The simulator to read. Called before each episode; its episode may begin later, until the first `act`."""
        self._sim = sim
        self._gripper = gripper_of(sim.spec.robot.name)
        self._routine: Routine | None = None

    def reset(self, episode_ids: list[str]) -> None:
        """Forgets the last episode."""
        self._routine = None

    def act(self, obs: Any, instr: str) -> np.ndarray:
        """The next action (7,) float32; what is observed and told is not looked at."""
        if self._routine is None:
            self._routine = self._begin()
        facts = self._look()
        move = self._routine.decide(facts)
        return step_towards(
            move.goal,
            facts.target,
            facts.base,
            step_m=move.step_m,
            step_rad=self._gripper.step_rad,
            fingers=move.fingers,
        )

    def _begin(self) -> Routine:
        bodies = self._sim.world.bodies
        shapes = {role: _shape(body) for role, body in bodies.items()}
        return Routine(gripper=self._gripper, shapes=shapes, table_m=self._sim.spec.table_height_m)

    def _look(self) -> Facts:
        sim = self._sim
        status = sim.judge.look(sim.arm.tool.p)
        bodies = sim.world.bodies
        return Facts(
            tool=_frame(sim.arm.tool),
            target=_frame(sim.world.robot.pose * sim.arm.target),
            base=_frame(sim.world.robot.pose),
            poses={role: _frame(body.entity.pose) for role, body in bodies.items()},
            speed_m_s=float(np.linalg.norm(bodies["source"].rigid.linear_velocity)),
            touched=not status.released,
            placed=status.placed,
            success=status.success,
        )


def _frame(pose: sapien.Pose) -> Frame:
    matrix = pose.to_transformation_matrix().astype(float)
    return Frame(axes=matrix[:3, :3], origin=matrix[:3, 3])


def _shape(body: Body) -> Shape:
    hulls = [
        _frame(part.local_pose) @ (np.asarray(part.vertices, dtype=float) * part.scale)
        for part in body.rigid.collision_shapes
    ]
    return from_hulls(hulls, body.rigid.cmass_local_pose.p)
