"""Measurements of a simulator's state: plain numbers, from bodies and drives, not from what was requested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vlagen_bench.scenes.base import Grid
from vlagen_bench.scenes.verbs import Vec3

if TYPE_CHECKING:
    from sapien import physx

    from vlagen_bench.sim.simulator import Simulator
    from vlagen_bench.sim.world import Body, World


@dataclass(frozen=True, kw_only=True)
class ObjectReading:
    """A model as it stands and is. World frame."""

    position_m: Vec3
    outside_m: float
    """how far outside the square of trained places; 0 inside"""
    quat_wxyz: tuple[float, float, float, float]
    velocity_m_s: Vec3
    mass_kg: float
    friction: float
    """dynamic"""
    extents_m: Vec3
    """of its collision shape, along its own axes"""
    mass_centre_m: Vec3
    """in its own frame"""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One moment of an episode."""

    things: Mapping[str, ObjectReading]
    """by role"""
    table_m: float
    """height of what carries the table, up to a constant of the scene"""
    base_m: Vec3
    joints_rad: tuple[float, ...]
    """of the arm"""
    tool_m: Vec3
    finger_force_n: float
    """the most that a finger presses"""
    stiffness: tuple[float, ...]
    """of the arm's drives"""
    shown_age_s: float
    """how long ago the policy's view was taken"""
    places_px: tuple[tuple[float, float], ...]
    """where the camera sees the outer places of the nominal table; empty where nothing is drawn"""
    width_px: int
    """of the picture"""


def read(simulator: "Simulator") -> Reading:
    """The reading of this moment; changes nothing."""
    world, robot = simulator.world, simulator.spec.robot
    joints = {joint.name: joint for joint in world.robot.active_joints}
    positions = dict(zip(joints, map(float, world.robot.get_qpos()), strict=True))
    return Reading(
        things={role: _thing(body, simulator.spec.grid) for role, body in sorted(world.bodies.items())},
        table_m=_table_m(world),
        base_m=_numbers(world.robot.pose.p),
        joints_rad=tuple(positions[name] for name in robot.arm_joints),
        tool_m=_numbers(simulator.arm.tool.p),
        finger_force_n=min(float(joints[name].force_limit) for name in robot.gripper_joints),
        stiffness=tuple(float(joints[name].stiffness) for name in robot.arm_joints),
        shown_age_s=(simulator.steps - simulator.shown_step) / simulator.spec.control_hz,
        places_px=_places_px(world) if world.drawn else (),
        width_px=simulator.spec.camera.size_px[0],
    )


def _thing(body: "Body", grid: Grid) -> ObjectReading:
    shapes = body.rigid.collision_shapes
    aside_m = np.abs(body.position_m[:2] - grid.centre_m).max()
    return ObjectReading(
        position_m=_numbers(body.position_m),
        outside_m=max(0.0, float(aside_m) - grid.inner_half_edge_m),
        quat_wxyz=_numbers(body.quat_wxyz),
        velocity_m_s=_numbers(body.rigid.linear_velocity),
        mass_kg=float(body.rigid.mass),
        friction=min(float(shape.physical_material.dynamic_friction) for shape in shapes),
        extents_m=_numbers(np.ptp(np.concatenate([_corners_m(shape) for shape in shapes]), axis=0)),
        mass_centre_m=_numbers(body.rigid.cmass_local_pose.p),
    )


def _corners_m(shape: "physx.PhysxCollisionShapeConvexMesh") -> np.ndarray:
    """(n, 3) vertices of a convex collision shape, in the frame of its body."""
    pose = shape.local_pose.to_transformation_matrix()
    return np.asarray(shape.vertices) * shape.scale @ pose[:3, :3].T + pose[:3, 3]


def _table_m(world: "World") -> float:
    return float(next(entity.pose.p[2] for entity in world.scene.entities if entity.name in ("table", "stage")))


def _places_px(world: "World") -> tuple[tuple[float, float], ...]:
    ring = world.spec.grid.points("ring")
    points = np.array([(x, y, world.spec.table_height_m, 1.0) for x, y in ring])
    seen = points @ world.camera.get_extrinsic_matrix().T @ world.camera.get_intrinsic_matrix().T
    return tuple(_numbers(spot) for spot in seen[:, :2] / seen[:, 2:])


def _numbers(values: Iterable[float]) -> tuple[Any, ...]:
    """As plain floats; how many there are, only the caller knows."""
    return tuple(map(float, values))
