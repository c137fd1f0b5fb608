"""The adapter `sb3`: a policy that Stable-Baselines3 trained in this package's environments and saved as a `.zip`.

Assumed: the environment's options were `normalized_actions=True`, so that an action of 1 is the robot's step (0.04 m, 0.20 rad); with
`actions=metric` actions are metres and radians. The file says what the policy sees: the picture, the state, or both by name.

With `obs_mode=state` it was trained on a task of ManiSkill under that name of its own: it sees the task's flat state, which tells where
things are, and its actions are the task's. Such a policy reads the simulator, so that it is an oracle: every run says so, and none is ranked.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters import sb3_file
from vlagen_bench.policies.adapters.actions import ActionForm, OutputForm
from vlagen_bench.policies.adapters.base import Model
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import VLAGEN
from vlagen_bench.policies.adapters.files import FileAdapter
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.readers import Read, device, one_of, yes_or_no
from vlagen_bench.scenes import specs
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line

ALGORITHMS = ("A2C", "DDPG", "PPO", "SAC", "TD3")
KINDS = ("normalized", "metric")
TASK_STATE = "state"
"""the `obs_mode` of ManiSkill that shows the state of the simulator"""
OF_TASK_STATE = ("algorithm", "deterministic", "device", "obs_mode")
"""the arguments that mean something then: neither state nor actions are converted"""
OF_MANISKILL = "Trained on the state of a task of ManiSkill: obs_mode=state."


class StableBaselines3(FileAdapter):
    """One action for each observation, the most likely one."""

    NAME = "sb3"
    ABOUT: ClassVar[str] = (
        "a policy saved by Stable-Baselines3, trained in this package's environments, or on a task of ManiSkill"
    )
    ARGUMENTS: ClassVar[Mapping[str, Read]] = {
        "algorithm": one_of(ALGORITHMS),
        "actions": one_of(KINDS),
        "deterministic": yes_or_no,
        "device": device,
        "obs_mode": one_of((TASK_STATE,)),
    }
    _sim: Any = None
    _action_dim = 7

    @property
    def privileged(self) -> bool:
        """Whether it sees the state of the simulator."""
        return self.options.get("obs_mode") == TASK_STATE

    @property
    def spec(self) -> dict[str, Any]:
        """As of every adapter; of a task of ManiSkill, whose actions are not converted, how many numbers an action has."""
        if not self.privileged:
            return super().spec
        return {"action_dim": self._action_dim, "version": self.version() or ""}

    def attach(self, sim: Any) -> None:
        """The simulator, where the policy sees its state."""
        from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator

        if not isinstance(sim, NativeSimulator):
            raise PolicyError(
                "sb3: obs_mode=state is for tasks of ManiSkill, such as --task PushCube-v1. Leave it out for this package's own."
            )
        self._sim = sim

    def act_batch(self, obs_list: Sequence[Mapping[str, Any]], instrs: Sequence[str]) -> list[np.ndarray]:
        """One action for each observation; where it sees the state of the simulator, of the one episode that this plays."""
        if not self.privileged:
            return super().act_batch(obs_list, instrs)
        if self._sim is None:
            raise PolicyError(
                "sb3: obs_mode=state reads the simulator, which is not here. Score it by vlagen-eval or evaluate."
            )
        return [np.atleast_2d(action) for action in self._model([{"state": self._sim.task_state()}])]

    def declare(self) -> Conventions:
        """This package's actions, as shares of the robot's steps or in metres and radians."""
        robot = specs.scene(self.scene).robot
        shares = self.options.get("actions", "normalized") == "normalized"
        form = ActionForm(
            gripper="plus_one_open",
            translation_unit_m=robot.action_step_m if shares else 1.0,
            rotation_unit_rad=robot.action_step_rad if shares else 1.0,
        )
        return Conventions(
            pictures={"image": PictureForm()}, state=VLAGEN.state, prompt_key="", output=OutputForm(action=form)
        )

    def connect(self) -> Model:
        """The policy, and what it wants to see."""
        try:
            import stable_baselines3 as theirs
        except ModuleNotFoundError as error:
            raise PolicyError(installing.lacking(f"The adapter {self.NAME}", error.name, "sb3")) from None
        path = self.file()
        kind = getattr(theirs, self.options.get("algorithm", "PPO"))
        try:
            policy = kind.load(path, device=self.options.get("device", "cpu"), custom_objects=sb3_file.settings(path))
        except (*sb3_file.DAMAGED, AssertionError, IndexError) as error:
            raise PolicyError(
                f"sb3: {path} cannot be read as {kind.__name__}: {one_line(error).rstrip('.')}. Another: algorithm=SAC."
            ) from None
        if self.privileged:
            self._refuse_conversions()
            (self._action_dim,) = policy.action_space.shape
        elif policy.action_space.shape != (7,):
            raise PolicyError(f"sb3: {path} acts with {policy.action_space}, not with 7 numbers. {OF_MANISKILL}")
        certain = self.options.get("deterministic", True)
        space = policy.observation_space
        return lambda inputs: [policy.predict(seen(given, space), deterministic=certain)[0] for given in inputs]

    def _refuse_conversions(self) -> None:
        """Raises `PolicyError` for an argument that would have no effect."""
        for name in self.arguments:
            if name not in OF_TASK_STATE:
                raise PolicyError(
                    f"sb3: {name} says how this package's pictures or actions are converted, but with obs_mode=state nothing is. "
                    f"Leave it out."
                )


def seen(given: Mapping[str, Any], space: Any) -> Any:
    """What the policy's observation space asks for; raises `PolicyError` where there is no such thing."""
    parts = getattr(space, "spaces", None)
    if parts is not None:
        for name in parts:
            if name not in given:
                raise PolicyError(f"sb3: {unknown('part', name, given, of='What the policy is given')}")
        return {name: _fitting(name, given[name], part) for name, part in parts.items()}
    name = "image" if len(space.shape) == 3 else "state"
    if name not in given:
        raise PolicyError(f"sb3: {unknown('part', name, given, of='What the policy is given')}")
    return _fitting(name, given[name], space)


def _fitting(name: str, value: np.ndarray, space: Any) -> np.ndarray:
    """The value, if its shape is the space's; SB3 saves pictures with the colours first and turns ours itself."""
    shapes = (value.shape, (value.shape[-1], *value.shape[:-1]))
    if tuple(space.shape) not in shapes:
        raise PolicyError(
            f"sb3: the policy sees {name} of shape {space.shape}, not {value.shape}. Pictures: --image-size or size=HxW. {OF_MANISKILL}"
        )
    return value
