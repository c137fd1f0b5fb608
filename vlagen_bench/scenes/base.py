"""Types that describe scenes: poses, robots, cameras and grids, with units; no simulator is loaded."""

from dataclasses import dataclass
from typing import Literal

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
    action_step_m: float
    """how far the tool's target moves at 1.0 of an action that is normalised to [-1, 1], along each axis"""
    action_step_rad: float
    """how far it turns then, about each axis"""
    tool_speed_m_s: float
    """how fast the tool can be moved: what is commanded beyond it no arm of this kind carries out"""
    tool_speed_rad_s: float
    """how fast it can be turned"""
    finger_friction: float | None = None
    """static and dynamic; None: the scene's default"""
    grasp_max_angle_deg: float = 85.0
    """largest angle between contact force and opening direction that counts as a grasp"""
    specular_roughness: tuple[float, float] | None = None
    """overrides of the visual material"""
    trigonometry: Literal["rounded", "torch"] = "rounded"
    """whose sines and cosines turn the tool's target: singles rounded from doubles, or PyTorch's, as in ManiSkill"""
    simplify_to: float | None = None
    """share of the visual meshes' faces that is kept; None draws them as they are"""
    rise_m_rad: tuple[float, ...] = ()
    """how fast the tool rises with each arm joint about the first pose; empty: the axis `robot_pose` knows it by name"""

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
    """A pinhole camera. Its pose is x forward, y left, z up (SAPIEN), in the frame of `mount` or of the world.

    Everything in pixels, here and in the values of episodes, is of its own size, `width_px` by `height_px`. A picture that
    is drawn in another size (`drawn_px`) shows the same part of the world.
    """

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
    drawn_px: tuple[int, int] | None = None
    """width and height of its pictures; None: its own"""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of its pictures."""
        return self.drawn_px or (self.width_px, self.height_px)

    @property
    def scale(self) -> tuple[float, float]:
        """How many times wider and higher its pictures are than its own size."""
        width, height = self.size_px
        return width / self.width_px, height / self.height_px


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
    beyond_m: float = 0.06
    """how far from the outermost places other things may still stand"""

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
    shaders: Literal["minimal", "default"] = "minimal"
    """the pack of SAPIEN's shaders that draws it"""
    offers: tuple[str, ...] = ()
    """what some axes require of the scene and its pack: `colours and categories` of objects, `overlay textures`"""
    extra_cameras: tuple[CameraSpec, ...] = ()
    """cameras besides `camera`, the primary one; each is drawn only where it is asked for"""
    drawn: tuple[str, ...] = ()
    """names of the extra cameras that are drawn: see `vlagen_bench.scenes.cameras`"""

    @property
    def camera_names(self) -> tuple[str, ...]:
        """All cameras, the primary one first."""
        return (self.camera.name, *(camera.name for camera in self.extra_cameras))

    @property
    def drawn_cameras(self) -> tuple[CameraSpec, ...]:
        """The cameras whose pictures are drawn, the primary one first."""
        return (self.camera, *(camera for camera in self.extra_cameras if camera.name in self.drawn))

    @property
    def physics_steps(self) -> int:
        """Physics steps in one control step."""
        return self.physics_hz // self.control_hz
