"""What an environment shows and what its actions mean: the spaces, and the conversions from and to the simulator."""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from gymnasium import spaces

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.scenes.base import CameraSpec, SceneSpec
from vlagen_bench.scenes.native import NativeRobot
from vlagen_bench.tasks import family_of
from vlagen_bench.tasks.behaviour import Behaviour, recorded
from vlagen_bench.tasks.judge import Status
from vlagen_bench.types import Episode, Task

ObsMode = Literal["image", "state"]
State = Literal["robot", "privileged"]

STATE_LIMIT = 10.0
"""wider than anything the arm can reach; finite, as samplers of spaces want it"""
_POSE = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz")

NEVER = -1
"""the `first_success_step` of an info before there is one, and what is not defined of the behaviour: a number, as a batch of
infos has one type per key"""


def info_of(episode: Episode, status: Status, *, instruction: str, steps: int, oversized_steps: int) -> dict[str, Any]:
    """The info of a step or a reset: its values can be merged into the infos of a vector environment."""
    first = status.first_success_step
    return {
        "instruction": instruction,
        "scenario": copy.deepcopy(episode.to_dict()),
        "steps": steps,
        **asdict(status),
        "oversized_steps": oversized_steps,
        "is_success": status.success,  # the name that Stable-Baselines3 reads, at the end of an episode
        "first_success_step": NEVER if first is None else first,
    }


def _pictures_of(camera: CameraSpec) -> spaces.Box:
    width, height = camera.size_px
    return spaces.Box(0, 255, (height, width, 3), np.uint8)


def behaviour_of(behaviour: Behaviour) -> dict[str, float | int]:
    """How the arm has moved so far, by the names of a run's metrics: -1 where one is not defined."""
    return {name: float(NEVER) if value is None else value for name, value in recorded(behaviour).items()}


@dataclass(frozen=True, kw_only=True)
class Interface:
    """The observations and actions of an environment, scalar or batched."""

    scene: SceneSpec
    roles: tuple[str, ...]
    """of the things whose poses a privileged state has"""
    obs_mode: ObsMode = "image"
    """`image`: picture and state; `state`: no picture is drawn"""
    state: State = "robot"
    """`robot`: what a robot knows of itself; `privileged`: also where the things are"""
    flat: bool = False
    """whether an observation is one array, the picture or the state, in place of a dictionary"""
    cameras: tuple[str, ...] = ()
    """of those that the scene draws, the ones whose pictures `images` has; none: there is no `images`"""
    normalized_actions: bool = False
    """whether actions are in [-1, 1] and mean shares of the robot's `action_step_m` and `action_step_rad`"""

    def __post_init__(self) -> None:
        for what, given, known in (
            ("obs_mode", self.obs_mode, get_args(ObsMode)),
            ("state", self.state, get_args(State)),
            ("flat", self.flat, (True, False)),
            ("normalized_actions", self.normalized_actions, (True, False)),
        ):
            if given not in known:
                raise ConfigError(unknown(what, str(given), map(str, known)))
        if self.flat and self.privileged and self.obs_mode == "image":
            raise ConfigError(
                "flat=True with obs_mode='image' shows the picture alone, which leaves no place for state='privileged'. "
                "Give obs_mode='state', or leave out flat."
            )

        if self.cameras and (self.flat or self.obs_mode == "state"):
            raise ConfigError(
                f"cameras={','.join(self.cameras)} asks for pictures in a dictionary, which an observation with "
                f"{'flat=True' if self.flat else 'obs_mode=state'} has no place for. Leave out one of both."
            )

    @classmethod
    def of(cls, task: Task, scene: SceneSpec, **options: Any) -> "Interface":
        """The interface of a task; `options` are the fields that have a default."""
        return cls(scene=scene, roles=tuple(family_of(task).roles), **options)

    @property
    def privileged(self) -> bool:
        """Whether observations hold what no sensor of a robot tells."""
        return self.state == "privileged"

    @property
    def state_layout(self) -> tuple[str, ...]:
        """Names, in order, of the state's numbers."""
        things = (f"privileged_{role}_{part}_base_frame" for role in self.roles for part in _POSE)
        return (*self.scene.robot.state_layout, *(things if self.privileged else ()))

    @property
    def observation_space(self) -> spaces.Space[Any]:
        """`Dict` of `image` (not where `obs_mode="state"`), `images` (where cameras are named) and `state`; a `Box` where `flat`."""
        image = _pictures_of(self.scene.camera)
        state = spaces.Box(-STATE_LIMIT, STATE_LIMIT, (len(self.state_layout),), np.float32)
        if self.flat:
            return image if self.obs_mode == "image" else state
        if self.obs_mode == "state":
            return spaces.Dict({"state": state})
        cameras = {camera.name: camera for camera in self.scene.drawn_cameras}
        images: dict[str, spaces.Space[Any]] = {name: _pictures_of(cameras[name]) for name in self.cameras}
        return spaces.Dict({"image": image, **({"images": spaces.Dict(images)} if images else {}), "state": state})

    @property
    def action_space(self) -> spaces.Box:
        """Both kinds of actions have these bounds; only those of normalised ones clip. A ManiSkill task has its own."""
        robot = self.scene.robot
        if isinstance(robot, NativeRobot):
            low, high = (
                np.array([getattr(fact, key) for fact in robot.actions], np.float32) for key in ("low", "high")
            )
            return spaces.Box(low, high, dtype=np.float32)
        return spaces.Box(-1.0, 1.0, (self.scene.robot.action_dim,), np.float32)

    def observation(
        self,
        *,
        image: np.ndarray | None,
        state: np.ndarray,
        things: np.ndarray | None,
        images: Mapping[str, np.ndarray] | None = None,
    ) -> Any:
        """The observation of one environment.

        Args:
            image: uint8 (H, W, 3); None where `obs_mode="state"`.
            images: of every camera that is drawn; None where `cameras` names none.
            state: the robot's, as `RobotSpec.state_layout` has it.
            things: the poses of `roles` in the base frame, (7 * roles,); None where it is not `privileged`.
        """
        if things is not None:
            # What falls off the table falls forever.
            state = np.concatenate([state, np.clip(things, -STATE_LIMIT, STATE_LIMIT)]).astype(np.float32)
        if self.flat:
            return image if self.obs_mode == "image" else state
        if self.obs_mode == "state":
            return {"state": state}
        named = {name: (images or {})[name] for name in self.cameras}
        return {"image": image, **({"images": named} if named else {}), "state": state}

    def raw(self, actions: np.ndarray) -> np.ndarray:
        """Actions (..., 7) in metres and radians, as the simulator takes them."""
        robot = self.scene.robot
        if not self.normalized_actions or isinstance(robot, NativeRobot):
            return actions
        steps = np.array([robot.action_step_m] * 3 + [robot.action_step_rad] * 3 + [1.0], dtype=np.float32)
        return np.clip(actions, -1.0, 1.0) * steps
