"""Is the task done, and what happened on the way? Looks at poses and contacts; changes nothing."""

from dataclasses import dataclass, field, replace

import numpy as np
from transforms3d.quaternions import quat2mat

from vlagen_bench.sim.world import Body, World

GRASP_MIN_FORCE_N = 0.5  # mani_skill 3.0.1, WidowX250S.is_grasping
GRASP_STEPS = 5  # control steps in a row, official `consecutive_grasp`


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is true after one control step."""

    success: bool
    placed: bool
    """source on target by the official geometric and contact test"""
    released: bool
    """no finger touches the source"""
    at_rest: bool
    grasped_now: bool
    grasped: bool
    """at any step so far"""
    consecutive_grasp: bool
    """five steps in a row, at any time so far"""
    success_once: bool
    first_success_step: int | None
    tool_source_m: float
    tool_target_m: float
    source_target_m: float


@dataclass(kw_only=True)
class Judge:
    """Follows one episode. Starts when everything has settled, since sizes are taken from the settled poses."""

    world: World
    step: int = 0
    grasp_run: int = 0
    grasped: bool = False
    consecutive: bool = False
    first_success: int | None = None
    sizes_m: dict[str, np.ndarray] = field(default_factory=dict)
    speed_m_s: float = 0.0
    """of the source over the last control step, from where it was and is: PhysX may give a thing that stands still
    on another a velocity of centimetres a second (seen with a carton of 0.2 kg on a napkin of 0.04 kg)"""

    def __post_init__(self) -> None:
        self.sizes_m = {role: world_extents_m(body) for role, body in self.world.bodies.items()}
        self._source_m = self.world.bodies["source"].position_m

    def look(self, tool_m: np.ndarray) -> Status:
        """The status now, without counting a step."""
        forces = self.world.forces_n()
        source, target = self.world.bodies["source"], self.world.bodies["target"]
        placed = self._placed(source, target, forces)
        released = not any(self._force(forces, link, source).any() for link in self._fingers())
        rule = self.world.spec.success
        at_rest = rule.rest_m_s is None or self.speed_m_s <= rule.rest_m_s
        success = placed and at_rest and (released or not rule.released)
        return Status(
            success=success,
            placed=placed,
            released=released,
            at_rest=at_rest,
            grasped_now=self._grasps(forces, source),
            grasped=self.grasped,
            consecutive_grasp=self.consecutive,
            success_once=self.first_success is not None,
            first_success_step=self.first_success,
            tool_source_m=float(np.linalg.norm(tool_m - source.position_m)),
            tool_target_m=float(np.linalg.norm(tool_m - target.position_m)),
            source_target_m=float(np.linalg.norm(source.position_m - target.position_m)),
        )

    def count(self, tool_m: np.ndarray) -> Status:
        """The status after one more control step, with the counters moved on."""
        self.step += 1
        source_m = self.world.bodies["source"].position_m
        self.speed_m_s = float(np.linalg.norm(source_m - self._source_m)) * self.world.spec.control_hz
        self._source_m = source_m
        now = self.look(tool_m)
        self.grasp_run = self.grasp_run + 1 if now.grasped_now else 0
        self.grasped |= now.grasped_now
        self.consecutive |= self.grasp_run >= GRASP_STEPS
        if now.success and self.first_success is None:
            self.first_success = self.step
        return replace(
            now,
            grasped=self.grasped,
            consecutive_grasp=self.consecutive,
            success_once=self.first_success is not None,
            first_success_step=self.first_success,
        )

    def _placed(self, source: Body, target: Body, forces: dict) -> bool:
        rule = self.world.spec.success
        offset = source.position_m - target.position_m
        half_source, half_target = self.sizes_m["source"] / 2, self.sizes_m["target"] / 2
        # The largest half extent, z included, and origins rather than centres: as the official test has it.
        near = np.linalg.norm(offset[:2]) <= half_target.max() + rule.xy_margin_m
        on_top = 0 < offset[2] <= half_target[2] + half_source[2] + rule.z_margin_m
        pressed = np.linalg.norm(_between(forces, source, target)) > rule.contact_n
        return bool(near and on_top and pressed)

    def _fingers(self) -> tuple:
        return tuple(self.world.links[name].entity for name in self.world.spec.robot.finger_links)

    def _force(self, forces: dict, link, body: Body) -> np.ndarray:
        """Force on a link from a body, newton, world frame."""
        first, second = link.per_scene_id, body.entity.per_scene_id
        force = forces.get(frozenset((first, second)), np.zeros(3))
        return force if first < second else -force

    def _grasps(self, forces: dict, source: Body) -> bool:
        """Both fingers are pressed open by the source, within the allowed angle."""
        limit = np.radians(self.world.spec.robot.grasp_max_angle_deg)
        for link, sign in zip(self._fingers(), (1.0, -1.0), strict=True):
            force = self._force(forces, link, source)
            size = float(np.linalg.norm(force))
            opening = sign * quat2mat(link.pose.q)[:, 1]
            if size < GRASP_MIN_FORCE_N or np.arccos(np.clip(force @ opening / size, -1, 1)) > limit:
                return False
        return True


def _between(forces: dict, first: Body, second: Body) -> np.ndarray:
    return forces.get(frozenset((first.entity.per_scene_id, second.entity.per_scene_id)), np.zeros(3))


def world_extents_m(body: Body) -> np.ndarray:
    """Extents along the world's axes of the box around the model, turned as the model is now."""
    return np.abs(quat2mat(body.quat_wxyz)) @ np.asarray(body.model.extents_m)
