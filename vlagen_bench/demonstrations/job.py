"""The settings of a collection: which episodes are played, by whom, and what is kept of them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from vlagen_bench.demonstrations.distribution import Distribution
from vlagen_bench.demonstrations.disturbance import Noise
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.policies import base, pictures
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.cameras import CameraChoice, ImageSize, names_of, sizes_px
from vlagen_bench.types import Task
from vlagen_bench.utils.text import shown

PRIMARY_PX, OTHER_PX = 128, 64
"""sides of the pictures where no size is asked for"""


@dataclass(frozen=True, kw_only=True)
class PolicyChoice:
    """A policy by name, as `--policy` has it."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that decides what a dataset of demonstrations holds, but the number of its episodes."""

    distribution: Distribution
    policy: PolicyChoice = PolicyChoice(name="expert")
    """the demonstrator"""
    takeover: PolicyChoice | None = None
    """whom the demonstrator takes over from; None: it plays from the start"""
    noise: Noise = field(default_factory=Noise)
    cameras: CameraChoice = field(default_factory=CameraChoice)
    only_success: bool = False
    """whether episodes that fail are left out"""
    drop_idle: bool = False
    """whether frames that hardly move are left out, as in Liu et al."""

    @property
    def task(self) -> Task:
        return self.distribution.of_task

    @property
    def scene(self) -> SceneSpec:
        """The scene, with the cameras that are drawn."""
        return specs.of_task(self.task, self.cameras)

    def stored(self) -> dict[str, Any]:
        """What a dataset says of its making, as JSON; a second collection in its folder has to be of the same."""
        return {
            "distribution": asdict(self.distribution) | {"templates": list(self.distribution.templates)},
            "policy": _stored(self.policy),
            "takeover": None if self.takeover is None else _stored(self.takeover),
            "noise": asdict(self.noise),
            "cameras": sizes_px(self.scene),
            "only_success": self.only_success,
            "drop_idle": self.drop_idle,
        }


def _stored(choice: PolicyChoice) -> dict[str, Any]:
    hidden = {name: "(hidden)" if name in base.SECRETS else value for name, value in choice.arguments.items()}
    return {"name": choice.name, "arguments": hidden}


def cameras_of(scene: SceneSpec, cameras: str | Sequence[str] | None, image_size: ImageSize) -> CameraChoice:
    """The pictures that are kept; None: all cameras, the primary one 128 pixels square and others 64."""
    names = scene.camera_names if cameras is None else names_of(cameras)
    if image_size is None:
        image_size = {name: OTHER_PX for name in names} | {scene.camera.name: PRIMARY_PX}
    return CameraChoice.of(scene, names, image_size)


def check(job: Job) -> dict[str, Any]:
    """Loads the policies once, so that what is wrong with them is said before a worker starts.

    Returns:
        The version that each of them says it has; None: it says none.

    Raises:
        PolicyError: one cannot be loaded, does not fit the robot, or wants other pictures than are kept.
        ConfigError: the demonstrator takes over from itself.
    """
    if job.takeover is not None and job.takeover == job.policy:
        raise ConfigError(f"--takeover {job.takeover.name}: it is the demonstrator itself. Name another policy.")
    chosen = {"policy": job.policy, "takeover": job.takeover}
    return {part: _version(job, choice) for part, choice in chosen.items() if choice is not None}


def _version(job: Job, choice: PolicyChoice) -> Any:
    """The version of a policy, which is loaded for it and checked."""
    scene, loaded = job.scene, base.load(choice.name, choice.arguments)
    try:
        base.check_spec(loaded, scene.robot)
        spec = base.spec_of(loaded) or {}
        wanted = sizes_px(specs.of_task(job.task, pictures.camera_choice(loaded, specs.of_task(job.task))))
        if spec and (lacking := _lacking(wanted, sizes_px(scene), spec)):
            raise PolicyError(f"The policy {choice.name} wants {lacking}. Ask for that: --cameras, --image-size")
        return None if base.VERSION not in spec else shown(spec[base.VERSION])
    finally:
        with suppress(PolicyError):
            PolicyCaller(loaded, action_dim=scene.robot.action_dim).close()


def _lacking(
    wanted: Mapping[str, Sequence[int]], drawn: Mapping[str, Sequence[int]], spec: Mapping[Any, Any]
) -> str | None:
    """What a policy's spec asks for of pictures, and is not drawn so, in words."""
    for name, size in wanted.items():
        if name not in drawn:
            return f"pictures of the camera {name}, which is not drawn"
        if base.IMAGE_SIZE in spec and list(size) != list(drawn[name]):
            return f"{name} in {size[0]} x {size[1]} pixels, not {drawn[name][0]} x {drawn[name][1]}"
    return None
