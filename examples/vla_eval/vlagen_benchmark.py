"""The conditions of vlagen_bench as a benchmark of vla-eval, so that its model servers are scored on our axes.

Every condition has two tasks: `NAME` and `NAME clean`, which plays the twins of the same episodes. Episode i of both has seed i.
"""

from typing import Any

import numpy as np
from vla_eval.benchmarks.base import StepBenchmark, StepResult
from vla_eval.specs import GRIPPER_CLOSE_POS, IMAGE_RGB, LANGUAGE, POSITION_DELTA, STATE_EEF_POS_AA_GRIP, DimSpec

from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.adapters.actions import ActionForm, Situation, decode
from vlagen_bench.policies.adapters.datasets import LIBERO
from vlagen_bench.policies.conversion.images import Turn, turned

CLEAN = " clean"


class VlagenBenchmark(StepBenchmark):
    """One of vlagen_bench's tasks under some of its conditions.

    Actions (7,): a change of the tool along the axes of the base, its turn, and the gripper, +1 to close, as vla-eval's own servers
    of OpenVLA and pi0 send it.

    Args:
        task: its name; see `vlagen list`.
        conditions: their names.
        translation_unit_m: metres of a translation of 1; 0.05 for servers of LIBERO's models.
        rotation: `axis_angle` or `euler_xyz`.
        rotation_unit_rad: radians of a turn of 1; 0.5 for servers of LIBERO's models.
        send_state: whether servers are given position, rotation vector and fingers, as LIBERO gives them: positions in its world.
        turn: how pictures are flipped; `horizontal` for servers of LIBERO's models, which saw the world mirrored.
    """

    render_backends = frozenset({"gpu", "cpu"})

    @classmethod
    def configure_render(cls, mode: str) -> dict[str, str]:
        """Nothing: the simulator takes what there is."""
        return {}

    def __init__(
        self,
        task: str = "tabletop_put_on",
        conditions: tuple[str, ...] | list[str] = ("lighting_l3",),
        translation_unit_m: float = 1.0,
        rotation: str = "axis_angle",
        rotation_unit_rad: float = 1.0,
        send_state: bool = False,
        turn: Turn = "none",
    ) -> None:
        super().__init__()
        self._catalogued, self._conditions = catalog.task(task), tuple(conditions)
        self._rotation, self._send_state, self._turn = rotation, send_state, turn
        self._form = ActionForm(
            rotation=rotation, rotation_unit_rad=rotation_unit_rad, translation_unit_m=translation_unit_m,
            gripper="plus_one_closed", gripper_threshold=0.0,
        )  # fmt: skip
        self._env: TaskEnv | None = None
        self._playing = self._told = ""

    def get_tasks(self) -> list[dict[str, Any]]:
        """Both arms of every condition."""
        return [
            {"name": condition + arm, "condition": condition, "suite": self._catalogued.name}
            for condition in self._conditions
            for arm in ("", CLEAN)
        ]

    def reset(self, task: dict[str, Any]) -> Any:
        """Begins the episode `episode_idx` of a task."""
        if self._playing != task["condition"]:
            self.cleanup()
            self._env = TaskEnv(task=self._catalogued.name, condition=task["condition"])
            self._playing = task["condition"]
        seed = int(task.get("episode_idx", 0))
        episode, twin = plan.sample(self._catalogued, task["condition"], index=0, seed=seed)
        played = twin if task["name"].endswith(CLEAN) and twin is not None else episode
        obs, info = self._env.reset(options={"episode": played.to_dict()})
        self._told = info["instruction"]
        self._recorder.record_video(obs["image"])
        return obs

    def step(self, action: dict[str, Any]) -> StepResult:
        """One control step."""
        numbers = np.asarray(action.get("actions", action.get("action")), np.float64)
        ours = decode(self._form, numbers[None], Situation.at_rest(self._last_result.obs))[0]
        obs, reward, terminated, truncated, info = self._env.step(ours)
        self._recorder.record_video(obs["image"])
        self._recorder.record_step(reward=float(reward), success=bool(info["success"]))
        return StepResult(obs=obs, reward=reward, done=terminated or truncated, info=info)

    def make_obs(self, raw_obs: Any, task: dict[str, Any]) -> dict[str, Any]:
        """The primary picture, the instruction and, where it is asked for, the state."""
        seen = {"images": {"primary": turned(raw_obs["image"], self._turn)}, "task_description": self._told}
        if self._send_state:
            seen["states"] = LIBERO.state.of(raw_obs)
        return seen

    def get_step_result(self, step_result: StepResult) -> dict[str, Any]:
        """Success at the end of the episode, and at any time of it."""
        return {name: bool(step_result.info.get(name)) for name in ("success", "success_once")}

    def get_metric_keys(self) -> dict[str, str]:
        """Both are averaged."""
        return {"success": "mean", "success_once": "mean"}

    def get_metadata(self) -> dict[str, Any]:
        """How long an episode is."""
        return {"max_steps": self._catalogued.max_steps}

    def get_action_spec(self) -> dict[str, DimSpec]:
        """What a server's actions have to mean."""
        return {
            "position": POSITION_DELTA,
            "rotation": DimSpec("rotation", 3, self._rotation, (-3.15, 3.15)),
            "gripper": GRIPPER_CLOSE_POS,
        }

    def get_observation_spec(self) -> dict[str, DimSpec]:
        """What servers are given."""
        state = {"state": STATE_EEF_POS_AA_GRIP} if self._send_state else {}
        return {"primary": IMAGE_RGB, "image": IMAGE_RGB, "language": LANGUAGE, **state}

    def cleanup(self) -> None:
        """Lets go of the simulator."""
        if self._env is not None:
            self._env.close()
        self._env, self._playing = None, ""
