"""The specs of robots, cameras and scenes: facts with units and sources, without a simulator."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.scenes.verbs import Light, Vec3

QuatWxyz = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Pose:
    """A rigid pose: position in metres, quaternion wxyz."""

    p: Vec3 = (0.0, 0.0, 0.0)
    quat_wxyz: QuatWxyz = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class RobotSpec:
    """A robot and the conventions of its actions and states. A policy's `spec` is checked against `conventions`."""

    name: str
    urdf: str
    """`pack:<path>` in the scene's pack, or `mani_skill:<path>` in that package's robot folder"""
    base: Pose
    arm_joints: tuple[str, ...]
    gripper_joints: tuple[str, ...]
    init_qpos: tuple[float, ...]
    """all active joints, arm first: rad, then m for the fingers"""
    stiffness: tuple[float, ...]
    damping: tuple[float, ...]
    force_limit: tuple[float, ...]
    gripper_stiffness: float
    gripper_damping: float
    gripper_force_limit: float
    gripper_closed_m: float
    """drive target of each finger joint at gripper action -1"""
    gripper_open_m: float
    """drive target of each finger joint at gripper action +1"""
    tool_link: str
    """the link whose pose the action moves"""
    finger_links: tuple[str, str]
    """left opens along its +y axis, right along its -y axis"""
    finger_friction: float | None = None
    """static and dynamic; None: the scene's default"""
    grasp_max_angle_deg: float = 85.0
    """largest angle between contact force and opening direction that counts as a grasp"""
    specular_roughness: tuple[float, float] | None = None
    """overrides of the visual material"""
    simplify_to: float | None = None
    """share of the visual meshes' faces that is kept; None draws them as they are"""

    @property
    def action_layout(self) -> tuple[str, ...]:
        """Names, in order, of an action's numbers."""
        moves = ("x_m", "y_m", "z_m", "euler_x_rad", "euler_y_rad", "euler_z_rad")
        return (*(f"delta_{name}" for name in moves), "gripper_plus_one_open")

    @property
    def action_dim(self) -> int:
        """How many numbers an action has."""
        return len(self.action_layout)

    @property
    def conventions(self) -> dict[str, str | int | float]:
        """What an action means, machine-readable."""
        return {
            "action_dim": self.action_dim,
            "translation": "delta_xyz_m_base_frame",
            "rotation": "delta_euler_xyz_rad_base_frame",
            "reference": "previous_target",
            "gripper": "plus_one_open",
        }

    @property
    def state_layout(self) -> tuple[str, ...]:
        """Names, in order, of `obs["state"]`."""
        tool = ("tool_x_m", "tool_y_m", "tool_z_m", "tool_qw", "tool_qx", "tool_qy", "tool_qz")
        joints = tuple(f"{name}_rad" for name in self.arm_joints)
        return (*(f"{name}_base_frame" for name in tool), "gripper_opening_0_1", *joints)


