"""The facts of a ManiSkill task that a scout has read from its environment, and the scene that axes see in them."""

import importlib
from dataclasses import asdict, dataclass, field
from functools import cache
from math import hypot, tan
from typing import Any, Literal

from vlagen_bench.scenes.base import CameraSpec, Grid, Pose, QuatWxyz, RobotSpec, SceneSpec
from vlagen_bench.scenes.verbs import Light, Vec3
from vlagen_bench.types import NativeTask

SCENE = "maniskill"
"""the name of the scene of every such task"""
PACK = "household"
"""where textures, lightings and the things of clutter come from"""
SCOUT = "vlagen_bench.sim.maniskill.any_task.scout"
"""reads the facts: only the simulator knows them, so that planning starts it where none are kept"""
PLACES_M = 0.08
"""half an edge of the square that a moved camera has to show, around the middle of where the source may stand"""
BEYOND_M = 0.16
"""how far outside that square other things may be put, where the picture shows them"""
FAST_MESHES = 0.03
"""the share of their faces that the robots' visual meshes keep where pictures are to be quick"""
Kind = Literal["movable", "site", "obstacle", "fixture"]
Unit = Literal["m", "rad", "gripper", "other"]


@dataclass(frozen=True, kw_only=True)
class ThingFacts:
    """A thing of a layout, as the task's own reset has put it."""

    name: str
    kind: Kind
    """movable: dynamic; site: nothing collides with it; fixture: what things stand on; obstacle: anything else"""
    position_m: Vec3
    quat_wxyz: QuatWxyz
    extents_m: Vec3
    """of the box around its collision shapes, along its own axes; 0 of a site"""
    round: bool = False
    """whether it is a single sphere"""
    hidden: bool = False
    """whether the task hides it from its cameras"""

    @property
    def xy_m(self) -> tuple[float, float]:
        return self.position_m[0], self.position_m[1]

    @property
    def world_extents_m(self) -> Vec3:
        """Of the box around it along the world's axes, turned as it is."""
        w, x, y, z = self.quat_wxyz
        rows = (
            (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        )
        across, along, up = (
            sum(abs(part) * size for part, size in zip(row, self.extents_m, strict=True)) for row in rows
        )
        return (across, along, up)

    @property
    def radius_m(self) -> float:
        """Of the circle around it as it stands, seen from above."""
        across, along, _ = self.world_extents_m
        return min(hypot(across, along), hypot(*self.extents_m)) / 2

    @property
    def height_m(self) -> float:
        return round(self.world_extents_m[2], 5)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A fresh scene of one seed before any axis changed it."""

    seed: int
    hash: str
    """16 hex digits of its state"""
    things: tuple[ThingFacts, ...]

    def thing(self, name: str) -> ThingFacts:
        return next(thing for thing in self.things if thing.name == name)


@dataclass(frozen=True, kw_only=True)
class ActionFact:
    """One number of an action."""

    name: str
    unit: Unit
    scale: float
    """how much of the unit 1.0 of the number is"""
    low: float
    high: float
    hold: float | None = None
    """what keeps the robot as it begins; None: it is not known"""


@dataclass(frozen=True, kw_only=True)
class CameraFacts:
    """A sensor camera of the environment."""

    name: str
    width_px: int
    height_px: int
    position_m: Vec3
    quat_wxyz: QuatWxyz
    mount: str | None
    fov_rad: float
    """vertical"""
    near_m: float
    far_m: float


@dataclass(frozen=True, kw_only=True)
class TaskSource:
    """Where the code of a user's own task is."""

    file: str
    """that defines its class; empty: there is none, as in a notebook"""
    module: str
    imports: dict[str, str]
    """name -> SHA-256 of the source files that it imports, neither Python's nor installed packages"""


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """What is the same in every episode of a task."""

    env: str
    source_hash: str
    """of the file that defines the task, and of a user's own files that this imports"""
    versions: dict[str, str]
    robots: tuple[str, ...]
    base: tuple[Vec3, QuatWxyz]
    """of the first robot"""
    control_mode: str
    actions: tuple[ActionFact, ...]
    state_layout: tuple[str, ...]
    rise_m_rad: tuple[float, ...]
    """how fast the tool rises with each arm joint about the first pose; empty: it is not known"""
    cameras: tuple[CameraFacts, ...]
    ambient: Vec3
    lights: tuple[Light, ...]
    physics_hz: int
    control_hz: int
    max_episode_steps: int | None
    support_height_m: float
    layouts: tuple[Layout, ...]
    """of a few seeds: from them follows where the task puts its things"""
    gripper: bool
    """whether the robot has one"""
    draws_globally: bool = False
    """whether its steps draw from the generators that all code of a process shares"""
    found: dict[str, str] = field(default_factory=dict)
    """what was found by looking, where no card says it: `source`"""


@dataclass(frozen=True, kw_only=True)
class NativeRobot(RobotSpec):
    """The robot of a ManiSkill task: what its actions mean comes from its controller."""

    actions: tuple[ActionFact, ...]
    control_mode: str
    own_state_layout: tuple[str, ...]
    robots: tuple[str, ...]

    @property
    def action_layout(self) -> tuple[str, ...]:
        return tuple(action.name for action in self.actions)

    @property
    def conventions(self) -> dict[str, str | int | float]:
        return {"action_dim": self.action_dim, "control_mode": self.control_mode, "robots": ",".join(self.robots)}

    @property
    def state_layout(self) -> tuple[str, ...]:
        return self.own_state_layout


@cache
def facts_of(key: str, kwargs: str, source: str | None) -> TaskFacts:
    """The facts of a task, from the cache or from its environment."""
    scouted: TaskFacts = importlib.import_module(SCOUT).facts(key, kwargs, source)
    return scouted


def layout_of(task: NativeTask, seed: int) -> Layout:
    """The fresh scene of a seed."""
    layout: Layout = importlib.import_module(SCOUT).layout(task.env, task.kwargs_json, seed)
    return layout


def source_of(task: NativeTask) -> TaskSource | None:
    """Where the code of a user's own task is on this machine; None: the task is ManiSkill's."""
    source: TaskSource | None = importlib.import_module(SCOUT).source(task.env)
    return source


def facts_of_task(task: NativeTask) -> TaskFacts:
    """The facts of a task."""
    return facts_of(task.env, task.kwargs_json, task.source)


def scene_of(task: NativeTask) -> SceneSpec:
    """The scene that axes, harness and reports see."""
    facts = facts_of_task(task)
    cameras = [_camera(camera) for camera in facts.cameras]
    return SceneSpec(
        name=SCENE,
        pack=PACK,
        robot=_robot(facts),
        camera=cameras[0],
        extra_cameras=tuple(cameras[1:]),
        grid=_grid(facts, task),
        table_height_m=facts.support_height_m,
        backdrop="table",
        physics_hz=facts.physics_hz,
        control_hz=facts.control_hz,
        drop_from="bottom",
        drop_height_m=0.0,
        reposition_height_m=0.005,
        settle_s=(0.0, 0.0),
        arm_slack_while_settling=False,
        object_friction=0.3,
        default_friction=0.3,
        ambient=facts.ambient,
        lights=facts.lights,
        offers=("overlay textures",),
    )


def _camera(facts: CameraFacts) -> CameraSpec:
    return CameraSpec(
        name=facts.name,
        width_px=facts.width_px,
        height_px=facts.height_px,
        pose=Pose(p=facts.position_m, quat_wxyz=facts.quat_wxyz),
        mount=facts.mount,
        focal_px=facts.height_px / 2 / tan(facts.fov_rad / 2),
        centre_px=(facts.width_px / 2, facts.height_px / 2),
        near_m=facts.near_m,
        far_m=facts.far_m,
    )


def _robot(facts: TaskFacts) -> NativeRobot:
    """Conventions alone: drives, joints and files are those of ManiSkill's own robot, and nothing here loads them."""
    position_m, quat_wxyz = facts.base
    return NativeRobot(
        name="+".join(facts.robots), urdf="", base=Pose(p=position_m, quat_wxyz=quat_wxyz), arm_joints=(),
        gripper_joints=(), init_qpos=(), stiffness=(), damping=(), force_limit=(), gripper_stiffness=0.0,
        gripper_damping=0.0, gripper_force_limit=0.0, gripper_closed_m=0.0, gripper_open_m=0.0, tool_link="",
        finger_links=("", ""), action_step_m=1.0, action_step_rad=1.0, tool_speed_m_s=0.0, tool_speed_rad_s=0.0,
        rise_m_rad=facts.rise_m_rad, actions=facts.actions, control_mode=facts.control_mode,
        own_state_layout=facts.state_layout, robots=facts.robots,
    )  # fmt: skip


def _grid(facts: TaskFacts, task: NativeTask) -> Grid:
    """The square in which the task itself puts its source, as far as the scouted seeds show it."""
    source = task.source or facts.found["source"]
    spots = [layout.thing(source).xy_m for layout in facts.layouts]
    lows, highs = [min(axis) for axis in zip(*spots, strict=True)], [max(axis) for axis in zip(*spots, strict=True)]
    edge = max(max(high - low for low, high in zip(lows, highs, strict=True)) / 2, 0.02)
    radii = [facts.layouts[0].thing(name).radius_m for name in (source, task.target) if name]
    apart = max(sum(radii) + (0.02 if task.target else 0.0), task.clear_m)
    return Grid(
        centre_m=(round((lows[0] + highs[0]) / 2, 3), round((lows[1] + highs[1]) / 2, 3)),
        inner=5,
        inner_half_edge_m=round(edge, 3),
        ring=5,
        ring_half_edge_m=round(min(edge, PLACES_M), 3),
        separation_m=round(apart, 4),
        third_separation_m=round(apart, 4),
        beyond_m=BEYOND_M,
    )


def to_json(facts: TaskFacts | Layout) -> dict[str, Any]:
    """As JSON can hold it."""
    return asdict(facts)
