"""The reader of the expert's facts from the simulator; it changes nothing."""

from typing import Any

import numpy as np

from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.shapes import Frame, Shape, from_hulls
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.sim.world import Body
from vlagen_bench.tasks import judged


def frame_of(pose: Any) -> Frame:
    """The frame of a SAPIEN pose."""
    matrix = pose.to_transformation_matrix().astype(float)
    return Frame(axes=matrix[:3, :3], origin=matrix[:3, 3])


def shape_of(body: Body) -> Shape:
    """The shape of a body, in the body's own frame, from its collision hulls."""
    hulls = [
        frame_of(part.local_pose) @ (np.asarray(part.vertices, dtype=float) * part.scale)
        for part in body.rigid.collision_shapes
    ]
    return from_hulls(hulls, body.rigid.cmass_local_pose.p)


def facts_of(sim: Simulator) -> Facts:
    """What is true now."""
    status = judged(sim.family, sim.judge.look, sim.arm.tool.p)
    bodies = sim.world.bodies
    return Facts(
        tool=frame_of(sim.arm.tool),
        target=frame_of(sim.world.robot.pose * sim.arm.target),
        base=frame_of(sim.world.robot.pose),
        poses={role: frame_of(body.entity.pose) for role, body in bodies.items()},
        speed_m_s=float(np.linalg.norm(bodies["source"].rigid.linear_velocity)),
        touched=not status.released,
        status=status,
    )