@dataclass(frozen=True, kw_only=True)
class CameraSpec:
    """A pinhole camera. Its pose is x forward, y left, z up (SAPIEN), in the frame of `mount` or of the world."""

    name: str
    width_px: int
    height_px: int
    pose: Pose
    mount: str | None
    """robot link that carries it; None: fixed in the world"""
    focal_px: float
    centre_px: tuple[float, float]
    near_m: float = 0.01
    far_m: float = 100.0


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The places where things may stand: an inner square of points, and the ring around it, never trained on."""

    centre_m: tuple[float, float]
    inner: int
    """points along one side of the inner square"""
    inner_half_edge_m: float
    ring: int
    """points along one side of the ring"""
    ring_half_edge_m: float
    separation_m: float
    """source and target stand further apart than this"""
    third_separation_m: float
    """source and a third thing stand further apart than this"""

    def points(self, region: Literal["inner", "ring"]) -> tuple[tuple[float, float], ...]:
        """World x, y (m) in official order: x slow, y fast.

        Plain double arithmetic in the official order of operations, unrounded: the last bit decides which
        places are "further apart than 0.15 m", and through that what an official episode id means.
        """
        side = self.inner if region == "inner" else self.ring
        half_edge_m = self.inner_half_edge_m if region == "inner" else self.ring_half_edge_m
        steps = [(i / (side - 1) * 2 - 1) * half_edge_m for i in range(side)]
        last = side - 1
        return tuple(
            (steps[i] + self.centre_m[0], steps[j] + self.centre_m[1])
            for i in range(side)
            for j in range(side)
            if region == "inner" or i in (0, last) or j in (0, last)
        )


@dataclass(frozen=True, kw_only=True)
class SceneSpec:
    """A place to act in: robot, camera, table, assets and physics rates."""

    name: str
    pack: str
    robot: RobotSpec
    camera: CameraSpec
    grid: Grid
    table_height_m: float
    backdrop: Literal["photo", "table"]
    """photo: the table only collides, and its photo stands behind the foreground (green screen); table: it is drawn"""
    physics_hz: int
    control_hz: int
    drop_from: Literal["origin", "bottom"]
    """whether heights below are of a model's origin or of its lowest point"""
    drop_height_m: float
    """height above the table from which things fall into place at reset"""
    reposition_height_m: float
    """the same, when a thing is moved in mid-episode"""
    settle_s: tuple[float, float]
    """how long things fall before the episode begins, and how much longer if they still move then"""
    arm_slack_while_settling: bool
    """whether the arm's drives pull it towards zero while things settle, as in the official bridge environment's first
    reset: the solver's rounding depends on it, and through that where a round thing comes to rest"""
    object_friction: float
    default_friction: float
    ambient: Vec3
    lights: tuple[Light, ...]
    offers: tuple[str, ...] = ()
    """what some axes require of the scene and its pack: `colours and categories` of objects, `overlay textures`"""

    @property
    def physics_steps(self) -> int:
        """Physics steps in one control step."""
        return self.physics_hz // self.control_hz


# Sources of the bridge numbers: Liu et al. (NeurIPS 2025) as released in gen-robot/RL4VLA commit 55f966d,
# put_on_in_scene_multi.py and bridge_dataset_eval/base_env.py (also in mani_skill 3.0.1).
WIDOWX = RobotSpec(
    name="widowx250s",
    urdf="pack:widowx250s/wx250s.urdf",
    base=Pose(p=(0.147, 0.028, 0.870), quat_wxyz=(0.0, 0.0, 0.0, 1.0)),
    arm_joints=("waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate"),
    gripper_joints=("left_finger", "right_finger"),
    init_qpos=(-0.01840777, 0.0398835, 0.22242722, -0.00460194, 1.36524296, 0.00153398, 0.037, 0.037),
    stiffness=(
        1169.7891719504198,
        730.0,
        808.4601346394447,
        1229.1299089624076,
        1272.2760456418862,
        1056.3326605132252,
    ),
    damping=(330.0, 180.0, 152.12036565582588, 309.6215302722146, 201.04998711007383, 269.51458932695414),
    force_limit=(200.0, 200.0, 100.0, 100.0, 100.0, 100.0),
    gripper_stiffness=1000.0,
    gripper_damping=200.0,
    gripper_force_limit=60.0,
    gripper_closed_m=0.014,
    gripper_open_m=0.038,
    tool_link="ee_gripper_link",
    finger_links=("left_finger_link", "right_finger_link"),
    specular_roughness=(0.9, 0.3),
)

