"""The Gymnasium vector environment that plays many scenes on one GPU in step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array

from vlagen_bench.envs.env import Reward, TaskEnv
from vlagen_bench.envs.interface import info_of
from vlagen_bench.envs.time_limit import SpecOfLimit, limit_of
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.plan import plan
from vlagen_bench.policies.actions import Wording, checked
from vlagen_bench.scenes.oversized import StepLimits
from vlagen_bench.sim.maniskill.scene import Scenes
from vlagen_bench.sim.maniskill.start import EpisodeStart, pool_of, start_of
from vlagen_bench.sim.maniskill.view import SceneView, poses_in_base, state_of
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import family_of, judge_of, judged, rule_of
from vlagen_bench.tasks.judge import Judge, Status

ACTIONS = Wording(given="step() was given", give="Give", several="(num_envs, {dim})")


@dataclass(kw_only=True)
class EpisodeStream:
    """The episodes of one seed, of which an environment has played those up to `index`."""

    seed: int
    index: int = -1


@dataclass(kw_only=True)
class RunningEpisode:
    """An episode in one of the scenes."""

    start: EpisodeStart
    view: SceneView
    judge: Judge
    status: Status
    potential: float = 0.0
    oversized_steps: int = 0
    over: bool = False

    @property
    def info(self) -> dict[str, Any]:
        """As `TaskEnv` has it."""
        start = self.start
        return info_of(
            start.episode, self.status, instruction=start.instruction, steps=self.judge.step,
            oversized_steps=self.oversized_steps,
        )  # fmt: skip


class GpuVectorEnv(SpecOfLimit, VectorEnv):
    """`TaskEnv` many times over: the same spaces, episodes, rewards, ends and info, batched as Gymnasium does.

    Physics and pictures are computed for all at once, by ManiSkill; each scene is judged by a `Judge` of its own, the
    same as everywhere. Physics on a GPU and on a CPU never agree bit for bit: scores come from `vlagen-eval`, which is
    on the CPU.
    """

    def __init__(
        self,
        *,
        task: str,
        condition: str,
        num_envs: int,
        sim_backend: str,
        reward: Reward = "sparse",
        first_seed: int = 0,
        max_episode_steps: int | None = None,
        autoreset: AutoresetMode = AutoresetMode.NEXT_STEP,
        **options: Any,
    ) -> None:
        """The environments of a task and condition.

        Args:
            task: its name, as for `TaskEnv`; so are `condition` and `reward`.
            condition: its name.
            num_envs: how many.
            sim_backend: as ManiSkill names it: `physx_cuda:<n>`, or `physx_cpu`, which can have only one environment.
            reward: `sparse` or `potential`.
            first_seed: environment i plays the episodes of `first_seed + i` until `reset` is given a seed.
            max_episode_steps: as for `TaskEnv`.
            autoreset: when an environment whose episode has ended begins the next one.
            options: what is observed and what actions mean: `obs_mode`, `state`, `flat`, `normalized_actions` and
                `image_size`, as for `TaskEnv`.

        Raises:
            ConfigError: a wrong name, `cameras`, or a condition that scenes in a batch cannot have.
        """
        single = TaskEnv(task=task, condition=condition, reward=reward, max_episode_steps=max_episode_steps, **options)
        if single.interface.cameras:
            raise ConfigError(
                f'backend="gpu" draws the primary camera alone, and cameras={",".join(single.interface.cameras)} asks for '
                f'`images`. Leave it out, or use backend="processes".'
            )
        self._limit = limit_of(single.task, max_episode_steps)
        self.task, self.condition, self._reward = single.task, condition, reward
        self.single_observation_space, self.single_action_space = single.observation_space, single.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.num_envs, self._mode = num_envs, autoreset
        self.metadata = {**single.metadata, "autoreset_mode": autoreset}
        self._interface = single.interface
        self._spec, self._family = self._interface.scene, family_of(self.task)
        pool = pool_of(self.task, condition)
        self._scenes = Scenes(kind=self._spec, pool=pool, num_envs=num_envs, sim_backend=sim_backend)
        self._settler = Simulator.of(self.task, drawn=False)
        self._streams = [EpisodeStream(seed=first_seed + row) for row in range(num_envs)]
        self._plays: dict[int, RunningEpisode] = {}

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins an episode in every environment, or only where `options={"reset_mask": bool (N,)}` says so.

        Args:
            seed: environment i begins with the first episode of `seed + i`, or of entry i of a list; None: it goes on
                through the episodes of its seed, which is `first_seed + i` at first.
            options: `reset_mask`, as Gymnasium's own vector environments take it.

        Raises:
            ConfigError: an unknown option, or a mask or list that does not have one entry for each environment.
        """
        seeds = [seed + row for row in range(self.num_envs)] if isinstance(seed, int) else seed
        if seeds is not None and len(seeds) != self.num_envs:
            raise ConfigError(f"reset: {len(seeds)} seeds were given for {self.num_envs} environments.")
        rows = self._rows(dict(options or {}))
        for row in rows:
            if seeds is not None and (own := seeds[row]) is not None:
                self._streams[row] = EpisodeStream(seed=own)
        self._begin(rows)
        return self._observe(), self._infos(rows)

    def _rows(self, options: dict[str, Any]) -> list[int]:
        mask = np.asarray(options.pop("reset_mask", np.ones(self.num_envs, dtype=bool)))
        if options:
            raise ConfigError(f"reset: {unknown('option', str(next(iter(options))), ('reset_mask',))}")
        if mask.shape != (self.num_envs,) or mask.dtype != bool or not mask.any():
            raise ConfigError(f"reset: reset_mask is {self.num_envs} booleans, at least one of them true, not {mask}.")
        if not self._plays and not mask.all():
            raise ConfigError("reset: the first time, all environments are reset: leave out reset_mask.")
        return np.flatnonzero(mask).tolist()

    def _begin(self, rows: list[int]) -> None:
        """The next episode of its seed in each of these environments."""
        starts = {}
        for row in rows:
            stream = self._streams[row]
            stream.index += 1
            episode, _ = plan.sample(self.task, self.condition, index=stream.index, seed=stream.seed)
            starts[row] = start_of(self._settler, episode)
        self._scenes.begin(starts)
        tool_m = self._scenes.measure().tool[:, :3]
        for row, start in starts.items():
            view = SceneView(spec=self._spec, start=start)
            judge = judge_of(self._family, view, rule_of(self.task))
            self._plays[row] = RunningEpisode(
                start=start, view=view, judge=judge, status=judged(self._family, judge.look, tool_m[row])
            )

    def step(self, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One control step (0.2 s) of all, with actions (N, 7).

        Raises:
            PolicyError: the actions are invalid.
            ConfigError: before the first reset, for a wrong number of actions, or where an episode has ended and
                nobody has begun the next.
        """
        waiting = self._waiting()
        if not self._plays or (waiting and self._mode is AutoresetMode.DISABLED):
            raise ConfigError(f"step: call reset() first{f' for environment {waiting[0]}' if waiting else ''}.")
        actions = checked(actions, self._spec.robot.action_dim, ACTIONS)
        if len(actions) != self.num_envs:
            raise ConfigError(f"step: {len(actions)} actions were given for {self.num_envs} environments.")
        raw = self._interface.raw(actions)
        oversized = StepLimits.of(self._spec).oversized(raw)
        for row, play in self._plays.items():
            play.oversized_steps += int(oversized[row])
        self._scenes.advance(raw)
        rewards, terminated, truncated = self._judge()
        infos: dict[str, Any] = {}
        if self._mode is AutoresetMode.SAME_STEP and (waiting := self._waiting()):
            final = self._observe()
            for row in waiting:
                last = {"final_obs": _row(final, row), "final_info": self._plays[row].info}
                infos = self._add_info(infos, last, row)
        if waiting:
            self._begin(waiting)
        return self._observe(), rewards, terminated, truncated, self._infos(range(self.num_envs), infos)

    def _waiting(self) -> list[int]:
        """The scenes whose episode is over and whose next one has not begun."""
        return [row for row, play in self._plays.items() if play.over]

    def _judge(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rewards, and where episodes end, terminated or truncated, by the control step that was just made."""
        now = self._scenes.measure()
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros((2, self.num_envs), dtype=bool)
        limit = self._limit
        for row, play in self._plays.items():
            if play.over:  # it begins again in this step, and what was done in it does not count
                continue
            play.view.see(now, row)
            play.status = judged(self._family, play.judge.count, now.tool[row, :3])
            rewards[row] = self._reward_of(play)
            terminated[row] = play.status.success and self.task.ends_on_success
            truncated[row] = not terminated[row] and limit is not None and play.judge.step >= limit
            play.over = bool(terminated[row] or truncated[row])
        return rewards, terminated, truncated

    def _reward_of(self, play: RunningEpisode) -> float:
        """As `TaskEnv.step`."""
        status = play.status
        if self._reward == "sparse":
            return float(status.success)
        before = play.potential
        play.potential = self._family.potential(status)
        return play.potential - before

    def _observe(self) -> Any:
        interface, now = self._interface, self._scenes.measure()
        images = self._scenes.draw() if interface.obs_mode == "image" else [None] * self.num_envs
        rows = [
            interface.observation(
                image=images[row],
                state=state_of(self._spec, now, row),
                things=poses_in_base(self._spec, now, row, interface.roles) if interface.privileged else None,
            )
            for row in range(self.num_envs)
        ]
        space = self.single_observation_space
        batch = create_empty_array(space, self.num_envs)
        assert batch is not None
        return concatenate(space, rows, batch)

    def _infos(self, rows: Sequence[int], infos: dict[str, Any] | None = None) -> dict[str, Any]:
        infos = infos or {}
        for row in rows:
            infos = self._add_info(infos, self._plays[row].info, row)
        return infos

    def close_extras(self, **kwargs: Any) -> None:
        """Lets go of the scenes."""
        self._scenes.close()


def _row(observation: Any, row: int) -> Any:
    """What one environment sees."""
    if isinstance(observation, Mapping):
        return {name: value[row].copy() for name, value in observation.items()}
    return observation[row].copy()
