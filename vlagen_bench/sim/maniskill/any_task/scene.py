"""The scene of one episode of a ManiSkill task: all verbs of axes, kept until the task's own code has come so far."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vlagen_bench.axes import apply_stage
from vlagen_bench.axes.base import STAGES
from vlagen_bench.errors import VlagenError
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.sim.maniskill.any_task import looking, making
from vlagen_bench.sim.maniskill.any_task.object_verbs import ObjectVerbs
from vlagen_bench.sim.maniskill.any_task.render_verbs import RenderVerbs
from vlagen_bench.sim.maniskill.any_task.robot_verbs import RobotVerbs, lasting
from vlagen_bench.types import Episode, Task


class OtherStart(VlagenError):
    """The task's own reset did not give the state that the episode was made for."""


@dataclass(kw_only=True)
class NativeScene(ObjectVerbs, RenderVerbs, RobotVerbs):
    """One episode: collects what its axes want, and does it at the hooks. With nothing wanted, it changes no bit."""

    spec: SceneSpec
    seed: int = 0
    start_hash: str = ""
    instruction: str = ""
    steps: int = 0
    direct: bool = field(default=False, init=False)
    """whether nothing lies between policy and task: known once the episode begins, and asked in each of its steps"""

    @classmethod
    def of(
        cls, episode: Episode, task: Task, spec: SceneSpec, *, drawn: tuple[str, ...] | None = None
    ) -> "NativeScene":
        """The scene that an episode of a task asks for."""
        assert task.native is not None
        scene = cls(spec=spec, drawn=drawn, size_attributes=task.native.size_attributes)
        for stage in STAGES:
            apply_stage(scene, episode.values, stage)
        return scene

    def begin_from(self, seed: int, start_hash: str, names: Mapping[str, str]) -> None:
        self.seed, self.start_hash, self.names = seed, start_hash, dict(names)

    def tell(self, instruction: str) -> None:
        self.instruction = instruction

    def reset(self, env: Any, **options: Any) -> tuple[Any, dict[str, Any]]:
        """What the reset of an environment gives under this scene.

        With another size, the task's own reset comes to another state than the one that the episode was made for. So a scene
        in which nothing is asked for is reset first, and compared.
        """
        raw = env.unwrapped
        if self.sizes:
            raw.vlagen = NativeScene(spec=self.spec, seed=self.seed, start_hash=self.start_hash, names=self.names)
            making.fresh(env, self.seed, **options)
        raw.vlagen = self
        return making.fresh(env, self.seed, **options)

    def size(self, env: Any) -> None:
        self.put_sizes(env)

    def load(self, env: Any) -> None:
        self.load_clutter(env)

    def light(self, env: Any) -> bool:
        return self.put_lights(env)

    def aim(self, env: Any) -> None:
        self.put_cameras(env)

    def begin(self, env: Any) -> None:
        """After the task has put its things: checks that they are those of the episode, then changes what is asked for."""
        now = looking.state_hash(env)
        if now != self.start_hash and not self.sizes:
            raise OtherStart(
                f"The task resets to another state here ({now}) than the episode was made for ({self.start_hash}). Its code, a "
                f"package or a file has changed since: plan the episode again, or use the versions that it was planned with."
            )
        self.direct = self.line.live and not self.altered
        self.put_things(env)
        self.put_robots(env)
        self.put_colours(env)

    def control_step(self, env: Any) -> None:
        self.steps += 1
        if self.moves or self.pushes or self.lifted:
            self.happen(env, self.steps)

    def shown(self, env: Any, sensor_data: dict[str, Any]) -> dict[str, Any]:
        return self.pass_pictures(env, sensor_data, self.steps) if self.pictured else sensor_data

    def act(self, env: Any, act: Callable[[Any], Any], action: Any) -> Any:
        if self.direct:
            return act(action)
        line = self.line
        if self.altered:
            action = self.arriving(env, action)
            result = lasting(env, line, self.steps, act, action)
        else:
            result = act(action)
        if line.live:
            return result
        observation, *rest = result
        return (self.seen(self.steps, observation), *rest)

    def seen_px(self, env: Any, role: str) -> int:
        """How many pixels of the last picture show the thing in this role."""
        return self.shown_px(env, looking.entity_of(self.actor(env, role)))

    def state_hash(self, env: Any) -> str:
        """16 hex digits of everything that moves, things that were added included."""
        own = looking.state_hash(env)
        return hashlib.sha256(own.encode() + self.added_state()).hexdigest()[:16] if self.added else own