BRIDGE = SceneSpec(
    name="bridge",
    pack="bridge",
    robot=WIDOWX,
    camera=CameraSpec(
        name="3rd_view_camera",
        width_px=640,
        height_px=480,
        pose=Pose(p=(0.0, -0.16, 0.36), quat_wxyz=(0.8992917, -0.09263245, 0.35892478, 0.23209205)),
        mount="base_link",
        focal_px=623.588,
        centre_px=(319.501, 239.545),
    ),
    grid=Grid(
        centre_m=(-0.16, 0.0),
        inner=6,
        inner_half_edge_m=0.075,
        ring=8,
        ring_half_edge_m=0.105,
        separation_m=0.070,
        third_separation_m=0.15,
    ),
    table_height_m=0.87,
    backdrop="photo",
    physics_hz=500,
    control_hz=5,
    drop_from="origin",
    drop_height_m=0.08,
    reposition_height_m=0.13,
    settle_s=(0.1, 1.2),
    arm_slack_while_settling=True,
    object_friction=1.0,
    default_friction=0.3,
    ambient=(0.3, 0.3, 0.3),
    lights=(
        Light(direction=(0.0, 0.0, -1.0), colour=(2.2, 2.2, 2.2)),
        Light(direction=(-1.0, -0.5, -1.0), colour=(0.7, 0.7, 0.7)),
        Light(direction=(1.0, 1.0, -1.0), colour=(0.7, 0.7, 0.7)),
    ),
    offers=("overlay textures",),
)

# Gains, limits and the rest pose are those of mani_skill 3.0.1, agents/robots/panda/panda.py.
PANDA = RobotSpec(
    name="panda",
    urdf="mani_skill:panda/panda_v2.urdf",
    base=Pose(p=(-0.615, 0.0, 0.0)),
    arm_joints=tuple(f"panda_joint{i}" for i in range(1, 8)),
    gripper_joints=("panda_finger_joint1", "panda_finger_joint2"),
    init_qpos=(0.0, np.pi / 8, 0.0, -np.pi * 5 / 8, 0.0, np.pi * 3 / 4, np.pi / 4, 0.04, 0.04),
    stiffness=(1000.0,) * 7,
    damping=(100.0,) * 7,
    force_limit=(100.0,) * 7,
    gripper_stiffness=1000.0,
    gripper_damping=100.0,
    gripper_force_limit=100.0,
    gripper_closed_m=-0.01,
    gripper_open_m=0.04,
    tool_link="panda_hand_tcp",
    finger_links=("panda_leftfinger", "panda_rightfinger"),
    finger_friction=2.0,
    simplify_to=0.1,
)

TABLETOP = SceneSpec(
    name="tabletop",
    pack="household",
    robot=PANDA,
    camera=CameraSpec(
        name="front",
        width_px=256,
        height_px=256,
        pose=Pose(p=(0.50, 0.0, 0.46), quat_wxyz=(0.0, -0.33951, 0.0, 0.94061)),
        mount=None,
        focal_px=375.0,
        centre_px=(128.0, 128.0),
    ),
    grid=Grid(
        centre_m=(0.0, 0.0),
        inner=6,
        inner_half_edge_m=0.09,
        ring=8,
        ring_half_edge_m=0.13,
        separation_m=0.12,
        third_separation_m=0.12,
    ),
    table_height_m=0.0,
    backdrop="table",
    physics_hz=100,
    control_hz=5,
    drop_from="bottom",
    drop_height_m=0.005,
    reposition_height_m=0.02,
    settle_s=(0.2, 1.0),
    arm_slack_while_settling=False,
    object_friction=1.0,
    default_friction=0.3,
    ambient=(0.35, 0.35, 0.35),
    lights=(
        Light(direction=(-0.6, 0.5, -1.0), colour=(2.4, 2.3, 2.2), shadow=True),
        Light(direction=(0.4, -0.8, -1.0), colour=(0.7, 0.7, 0.8)),
    ),
    offers=("colours and categories", "overlay textures"),
)

_SCENES = {spec.name: spec for spec in (BRIDGE, TABLETOP)}


def scene_names() -> tuple[str, ...]:
    """All scenes."""
    return tuple(sorted(_SCENES))


def scene(name: str) -> SceneSpec:
    """The scene called `name`; raises `ConfigError` with the nearest name otherwise."""
    if name not in _SCENES:
        raise ConfigError(unknown("scene", name, _SCENES))
    return _SCENES[name]
