"""Null environments and policies, which only wait and send messages of the true size."""

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import ray
from ray.actor import ActorHandle

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.episode import ENV_TIMES, Begin, Execute, Request, StepReport, play
from vlagen_bench.harness.inference import PolicyQuery
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.on_ray.environment import AttemptResult
from vlagen_bench.harness.on_ray.replica import ANSWER, Caller
from vlagen_bench.scenes.tabletop import TABLETOP
from vlagen_bench.types import Episode

METRICS = {"consecutive_grasp": False, "is_src_obj_grasped": False, "moved_m": 0.1234, "grasped_steps": 12}
"""as many as a record of the tabletop has, about"""


@dataclass(frozen=True, kw_only=True)
class NullSettings:
    """What null environments wait for, and what they send."""

    step_s: float = 0.0235
    reset_s: float = 0.1
    steps: int = 80
    """of an episode"""
    horizon: int = 8
    """actions that are executed for each question"""
    image_px: tuple[int, int] = (640, 480)
    """width and height"""


class NullPolicy:
    """Answers at once."""

    def act(self, obs: Any, instr: str) -> np.ndarray:
        return np.zeros((16, TABLETOP.robot.action_dim), np.float32)

    def act_batch(self, obs_list: list[Any], instrs: list[str]) -> list[np.ndarray]:
        return [self.act(obs, "") for obs in obs_list]


class NullEnvironments:
    """As many environments in one process as play at once."""

    def __init__(self, waits: NullSettings) -> None:
        width, height = waits.image_px
        self._waits = waits
        self._image = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)

    async def ready(self) -> str:
        return ray.get_runtime_context().get_node_id()

    async def answer(self) -> bool:
        return ANSWER

    async def play(self, episode: Episode, turn: Caller, replica: ActorHandle[Any]) -> AttemptResult:
        player = play(episode, Execution(horizon=self._waits.horizon), Limits())
        request, steps = next(player), 0
        try:
            while True:
                if isinstance(request, PolicyQuery):
                    reply = (await replica.ask.remote(turn, request)).answer
                else:
                    steps += len(request.actions) if isinstance(request, Execute) else 0
                    reply = await self._act(request, steps)
                request = player.send(reply)
        except StopIteration as end:
            return AttemptResult(played=end.value)

    async def _act(self, request: Request, steps: int) -> StepReport:
        waits = self._waits
        match request:
            case Begin():
                await asyncio.sleep(waits.reset_s)
                hashes = 1
            case Execute(actions=actions):
                await asyncio.sleep(waits.step_s * len(actions))
                hashes = len(actions)
            case _:
                return StepReport()
        return StepReport(
            state_hashes=("0123456789abcdef",) * hashes,
            seconds=dict.fromkeys(ENV_TIMES, 0.01),
            ended=steps >= waits.steps,
            success=False,
            success_once=False,
            metrics=METRICS,
            instruction="put the apple on the plate",
            observation={"image": self._image, "images": {"camera": self._image}, "state": np.zeros(8, np.float32)},
        )

    async def close(self) -> None:
        """Nothing is held."""
