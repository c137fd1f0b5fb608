"""The judge of an episode, in what all families share: contacts, grasps, what was reached, and the first success."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from transforms3d.quaternions import quat2mat

from vlagen_bench.packs.manifest import Model
from vlagen_bench.scenes.base import SceneSpec

GRASP_MIN_FORCE_N = 0.5  # mani_skill 3.0.1, WidowX250S.is_grasping
GRASP_STEPS = 5  # control steps in a row, official `consecutive_grasp`
REACHED_M = 0.05
"""a tool that came this near to the source's origin, or a finger that touched it, has reached it"""
MOVED_M = 0.03
"""a thing that nobody asked for, further than this from where it stood, was moved"""
RAISED_M = 0.02
"""a source that both fingers hold, so much higher than it rested, was raised"""

Forces = Mapping[frozenset[int], np.ndarray]


class Pose(Protocol):
    """Where something is, in the world."""

    @property
    def p(self) -> np.ndarray:
        """(3,), metres."""

    @property
    def q(self) -> np.ndarray:
        """(4,), wxyz."""


class Entity(Protocol):
    """Something that can touch and be touched."""

    @property
    def per_scene_id(self) -> int: ...

    @property
    def pose(self) -> Pose: ...


class Body(Protocol):
    """A model in the world."""

    @property
    def role(self) -> str: ...

    @property
    def model(self) -> Model: ...

    @property
    def entity(self) -> Entity: ...

    @property
    def position_m(self) -> np.ndarray: ...

    @property
    def quat_wxyz(self) -> np.ndarray: ...


class Link(Protocol):
    """A link of the robot."""

    @property
    def entity(self) -> Entity: ...


class World(Protocol):
    """What a judge sees of the simulated world."""

    @property
    def spec(self) -> SceneSpec: ...

    @property
    def bodies(self) -> Mapping[str, Body]:
        """By role."""

    @property
    def links(self) -> Mapping[str, Link]:
        """Of the robot, by name."""

    def forces_n(self) -> Forces:
        """Contact force between pairs of entities, by their ids: on the one with the lower id, in newton."""


@dataclass(frozen=True, kw_only=True)
class EventHistory:
    """What has happened so far in an episode."""

    reached: bool = False
    """the tool, or a finger, came to the source"""
    grasped: bool = False
    """at any step"""
    consecutive_grasp: bool = False
    """five steps in a row, at any time"""
    raised: bool = False
    """both fingers held the source above the place where it rested, at any step"""
    wrong_object_moved: bool = False
    success_once: bool = False
    first_success_step: int | None = None
    progress: float = 0.0
    """the furthest of the family's stages so far, as a share of all; in a `Status` it is 1 while the task is done"""


@dataclass(frozen=True, kw_only=True)
class Status(EventHistory):
    """What is true after one control step, and what was before. A family adds its own facts in a subclass."""

    success: bool
    released: bool
    """no finger touches the source"""
    grasped_now: bool
    tool_source_m: float
    trouble: str | None
    """what went wrong, if the episode ended now: one of the family's failure modes"""

    @property
    def solved_already(self) -> bool:
        """Whether an episode that begins like this would be a gift."""
        return self.success


class Contacts:
    """Who touches whom at one moment."""

    def __init__(self, world: World) -> None:
        self._forces = world.forces_n()
        self._robot = world.spec.robot
        self._fingers = [world.links[name].entity for name in self._robot.finger_links]

    def force_n(self, entity: Entity, body: Body) -> np.ndarray:
        """Force on an entity from a body, newton, world frame."""
        first, second = entity.per_scene_id, body.entity.per_scene_id
        force = self._forces.get(frozenset((first, second)), np.zeros(3))
        return force if first < second else -force

    def touched(self, body: Body) -> bool:
        """Whether a finger touches it."""
        return any(self.force_n(link, body).any() for link in self._fingers)

    def grasped(self, body: Body) -> bool:
        """Whether both fingers are pressed open by it, within the allowed angle."""
        limit = np.radians(self._robot.grasp_max_angle_deg)
        for link, sign in zip(self._fingers, (1.0, -1.0), strict=True):
            force = self.force_n(link, body)
            size = float(np.linalg.norm(force))
            opening = sign * quat2mat(link.pose.q)[:, 1]
            if size < GRASP_MIN_FORCE_N or np.arccos(np.clip(force @ opening / size, -1, 1)) > limit:
                return False
        return True


