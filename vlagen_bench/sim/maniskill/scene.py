"""Many scenes simulated and drawn at once, as ManiSkill's sub-scenes on one GPU."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sapien
import torch
from mani_skill.agents.base_agent import BaseAgent
from mani_skill.agents.controllers import PDJointPosControllerConfig
from mani_skill.envs.sapien_env import BaseEnv
from mani_skill.render.shaders import PREBUILT_SHADER_CONFIGS, ShaderConfig, set_shader_pack
from mani_skill.sensors.camera import CameraConfig
from mani_skill.utils.structs.types import DefaultMaterialsConfig, SimConfig

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.base import RobotSpec, SceneSpec
from vlagen_bench.sim import backdrop, fork_guard
from vlagen_bench.sim.maniskill.arm import BatchedArm
from vlagen_bench.sim.maniskill.assets import BatchAssets
from vlagen_bench.sim.maniskill.start import USE_PROCESSES, ConditionAssets, EpisodeStart
from vlagen_bench.sim.maniskill.view import BatchState
from vlagen_bench.sim.robot_files import urdf_path
from vlagen_bench.sim.vulkan import shaders
from vlagen_bench.sim.vulkan.device import render_device
from vlagen_bench.sim.world import to_sapien


def gpu_backend() -> str:
    """ManiSkill's name of the GPU that simulates and draws; raises `ConfigError` if there is none."""
    drawing = render_device()
    if torch.cuda.is_available() and drawing.alias.startswith("cuda:"):
        return f"physx_{drawing.alias}"
    sees = "sees a CUDA device" if torch.cuda.is_available() else "sees no CUDA device"
    raise ConfigError(
        'backend="gpu" needs an NVIDIA GPU that simulates and draws. '
        f"Found: PyTorch {torch.__version__}, which {sees}, and to draw with: {drawing.label}. "
        f"Ask `vlagen doctor` for the GPU, and pip for a PyTorch with CUDA. {USE_PROCESSES}"
    )


