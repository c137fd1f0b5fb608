"""The Gymnasium environment: one task under one condition, numpy in and out, unbatched."""

import logging
import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import gymnasium
import numpy as np

from vlagen_bench.envs.interface import Interface, ObsMode, State, behaviour_of, info_of
from vlagen_bench.envs.time_limit import SpecLimited, limit_of
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.actions import OF_STEP, checked
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice, ImageSize, names_of
from vlagen_bench.scenes.oversized import CAUSES, StepLimits
from vlagen_bench.sim.backends import simulator_of
from vlagen_bench.sim.interface import EnvSim
from vlagen_bench.tasks import family_of
from vlagen_bench.tasks.judge import Status
from vlagen_bench.types import Episode
from vlagen_bench.utils.arguments import checked as checked_arguments
from vlagen_bench.utils.blame import code_of

Reward = Literal["sparse", "potential"]
RESET_OPTIONS = ("episode", "episode_id")
OVERSIZED = 5
"""so many oversized steps of an episode are worth a warning"""

_LOG = logging.getLogger(__name__)


class TaskEnv(gymnasium.Env):
    """One task under one condition.

    Observation: `image` uint8 (H, W, 3) RGB of the primary camera, and `state` float32, laid out as
    `env.unwrapped.state_layout` names it. `cameras` adds `images`, `obs_mode="state"` leaves out the picture, `flat=True` the dictionary.

    Action: float32 (7,): delta xyz (m) and delta euler XYZ (rad) of the tool's target along the base's axes,
    then the gripper, +1 open to -1 closed. `normalized_actions=True`: the first six in [-1, 1] are shares of the
    robot's `action_step_m` and `action_step_rad`, and all are clipped.

    Reward: `sparse` is 1 while the task is done; `potential` is the difference of
    0.1 grasped + 0.1 held for five steps + 1.0 (done and grasped before), as in Liu et al., section B.5 of
    their released code (simpler_wrapper.py).

    Ends: truncated after `max_episode_steps`; terminated at success only where the task file says so.

    Info: `instruction`, `scenario` (every sampled value), `success`, `success_once`, `grasped`,
    `consecutive_grasp`, `progress` and the other fields of `Status`; `oversized_steps`, how many actions of the episode
    commanded more than the arm can do in one control step, of which a warning is logged once; `is_success`, which is `success` under the name that
    Stable-Baselines3 reads at the end of an episode; `first_success_step`, -1 before there is one; `behaviour`, how the arm has
    moved so far.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 5}  # noqa: RUF012 - Gymnasium's form

    @checked_arguments("The environment")
    def __init__(
        self,
        *,
        task: str,
        condition: str,
        render_mode: str | None = None,
        reward: Reward = "sparse",
        first_seed: int = 0,
        max_episode_steps: int | None = None,
        obs_mode: ObsMode = "image",
        state: State = "robot",
        flat: bool = False,
        normalized_actions: bool = False,
        cameras: str | Sequence[str] = (),
        image_size: ImageSize = None,
    ) -> None:
        """The environment of a task and condition.

        Args:
            task: its name; see `vlagen list`.
            condition: its name, or several joined by `+`.
            render_mode: `rgb_array`, `human` or None.
            reward: `sparse` or `potential`.
            first_seed: whose episodes it plays until `reset` is given a seed; `...-Main-v<N>` has one of its own, since
                suites draw from seed 0.
            max_episode_steps: after how many steps an episode is truncated; None: the task's `max_steps`; -1: never.
            obs_mode: `image`, or `state`: then nothing is drawn, and there is no renderer unless there is a render mode.
            state: `robot`, or `privileged`: then the state ends with the poses of the things, as they are now.
            flat: whether an observation is an array: the picture, or the state where `obs_mode="state"`.
            normalized_actions: whether actions are shares of the robot's steps.
            cameras: whose pictures are in `images`, such as `("front", "wrist")`; none: `image` alone is drawn.
            image_size: in which pictures are drawn: 224 or `"640x480"`, of the primary camera alone; `"front=224,wrist=224"`
                or a mapping; None, and cameras without a size: their own.

        Raises:
            ConfigError: an unknown option, a wrong name or number, or options that do not go together.
        """
        self.task = catalog.task(task)
        catalog.check_conditions(task, (condition,), "condition")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(unknown("render mode", str(render_mode), self.metadata["render_modes"]))
        self.condition = condition
        self.render_mode = render_mode
        self._reward: Reward = reward
        own = specs.of_task(self.task)
        self._cameras = CameraChoice.of(own, cameras, image_size)
        self._scene = self._cameras.scene(own)
        self.robot_spec = self._scene.robot
        self._limit = limit_of(self.task, max_episode_steps)
        self._interface = Interface.of(
            self.task, self._scene, obs_mode=obs_mode, state=state, flat=flat, normalized_actions=normalized_actions,
            cameras=names_of(cameras),
        )  # fmt: skip
        self.metadata = {**self.metadata, "privileged": self.privileged}
        self._simulator: EnvSim | None = None
        self._index, self._seed, self._potential = -1, first_seed, 0.0
        self._episode: Episode | None = None
        self._image: np.ndarray | None = None
        self._told_no_screen = self._told_oversized = False
        self._step_limits, self._oversized = StepLimits.of(self._scene), 0
        self.action_space = self._interface.action_space
        self.observation_space = self._interface.observation_space

    @property
    def _sim(self) -> EnvSim:
        """The simulator, once there was a reset."""
        assert self._simulator is not None
        return self._simulator

    @property
    def interface(self) -> Interface:
        """What it shows and what its actions mean."""
        return self._interface

    @property
    def privileged(self) -> bool:
        """Whether observations hold what no sensor of a robot tells; `metadata["privileged"]` says so too."""
        return self._interface.privileged

    @property
    def state_layout(self) -> tuple[str, ...]:
        """Names, in order, of the state's numbers; those of things begin with `privileged_`."""
        return self._interface.state_layout

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins an episode.

        Args:
            seed: the first episode of this seed; later resets without one go through the episodes of the seed.
            options: `{"episode": info["scenario"]}` for exactly that episode, `{"episode_id": int}` for an official one.

        Raises:
            ConfigError: an unknown option, or an episode that does not fit.
            AssetError: the episode names a thing that the scene's pack does not have.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._index = seed, -1
        self._episode = None
        episode = self._choose(dict(options or {}))
        if self._simulator is None:
            drawn = self._interface.obs_mode == "image" or self.render_mode is not None
            self._simulator = simulator_of(self.task, drawn=drawn, cameras=self._cameras)
        status = self._begin(episode, given="episode" in (options or {}))
        self._episode, self._potential, self._oversized = episode, 0.0, 0
        return self._observe(), self._info(episode, status)

    def _begin(self, episode: Episode, *, given: bool) -> Any:
        try:
            return self._sim.reset(episode)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not given:
                raise
            # The cause stays in the traceback, should it be ours; SAPIEN's go on for many lines.
            why = str(error).partition("\n")[0]
            raise ConfigError(
                f"reset: the values of the episode do not fit {self.task.ref} ({type(error).__name__}: {why}). "
                f"Give one as info['scenario'] or the plan.json of a run has it."
            ) from error

    def _choose(self, options: dict[str, Any]) -> Episode:
        for key in options:
            if key not in RESET_OPTIONS:
                raise ConfigError(f"reset: {unknown('option', str(key), RESET_OPTIONS)}")
        if len(options) > 1:
            raise ConfigError("reset: give either 'episode' or 'episode_id', not both.")
        if "episode_id" in options:
            return plan.official(self.task, self.condition, _whole(options["episode_id"]))
        if "episode" in options:
            episode = plan.episode_from_dict(options["episode"])
            if episode.task != self.task.ref:
                raise ConfigError(f"reset: the episode is of {episode.task}, but this environment is {self.task.ref}.")
            return episode
        self._index += 1
        return plan.sample(self.task, self.condition, index=self._index, seed=self._seed)[0]

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One control step (0.2 s).

        Raises:
            PolicyError: the action is invalid, or there are several.
            ConfigError: before the first reset.
        """
        if self._episode is None:
            raise ConfigError("step: call reset() first.")
        actions = checked(action, self.robot_spec.action_dim, OF_STEP)
        action = self._interface.raw(actions[0])
        self._count_oversized(action)
        status = self._sim.advance(action)
        reward = float(status.success)
        if self._reward == "potential":
            family = family_of(self.task)
            with code_of(f"family {family.name}", family):
                potential = family.potential(status)
            reward, self._potential = potential - self._potential, potential
        terminated = status.success and self.task.ends_on_success
        truncated = not terminated and self._limit is not None and self._sim.steps >= self._limit
        return self._observe(), reward, terminated, truncated, self._info(self._episode, status)

    def _count_oversized(self, action: np.ndarray) -> None:
        self._oversized += int(self._step_limits.oversized(action))
        if self._oversized >= OVERSIZED and not self._told_oversized:
            self._told_oversized = True
            _LOG.warning(
                "%d actions of this episode command more than the arm can do in one control step (%s). %s. "
                "normalized_actions=True takes actions in [-1, 1].", self._oversized, self._step_limits, CAUSES,
            )  # fmt: skip

    def _observe(self) -> Any:
        interface = self._interface
        self._image = images = None
        if interface.obs_mode == "image":
            seen = self._sim.observe()
            self._image, images, state = seen["image"], seen["images"], seen["state"]
        else:
            state = self._sim.robot_state()
        if self.render_mode == "human":
            self._show()
        things = self._sim.poses_in_base(interface.roles) if interface.privileged else None
        return interface.observation(image=self._image, images=images, state=state, things=things)

    def _picture(self) -> np.ndarray:
        """The last picture; where observations have none, it is drawn when it is asked for."""
        if self._image is None:
            self._image = self._sim.observe()["image"]
        return self._image

    def _info(self, episode: Episode, status: Status) -> dict[str, Any]:
        sim = self._sim
        info = info_of(episode, status, instruction=sim.instruction, steps=sim.steps, oversized_steps=self._oversized)
        behaviour = sim.behaviour()
        return info | ({"behaviour": behaviour_of(behaviour)} if behaviour else {})

    def render(self) -> np.ndarray | None:
        """The last picture, uint8 (H, W, 3), in mode `rgb_array`; in mode `human` the window is up to date already."""
        return self._picture().copy() if self.render_mode == "rgb_array" and self._episode is not None else None

    def _show(self) -> None:
        if not _has_screen():
            # Said once, not raised: tools such as `check_env` make every render mode on machines without a screen.
            if not self._told_no_screen:
                _LOG.warning("render_mode='human' needs a screen, and DISPLAY is not set: no window is shown.")
            self._told_no_screen = True
            return
        import cv2

        cv2.imshow(f"vlagen_bench: {self.task.name}", self._picture()[..., ::-1])
        cv2.waitKey(1)

    def close(self) -> None:
        """Lets go of the simulator and closes the window."""
        if self.render_mode == "human" and _has_screen():
            import cv2

            cv2.destroyAllWindows()
        self._simulator = self._episode = self._image = None


def make_task_env(**arguments: Any) -> gymnasium.Env:
    """The entry point of the registered ids; the arguments are those of `TaskEnv`."""
    return SpecLimited(TaskEnv(**arguments))


make_task_env.metadata = TaskEnv.metadata  # type: ignore[attr-defined]  # where `gym.make` looks for the render modes


def _whole(episode_id: Any) -> int:
    """The id, if it is a whole number; True, 3.7 and "7" would name an episode that nobody asked for."""
    try:
        if not isinstance(episode_id, bool):
            return operator.index(episode_id)
    except TypeError:
        pass
    raise ConfigError(f"reset: an episode_id is a non-negative integer, not {episode_id!r}.")


def _has_screen() -> bool:
    """Whether a window can be opened; without a screen the window library would abort the process."""
    return os.name != "posix" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