@dataclass(kw_only=True)
class Judge(ABC):
    """Follows one episode. Starts when everything has settled, since starts and sizes are those of the settled poses."""

    world: World
    rule: Any
    asked: Sequence[str]
    """the family's roles: what has one of them may be moved"""
    step: int = 0
    grasp_run: int = 0
    past: EventHistory = field(default_factory=EventHistory)
    stages: tuple[str, ...] = ()
    """the family's, which `judge_of` fills in"""

    def __post_init__(self) -> None:
        self.starts_m = {role: body.position_m for role, body in self.world.bodies.items()}
        self.others = [body for role, body in self.world.bodies.items() if role not in self.asked]

    @property
    def source(self) -> Body:
        """The thing that the robot is asked to handle."""
        return self.world.bodies["source"]

    def look(self, tool_m: np.ndarray) -> Status:
        """The status now, without counting a step; `tool_m` is the tool's position in the world."""
        contacts = Contacts(self.world)
        common = {
            **vars(self.past),
            "released": not contacts.touched(self.source),
            "grasped_now": contacts.grasped(self.source),
            "tool_source_m": float(np.linalg.norm(tool_m - self.source.position_m)),
            "trouble": None,
        }
        return self._named(self.status(contacts, tool_m, common))

    def count(self, tool_m: np.ndarray, *, lasted: float = 1.0) -> Status:
        """The status after one more control step, with the past moved on; the step `lasted` so many nominal ones."""
        self.step += 1
        self.watch(lasted)
        now = self.look(tool_m)
        self.grasp_run = self.grasp_run + 1 if now.grasped_now else 0
        self.past = self._moved_on(now)
        self.past = replace(self.past, progress=self._furthest(replace(now, **vars(self.past))))
        return self._named(replace(now, **vars(self.past)))

    @abstractmethod
    def status(self, contacts: Contacts, tool_m: np.ndarray, common: Mapping[str, Any]) -> Status:
        """The family's status, whose common fields are `common`."""

    @abstractmethod
    def failure_mode(self, status: Any) -> str:
        """Why it is no success, if the episode ended now; called only where there is none."""

    def watch(self, lasted: float) -> None:  # noqa: B027 - most families have nothing to note
        """Notes what one look cannot show, such as speeds, after a control step that lasted so many nominal ones."""

    def own_events(self, now: Any) -> dict[str, Any]:
        """The fields that the family adds to the history, with this control step in them."""
        return {}

    def riders(self, role: str, status: Any) -> tuple[str, ...]:
        """The roles that lie on the thing in this role, and go along where an axis moves it."""
        return ()

    def raised(self, status: Status) -> bool:
        """Whether both fingers hold the source above the place where it rested."""
        return status.grasped_now and self.rise_m("source") >= RAISED_M

    def rise_m(self, role: str) -> float:
        """How much higher than at the start the thing in a role is."""
        return float(self.world.bodies[role].position_m[2] - self.starts_m[role][2])

    def _furthest(self, status: Status) -> float:
        """The furthest stage so far, as a share of all, of which success is the last; one that succeeds has come to all others."""
        reached = [number for number, name in enumerate(self.stages, 1) if status.success or getattr(status, name)]
        return max(self.past.progress, max(reached, default=0) / (len(self.stages) + 1))

    def _moved_on(self, now: Status) -> EventHistory:
        """The past, with this control step in it."""
        first = self.past.first_success_step
        return replace(
            self.past,
            reached=now.reached or not now.released or now.tool_source_m < REACHED_M,
            grasped=now.grasped or now.grasped_now,
            consecutive_grasp=now.consecutive_grasp or self.grasp_run >= GRASP_STEPS,
            raised=now.raised or self.raised(now),
            wrong_object_moved=now.wrong_object_moved or self._other_moved(),
            success_once=now.success_once or now.success,
            first_success_step=self.step if now.success and first is None else first,
            **self.own_events(now),
        )

    def _named(self, status: Status) -> Status:
        """The status with its failure mode, or as a success."""
        if status.success:
            return replace(status, trouble=None, progress=1.0)
        return replace(status, trouble=self.failure_mode(status))

    def _other_moved(self) -> bool:
        ways_m = (body.position_m - self.starts_m[body.role] for body in self.others)
        return any(float(np.linalg.norm(way_m)) > MOVED_M for way_m in ways_m)


def world_extents_m(body: Body) -> np.ndarray:
    """Extents along the world's axes of the box around the model, turned as the model is now."""
    return np.asarray(np.abs(quat2mat(body.quat_wxyz)) @ np.asarray(body.model.extents_m))
