"""The judge of an episode: its success and events, from poses and contacts; it changes nothing."""

from dataclasses import dataclass, field, replace

import numpy as np
import sapien
from transforms3d.quaternions import quat2mat

from vlagen_bench.packs import manifest
from vlagen_bench.sim.failure_modes import FailureMode, failure_mode_of
from vlagen_bench.sim.world import Body, World
from vlagen_bench.types import SuccessRule

GRASP_MIN_FORCE_N = 0.5  # mani_skill 3.0.1, WidowX250S.is_grasping
GRASP_STEPS = 5  # control steps in a row, official `consecutive_grasp`
REACHED_M = 0.05
"""a tool that came this near to the source's origin, or a finger that touched it, has reached it"""
MOVED_M = 0.03
"""a thing that is neither source nor target, further than this from where it stood, was moved"""

Forces = dict[frozenset[int], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class EventHistory:
    """What has happened so far in an episode."""

    reached: bool = False
    """the tool, or a finger, came to the source"""
    grasped: bool = False
    """at any step"""
    consecutive_grasp: bool = False
    """five steps in a row, at any time"""
    placed_once: bool = False
    wrong_object_moved: bool = False
    success_once: bool = False
    first_success_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class Status(EventHistory):
    """What is true after one control step, and what was before."""

    success: bool
    placed: bool
    """source on target by the official geometric and contact test"""
    released: bool
    """no finger touches the source"""
    at_rest: bool
    grasped_now: bool
    on_wrong_receptacle: bool
    tool_source_m: float
    tool_target_m: float
    source_target_m: float
    trouble: FailureMode | None
    """what went wrong, if the episode ended now"""


@dataclass(kw_only=True)
class Judge:
    """Follows one episode. Starts when everything has settled, since sizes are taken from the settled poses."""

    world: World
    rule: SuccessRule
    step: int = 0
    grasp_run: int = 0
    past: EventHistory = field(default_factory=EventHistory)
    speed_m_s: float = 0.0
    """of the source over the last control step, from where it was and is: PhysX may give a thing that stands still
    on another a velocity of centimetres a second (seen with a carton of 0.2 kg on a napkin of 0.04 kg)"""

    def __post_init__(self) -> None:
        self.sizes_m = {role: world_extents_m(body) for role, body in self.world.bodies.items()}
        self._starts_m = {role: body.position_m for role, body in self.world.bodies.items()}
        self._source_m = self._starts_m["source"]
        receptacles = manifest.load(self.world.spec.pack).receptacles
        self._others = [body for role, body in self.world.bodies.items() if role not in ("source", "target")]
        self._wrong_receptacles = [body for body in self._others if body.model in receptacles]

    def look(self, tool_m: np.ndarray) -> Status:
        """The status now, without counting a step; `tool_m` is the tool's position in the world."""
        forces = self.world.forces_n()
        source, target = self.world.bodies["source"], self.world.bodies["target"]
        placed = self._on(source, target, forces)
        released = not any(self._force(forces, link, source).any() for link in self._fingers())
        at_rest = self.rule.rest_m_s is None or self.speed_m_s <= self.rule.rest_m_s
        status = Status(
            **vars(self.past),
            success=placed and at_rest and (released or not self.rule.released),
            placed=placed,
            released=released,
            at_rest=at_rest,
            grasped_now=self._grasps(forces, source),
            on_wrong_receptacle=any(self._on(source, body, forces) for body in self._wrong_receptacles),
            tool_source_m=float(np.linalg.norm(tool_m - source.position_m)),
            tool_target_m=float(np.linalg.norm(tool_m - target.position_m)),
            source_target_m=float(np.linalg.norm(source.position_m - target.position_m)),
            trouble=None,
        )
        return replace(status, trouble=failure_mode_of(status))

    def count(self, tool_m: np.ndarray, *, lasted: float = 1.0) -> Status:
        """The status after one more control step, with the past moved on; the step `lasted` so many nominal ones."""
        self.step += 1
        source_m = self.world.bodies["source"].position_m
        self.speed_m_s = float(np.linalg.norm(source_m - self._source_m)) * self.world.spec.control_hz / lasted
        self._source_m = source_m
        now = self.look(tool_m)
        self.grasp_run = self.grasp_run + 1 if now.grasped_now else 0
        first = self.past.first_success_step
        self.past = EventHistory(
            reached=now.reached or not now.released or now.tool_source_m < REACHED_M,
            grasped=now.grasped or now.grasped_now,
            consecutive_grasp=now.consecutive_grasp or self.grasp_run >= GRASP_STEPS,
            placed_once=now.placed_once or now.placed,
            wrong_object_moved=now.wrong_object_moved or self._other_moved(),
            success_once=now.success_once or now.success,
            first_success_step=self.step if now.success and first is None else first,
        )
        status = replace(now, **vars(self.past))
        return replace(status, trouble=failure_mode_of(status))

    def _on(self, source: Body, target: Body, forces: Forces) -> bool:
        offset = source.position_m - target.position_m
        half_source, half_target = self.sizes_m["source"] / 2, self.sizes_m[target.role] / 2
        # The largest half extent, z included, and origins rather than centres: as the official test has it.
        near = np.linalg.norm(offset[:2]) <= half_target.max() + self.rule.xy_margin_m
        on_top = 0 < offset[2] <= half_target[2] + half_source[2] + self.rule.z_margin_m
        pressed = np.linalg.norm(self._force(forces, source.entity, target)) > self.rule.contact_n
        return bool(near and on_top and pressed)

    def _other_moved(self) -> bool:
        ways_m = (body.position_m - self._starts_m[body.role] for body in self._others)
        return any(float(np.linalg.norm(way_m)) > MOVED_M for way_m in ways_m)

    def _fingers(self) -> tuple[sapien.Entity, ...]:
        return tuple(self.world.links[name].entity for name in self.world.spec.robot.finger_links)

    def _force(self, forces: Forces, entity: sapien.Entity, body: Body) -> np.ndarray:
        """Force on an entity from a body, newton, world frame."""
        first, second = entity.per_scene_id, body.entity.per_scene_id
        force = forces.get(frozenset((first, second)), np.zeros(3))
        return force if first < second else -force

    def _grasps(self, forces: Forces, source: Body) -> bool:
        """Both fingers are pressed open by the source, within the allowed angle."""
        limit = np.radians(self.world.spec.robot.grasp_max_angle_deg)
        for link, sign in zip(self._fingers(), (1.0, -1.0), strict=True):
            force = self._force(forces, link, source)
            size = float(np.linalg.norm(force))
            opening = sign * quat2mat(link.pose.q)[:, 1]
            if size < GRASP_MIN_FORCE_N or np.arccos(np.clip(force @ opening / size, -1, 1)) > limit:
                return False
        return True


def world_extents_m(body: Body) -> np.ndarray:
    """Extents along the world's axes of the box around the model, turned as the model is now."""
    return np.abs(quat2mat(body.quat_wxyz)) @ np.asarray(body.model.extents_m)
