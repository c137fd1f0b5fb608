"""The Gymnasium environment: one task under one condition, numpy in and out, unbatched."""

import copy
import dataclasses
import logging
import operator
import os
from collections.abc import Mapping
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces

from vlagen_bench.errors import ConfigError, PolicyError, unknown
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.actions import checked
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import family_of
from vlagen_bench.tasks.judge import Status
from vlagen_bench.types import Episode

Reward = Literal["sparse", "potential"]
RESET_OPTIONS = ("episode", "episode_id")

_LOG = logging.getLogger(__name__)


class TaskEnv(gymnasium.Env):
    """Put the source on the target.

    Observation: `image` uint8 (H, W, 3) RGB of the primary camera, `images` the same by camera name,
    `state` float32, laid out as `env.unwrapped.robot_spec.state_layout` names it.

    Action: float32 (7,): delta xyz (m) and delta euler XYZ (rad) of the tool's target along the base's axes,
    then the gripper, +1 open to -1 closed.

    Reward: `sparse` is 1 while the task is done; `potential` is the difference of
    0.1 grasped + 0.1 held for five steps + 1.0 (done and grasped before), as in Liu et al., section B.5 of
    their released code (simpler_wrapper.py).

    Ends: truncated after the task's `max_steps`; terminated at success only where the task file says so.

    Info: `instruction`, `episode` (every sampled value), `success`, `success_once`, `grasped`,
    `consecutive_grasp` and the other fields of `Status`.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 5}  # noqa: RUF012 - Gymnasium's form

    def __init__(
        self,
        *,
        task: str,
        condition: str,
        render_mode: str | None = None,
        reward: Reward = "sparse",
        first_seed: int = 0,
    ) -> None:
        """The environment of a task and condition.

        Args:
            task: its name; see `vlagen list`.
            condition: its name, or several joined by `+`.
            render_mode: `rgb_array`, `human` or None.
            reward: `sparse` or `potential`.
            first_seed: whose episodes it plays until `reset` is given a seed; `...-Main-v<N>` has one of its own, since
                suites draw from seed 0.

        Raises:
            ConfigError: a wrong name.
        """
        self.task = catalog.task(task)
        catalog.check_conditions(task, (condition,), "condition")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(unknown("render mode", str(render_mode), self.metadata["render_modes"]))
        if reward not in ("sparse", "potential"):
            raise ConfigError(unknown("reward", str(reward), ("sparse", "potential")))
        self.condition = condition
        self.render_mode = render_mode
        self._reward: Reward = reward
        self._scene = specs.of_task(self.task)
        self.robot_spec = self._scene.robot
        self._sim: Simulator | None = None
        self._index, self._seed, self._potential = -1, first_seed, 0.0
        self._episode: Episode | None = None
        self._image: np.ndarray | None = None
        self._told_no_screen = False
        self.action_space = spaces.Box(-1.0, 1.0, (self.robot_spec.action_dim,), np.float32)
        self.observation_space = self._observation_space()

    def _observation_space(self) -> spaces.Dict:
        camera = self._scene.camera
        image = spaces.Box(0, 255, (camera.height_px, camera.width_px, 3), np.uint8)
        size = len(self.robot_spec.state_layout)
        # Wider than anything the arm can reach; finite, as samplers of spaces want it.
        state = spaces.Box(-10.0, 10.0, (size,), np.float32)
        return spaces.Dict({"image": image, "images": spaces.Dict({camera.name: image}), "state": state})

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begins an episode.

        Args:
            seed: the first episode of this seed; later resets without one go through the episodes of the seed.
            options: `{"episode": dict}` for exactly that episode, `{"episode_id": int}` for an official one.

        Raises:
            ConfigError: an unknown option, or an episode that does not fit.
            AssetError: the episode names a thing that the scene's pack does not have.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._index = seed, -1
        self._episode = None
        episode = self._choose(dict(options or {}))
        if self._sim is None:
            self._sim = Simulator.of(self.task)
        status = self._begin(episode, given="episode" in (options or {}))
        self._episode, self._potential = episode, 0.0
        return self._observe(), self._info(status)

    def _begin(self, episode: Episode, *, given: bool) -> Status:
        try:
            return self._sim.reset(episode)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not given:
                raise
            # The cause stays in the traceback, should it be ours; SAPIEN's go on for many lines.
            why = str(error).partition("\n")[0]
            raise ConfigError(
                f"reset: the values of the episode do not fit {self.task.ref} ({type(error).__name__}: {why}). "
                f"Give one as info['episode'] or the plan.json of a run has it."
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

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """One control step (0.2 s).

        Raises:
            PolicyError: the action is invalid, or there are several.
            ConfigError: before the first reset.
        """
        if self._sim is None or self._episode is None:
            raise ConfigError("step: call reset() first.")
        dim = self.robot_spec.action_dim
        actions = checked(action, dim)
        if np.ndim(action) != 1:
            raise PolicyError(
                f"step: the action has the shape {np.shape(action)}. Give one of shape ({dim},); step through a chunk's rows."
            )
        status = self._sim.advance(actions[0])
        reward = float(status.success)
        if self._reward == "potential":
            potential = family_of(self.task).potential(status)
            reward, self._potential = potential - self._potential, potential
        terminated = status.success and self.task.ends_on_success
        truncated = not terminated and self._sim.steps >= self.task.max_steps
        return self._observe(), reward, terminated, truncated, self._info(status)

    def _observe(self) -> dict[str, Any]:
        observation = self._sim.observe()
        self._image = observation["image"]
        if self.render_mode == "human":
            self._show()
        return observation

    def _info(self, status: Status) -> dict[str, Any]:
        return {
            "instruction": self._sim.instruction,
            "episode": copy.deepcopy(self._episode.to_dict()),
            "steps": self._sim.steps,
            **dataclasses.asdict(status),
        }

    def render(self) -> np.ndarray | None:
        """The last picture, uint8 (H, W, 3), in mode `rgb_array`; in mode `human` the window is up to date already."""
        return self._image.copy() if self.render_mode == "rgb_array" and self._image is not None else None

    def _show(self) -> None:
        if not _has_screen():
            # Said once, not raised: tools such as `check_env` make every render mode on machines without a screen.
            if not self._told_no_screen:
                _LOG.warning("render_mode='human' needs a screen, and DISPLAY is not set: no window is shown.")
            self._told_no_screen = True
            return
        import cv2

        cv2.imshow(f"vlagen_bench: {self.task.name}", self._image[..., ::-1])
        cv2.waitKey(1)

    def close(self) -> None:
        """Lets go of the simulator and closes the window."""
        if self.render_mode == "human" and _has_screen():
            import cv2

            cv2.destroyAllWindows()
        self._sim = None


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