class Scenes(BaseEnv):
    """N scenes of one kind, which differ in the models that are on the table and where they stand.

    Callers use `begin`, `advance`, `measure` and `draw`; what `BaseEnv` has for them is for its own loop.
    """

    def __init__(self, *, kind: SceneSpec, pool: ConditionAssets, num_envs: int, sim_backend: str) -> None:
        """Builds the scenes; `sim_backend` is `physx_cuda:<n>`, or `physx_cpu`, which can have only one."""
        fork_guard.check()
        self._kind, self._pool = kind, pool
        self._starts: dict[int, EpisodeStart] = {}
        self._urdf = urdf_path(kind.robot, kind.pack)
        super().__init__(
            num_envs=num_envs,
            obs_mode="none",
            reward_mode="none",
            robot_uids=_agent(kind.robot, str(self._urdf)),
            sim_backend=sim_backend,
            render_backend="none",
        )

    def begin(self, starts: Mapping[int, EpisodeStart]) -> None:
        """Begins an episode in each of these scenes; the others stay as they are."""
        starts = dict(sorted(starts.items()))  # as ManiSkill takes the rows of what is set
        self._starts |= starts
        self.reset(options={"env_idx": torch.tensor(list(starts), device=self.device)})

    def advance(self, actions: np.ndarray) -> None:
        """One control step of all scenes, with an action (N, 7) each; see `Arm.command`."""
        self.step(self._arm.command(actions, self.agent.robot.qpos[:, self._arm_joints]))

    def measure(self) -> BatchState:
        """What all scenes look like now."""
        starts = [self._starts[row] for row in range(self.num_envs)]
        sources, targets = [start.source for start in starts], [start.target for start in starts]
        poses = {name: _numpy(body.pose.raw_pose) for name, body in self._bodies.items()}
        qpos = _numpy(self.agent.robot.qpos)
        *fingers, tool = self._links
        return BatchState(
            source=np.stack([poses[name][row] for row, name in enumerate(sources)]),
            target=np.stack([poses[name][row] for row, name in enumerate(targets)]),
            fingers=np.stack([poses[name] for name in fingers]),
            tool=poses[tool],
            finger_forces_n=np.stack([self._forces_n([name] * self.num_envs, sources) for name in fingers]),
            source_force_n=self._forces_n(sources, targets),
            arm_qpos=qpos[:, self._arm_joints],
            finger_qpos=qpos[:, self._finger_joints],
        )

    def _forces_n(self, on: list[str], of: list[str]) -> np.ndarray:
        """(N, 3): the force on one body of each scene from another one, by name."""
        pairs = list(zip(on, of, strict=True))
        forces = np.zeros((self.num_envs, 3), dtype=np.float32)
        for pair in dict.fromkeys(pairs):
            rows = [row for row, its_pair in enumerate(pairs) if its_pair == pair]
            forces[rows] = _numpy(self.scene.get_pairwise_contact_forces(*map(self._bodies.get, pair)))[rows]
        return forces

    def draw(self) -> np.ndarray:
        """What the cameras see now, uint8 (N, H, W, 3) RGB."""
        self.scene.update_render(update_sensors=True, update_human_render_cameras=False)
        camera = self.scene.sensors[self._kind.camera.name]
        camera.capture()
        return _numpy(camera.get_obs(rgb=True, depth=False, position=False, segmentation=False)["rgb"])

    @property
    def _default_sim_config(self) -> SimConfig:
        friction = self._kind.default_friction
        return SimConfig(
            sim_freq=self._kind.physics_hz,
            control_freq=self._kind.control_hz,
            default_materials_config=DefaultMaterialsConfig(friction, friction, 0.0),
        )

    @property
    def _default_sensor_configs(self) -> list[CameraConfig]:
        spec = self._kind.camera
        (across, down), (x, y), (width, height) = spec.scale, spec.centre_px, spec.size_px
        intrinsic = np.array([[spec.focal_px * across, 0, x * across], [0, spec.focal_px * down, y * down], [0, 0, 1]])
        return [
            CameraConfig(
                uid=spec.name,
                pose=to_sapien(spec.pose),
                width=width,
                height=height,
                near=spec.near_m,
                far=spec.far_m,
                intrinsic=intrinsic,
                shader_config=_shaders(),
            )
        ]

    def _setup_scene(self) -> None:
        # ManiSkill's own way of naming a device knows none without CUDA.
        self._render_device = self.backend.render_device = sapien.Device(render_device().alias)
        super()._setup_scene()

    def _load_agent(self, options: dict[str, Any]) -> None:
        super()._load_agent(options, to_sapien(self._kind.robot.base))
        spec, robot = self._kind.robot, self.agent.robot
        self._joints = [joint.name for joint in robot.active_joints]
        self._arm_joints = [self._joints.index(name) for name in spec.arm_joints]
        self._finger_joints = [self._joints.index(name) for name in spec.gripper_joints]
        self._links = (*spec.finger_links, spec.tool_link)
        self._arm = BatchedArm(spec=spec, urdf=self._urdf, num_envs=self.num_envs, device=self.device)

    def _load_scene(self, options: dict[str, Any]) -> None:
        self._stock = BatchAssets(spec=self._kind, pool=self._pool, scene=self.scene)
        links = {name: self.agent.robot.links_map[name] for name in self._links}
        self._bodies = {**links, **self._stock.models}

    def _load_lighting(self, options: dict[str, Any]) -> None:
        backdrop.add_lights(self.scene, self._kind.ambient, self._kind.lights)

    def _initialize_episode(self, env_idx: torch.Tensor, options: dict[str, Any]) -> None:
        rows = env_idx.tolist()
        starts = [self._starts[row] for row in rows if row in self._starts]
        if not starts:  # ManiSkill resets once by itself, before there is any episode
            return
        self._stock.begin(starts)
        qpos = torch.tensor([[start.qpos[name] for name in self._joints] for start in starts], device=self.device)
        self.agent.robot.set_qpos(qpos)
        self._arm.reset(rows, qpos[:, self._arm_joints])


def _shaders() -> ShaderConfig:
    """Those of the scene alone, so that shadows are alike; a folder in place of a name leaves out the pictures' formats."""
    known = PREBUILT_SHADER_CONFIGS["minimal"]
    set_shader_pack(known)
    return replace(known, shader_pack=str(shaders.folder("minimal")))


def _agent(spec: RobotSpec, urdf: str) -> type[BaseAgent]:
    """ManiSkill's form of a robot, driven by joint positions: arm first, then fingers."""
    materials, links = {}, {}
    if spec.finger_friction is not None:
        friction = spec.finger_friction
        materials = {"gripper": {"static_friction": friction, "dynamic_friction": friction, "restitution": 0.0}}
        links = {
            name: {"material": "gripper", "patch_radius": 0.1, "min_patch_radius": 0.1} for name in spec.finger_links
        }
    fingers = len(spec.gripper_joints)
    drives = PDJointPosControllerConfig(
        joint_names=[*spec.arm_joints, *spec.gripper_joints],
        lower=None,
        upper=None,
        stiffness=[*spec.stiffness, *[spec.gripper_stiffness] * fingers],
        damping=[*spec.damping, *[spec.gripper_damping] * fingers],
        force_limit=[*spec.force_limit, *[spec.gripper_force_limit] * fingers],
        normalize_action=False,
    )

    class Robot(BaseAgent):
        uid = spec.name
        urdf_path = urdf
        urdf_config = {"_materials": materials, "link": links}  # noqa: RUF012 - ManiSkill's form
        _controller_configs = {"pd_joint_pos": drives}  # noqa: RUF012

    return Robot


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
