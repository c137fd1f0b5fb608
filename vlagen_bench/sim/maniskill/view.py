"""The view of one scene of a batch: poses, contacts and joints in the form that `Judge` reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import sapien

from vlagen_bench.packs import manifest
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.sim.maniskill.start import EpisodeStart
from vlagen_bench.sim.world import Body, to_sapien
from vlagen_bench.tasks.judge import Forces


@dataclass(frozen=True, kw_only=True)
class BatchState:
    """What all N scenes of a batch look like now. Poses are rows of x, y, z (m) and a quaternion wxyz, in the world."""

    source: np.ndarray
    """(N, 7)"""
    target: np.ndarray
    """(N, 7)"""
    fingers: np.ndarray
    """(2, N, 7), left then right"""
    tool: np.ndarray
    """(N, 7)"""
    finger_forces_n: np.ndarray
    """(2, N, 3), on each finger from the source"""
    source_force_n: np.ndarray
    """(N, 3), on the source from the target"""
    arm_qpos: np.ndarray
    """(N, joints)"""
    finger_qpos: np.ndarray
    """(N, 2)"""


@dataclass(kw_only=True)
class EntityView:
    """Stands in for an entity."""

    per_scene_id: int
    pose: sapien.Pose


class SceneView:
    """Stands in for a `World`: one scene of a batch, during one episode."""

    def __init__(self, *, spec: SceneSpec, start: EpisodeStart) -> None:
        """The scene as it is when the episode begins, when nothing is touched."""
        self.spec = spec
        self._fingers = [EntityView(per_scene_id=number, pose=sapien.Pose()) for number in range(2)]
        self._source = EntityView(per_scene_id=2, pose=start.poses[start.source])
        self._target = EntityView(per_scene_id=3, pose=start.poses[start.target])
        pack = manifest.load(spec.pack)
        self.links = {
            name: SimpleNamespace(entity=finger)
            for name, finger in zip(spec.robot.finger_links, self._fingers, strict=True)
        }
        self.bodies = {
            "source": Body(role="source", model=pack.find("objects", start.source), entity=self._source),
            "target": Body(role="target", model=pack.find("receptacles", start.target), entity=self._target),
        }
        self._forces: Forces = {}

    def see(self, now: BatchState, row: int) -> None:
        """Takes its row of what was measured."""
        self._source.pose, self._target.pose = pose_of(now.source[row]), pose_of(now.target[row])
        self._forces = {frozenset((2, 3)): now.source_force_n[row]}
        for number, finger in enumerate(self._fingers):
            finger.pose = pose_of(now.fingers[number, row])
            self._forces[frozenset((number, 2))] = now.finger_forces_n[number, row]

    def forces_n(self) -> Forces:
        """As `World.forces_n`, of the pairs that a judge asks for."""
        return self._forces


def pose_of(row: np.ndarray) -> sapien.Pose:
    """The SAPIEN form of a row of `BatchState`."""
    return sapien.Pose(row[:3], row[3:])


def state_of(spec: SceneSpec, now: BatchState, row: int) -> np.ndarray:
    """What a policy knows of its robot, as `Arm.state`."""
    robot = spec.robot
    tool = to_sapien(robot.base).inv() * pose_of(now.tool[row])
    low = max(robot.gripper_closed_m, 0.0)
    opening = np.clip((now.finger_qpos[row].mean() - low) / (robot.gripper_open_m - low), 0.0, 1.0)
    return np.concatenate([tool.p, tool.q, [opening], now.arm_qpos[row]]).astype(np.float32)


def poses_in_base(spec: SceneSpec, now: BatchState, row: int, roles: Iterable[str]) -> np.ndarray:
    """Where the things in these roles are, as `Simulator.poses_in_base`."""
    base = to_sapien(spec.robot.base).inv()
    poses = [base * pose_of(getattr(now, role)[row]) for role in roles]
    return np.concatenate([part for pose in poses for part in (pose.p, pose.q)]).astype(np.float32)
