"""The length of an episode: the limit of an environment, and how Gymnasium's own takes its place."""

from typing import Any, SupportsFloat

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from vlagen_bench.errors import ConfigError
from vlagen_bench.types import Task


def limit_of(task: Task, max_episode_steps: int | None) -> int | None:
    """After how many steps an episode is truncated, None: never; raises `ConfigError` for what is no such number."""
    if max_episode_steps is None:
        return task.max_steps
    if isinstance(max_episode_steps, bool) or not isinstance(max_episode_steps, int | np.integer):
        raise ConfigError(f"max_episode_steps is a whole number, not {max_episode_steps!r}.")
    if max_episode_steps == -1:
        return None
    if max_episode_steps < 1:
        raise ConfigError(f"max_episode_steps is at least 1, or -1 for no limit, not {max_episode_steps}.")
    return int(max_episode_steps)


class SpecLimited(gymnasium.Wrapper):
    """The environment as `gym.make` has it: the `TimeLimit` that Gymnasium puts around it is what truncates.

    The environment's own limit would come first, so that a larger one given to `gym.make` were never reached. It holds
    where the environment is stepped without its wrappers, and is no public attribute: Gymnasium does not tell the
    environment which limit it puts around it. `env.spec.max_episode_steps` is the one that holds.
    """

    def step(self, action: np.ndarray) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """As `TaskEnv.step`, never truncated."""
        observation, reward, terminated, _, info = self.env.step(action)
        return observation, reward, terminated, False, info

    @property
    def spec(self) -> EnvSpec | None:  # type: ignore[override]  # read-only in Gymnasium's wrappers, too
        """That of the environment: its entry point adds this wrapper by itself."""
        return self.env.spec


class SpecOfLimit:
    """A vector environment whose spec names the limit that was asked for; Gymnasium leaves there that of the id."""

    _env_spec: EnvSpec | None = None

    @property
    def spec(self) -> EnvSpec | None:
        """How it was made; None where Gymnasium did not make it."""
        return self._env_spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        if spec is not None and (asked := spec.kwargs.get("max_episode_steps")) is not None:
            spec.max_episode_steps = None if asked == -1 else int(asked)
        self._env_spec = spec
