"""The environments of vlagen_bench in the form of LeRobot's EnvHub: `make_env` gives, for every condition, two arms that match.

The arm `perturbed` is the condition; the arm `clean` plays the twins of the same episodes, which differ in the perturbation alone.
Episode i of both has seed i, so that LeRobot's results can be compared pair by pair: see drops.py.
"""

from functools import partial
from typing import Any

import gymnasium
import numpy as np

from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.plan import catalog, plan

ARMS = ("perturbed", "clean")
TASK, CONDITIONS = "tabletop_put_on", ("lighting_l3", "camera_pose_l3", "object_position_l3")


class Arm(gymnasium.Env):
    """One arm of one condition, with the names that LeRobot reads.

    Observation: `pixels` by camera, uint8 (H, W, 3), and `agent_pos`, the state (15,). Action (7,), as `vlagen collect` writes it.
    """

    def __init__(
        self, task: str = TASK, condition: str = CONDITIONS[0], arm: str = ARMS[0], size_px: int = 256
    ) -> None:
        assert arm in ARMS, arm
        self._env = TaskEnv(
            task=task, condition=condition, render_mode="rgb_array", cameras="front", image_size=f"front={size_px}"
        )
        self._condition, self._arm = condition, arm
        self._catalogued = catalog.task(task)
        self._max_episode_steps = self._catalogued.max_steps
        self.task, self.task_description = task, ""
        self.metadata, self.render_mode = self._env.metadata, "rgb_array"
        self.action_space = self._env.action_space
        shown = self._env.observation_space
        pixels = gymnasium.spaces.Dict({"front": shown["images"]["front"]})
        self.observation_space = gymnasium.spaces.Dict({"pixels": pixels, "agent_pos": shown["state"]})

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begins the episode of a seed."""
        super().reset(seed=seed)
        number = int(self.np_random.integers(2**31)) if seed is None else seed
        episode, twin = plan.sample(self._catalogued, self._condition, index=0, seed=number)
        played = episode if self._arm == "perturbed" or twin is None else twin
        obs, info = self._env.reset(options={"episode": played.to_dict()})
        self.task_description = info["instruction"]
        return self._named(obs), self._told(info)

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """One control step."""
        obs, reward, terminated, truncated, info = self._env.step(action)
        return self._named(obs), reward, terminated, truncated, self._told(info)

    def render(self) -> np.ndarray | None:
        """The picture of the primary camera."""
        return self._env.render()

    def close(self) -> None:
        """Lets go of the simulator."""
        self._env.close()

    def _named(self, obs: dict[str, Any]) -> dict[str, Any]:
        return {"pixels": {"front": obs["images"]["front"]}, "agent_pos": obs["state"]}

    def _told(self, info: dict[str, Any]) -> dict[str, Any]:
        return {name: bool(info[name]) for name in ("is_success", "success_once")}


def make_env(n_envs: int = 1, use_async_envs: bool = False, cfg: Any = None) -> dict[str, dict[int, Any]]:
    """By condition, the vector environments of its arms: 0 is perturbed, 1 clean.

    Args:
        n_envs: episodes at a time, each in a simulator of its own.
        use_async_envs: whether each has a process of its own.
        cfg: what LeRobot was configured with; `task`, `conditions` and `size_px` count, where it has them.
    """
    task = getattr(cfg, "task", None) or TASK
    conditions = getattr(cfg, "conditions", None) or CONDITIONS
    kind = gymnasium.vector.AsyncVectorEnv if use_async_envs else gymnasium.vector.SyncVectorEnv
    size_px = getattr(cfg, "size_px", 256)

    def arm(condition: str, name: str) -> Any:
        made = partial(Arm, task, condition, name, size_px)
        return kind([made] * n_envs, autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP)

    return {condition: {i: arm(condition, name) for i, name in enumerate(ARMS)} for condition in conditions}
