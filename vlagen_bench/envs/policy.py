"""A policy that was trained in an environment, in the form that is scored."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.arrays import as_array
from vlagen_bench.policies.base import CAMERAS, IMAGE_SIZE
from vlagen_bench.scenes.cameras import sizes_px

Predict = Callable[[Any], Any]


class TrainedPolicy:
    """What `vlagen_bench.evaluate` takes: it shows a trained model the observations of its environment, and converts its actions.

    >>> def predict(obs):
    ...     return model.predict(obs, deterministic=True)[0]  # doctest: +SKIP
    >>> vlagen_bench.evaluate(TrainedPolicy(predict, env))  # doctest: +SKIP
    """

    def __init__(self, predict: Predict, env: gymnasium.Env) -> None:
        """The policy of a model.

        Args:
            predict: gives the action to one observation of the environment.
            env: made by `gym.make` with the options of the training, such as `flat=True, normalized_actions=True`. It is only
                asked what it shows and what its actions mean, so that it needs no reset and may be closed. A wrapper that
                changes observations or actions is not passed through: do as much in `predict`.

        Raises:
            ConfigError: it is no environment of vlagen_bench, or its state is privileged: the policies that are scored are
                not told where things are.
        """
        inside = env.unwrapped
        if not isinstance(inside, TaskEnv):
            raise ConfigError(f"TrainedPolicy: env is an environment of vlagen_bench, not {type(inside).__name__}.")
        if inside.privileged:
            raise ConfigError(
                "TrainedPolicy: the environment has state='privileged', but policies are scored on what a robot knows: pictures "
                "and its own state. Use this policy as a teacher of one that is trained with state='robot'."
            )
        self._predict, self._interface = predict, inside.interface
        shown = sizes_px(self._interface.scene)
        sizes = ",".join(f"{name}={width}x{height}" for name, (width, height) in shown.items())
        self.spec: dict[str, Any] = {**inside.robot_spec.conventions, CAMERAS: list(shown), IMAGE_SIZE: sizes}

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """The action (7,) in metres and radians."""
        seen = self._interface.observation(
            image=obs["image"], images=obs.get("images"), state=obs["state"], things=None
        )
        return self._interface.raw(as_array(self._predict(seen)).astype(np.float32))
