"""The environment of `perturb`: a task of ManiSkill as its users know it, under axes of this package."""

import copy
import logging
from collections.abc import Mapping
from dataclasses import replace
from operator import index
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from vlagen_bench import tasks
from vlagen_bench.axes import AXES, lack_of, variant, variant_name
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, conditions, native_tasks, plan
from vlagen_bench.scenes import native, specs
from vlagen_bench.sim.maniskill.any_task import effect, entries, making
from vlagen_bench.sim.maniskill.any_task.scene import NativeScene
from vlagen_bench.types import Episode, Task, canonical_json

INFO = "vlagen"
_LOG = logging.getLogger(__name__)
UNSEEING = ("none", "state", "state_dict")
"""observation modes of ManiSkill without pictures"""


class PerturbedEnv(gymnasium.Wrapper):
    """The task's own environment: its spaces, observations, rewards and ends, as tensors of a batch of one.

    `reset` plays a fresh scene: `seed` is that of the task's own reset, and of what the axes draw. `info["vlagen"]` holds
    `instruction` and `scenario`, every sampled value.
    """

    def __init__(self, env: Any, task: Task, condition: str) -> None:
        """The environment of a task under a condition; `perturb` makes it."""
        super().__init__(env)
        self.task, self.condition = task, condition
        self._spec_of_scene = specs.of_task(task)
        self._own_spec: EnvSpec | None = None
        self._next_seed = 0
        self.episode: Episode | None = None
        self._said: dict[str, Any] = {}
        self._scene: NativeScene | None = None
        assert task.native is not None
        self._draws_globally = native.facts_of_task(task.native).draws_globally

    @property
    def spec(self) -> EnvSpec | None:
        """By which `gym.make` makes the same environment again; None: it was not made by `perturb`."""
        return self._own_spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._own_spec = spec

    def reset(self, *, seed: Any = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begins the episode of a seed, or with `options={"episode": ...}` exactly that one."""
        if not isinstance(options, Mapping | None):
            raise ConfigError(f"reset: options={options!r}: give a mapping, such as {{'episode': episode}}.")
        wanted = dict(options or {})
        given = wanted.pop("episode", None)
        if not wanted.pop("reconfigure", True):
            raise ConfigError(
                "reset: options: reconfigure=False keeps the scene that was used before, in which axes have changed masses, drives "
                "and lights already, and would again. Leave it out: every episode has a fresh scene."
            )
        self.episode = self._episode(seed) if given is None else self._of_this_task(plan.episode_from_dict(given))
        scene = self._scene = NativeScene.of(self.episode, self.task, self._spec_of_scene)
        observation, info = scene.reset(self.env, **wanted)
        self._said = {"instruction": scene.instruction, "scenario": copy.deepcopy(self.episode.to_dict())}
        return scene.seen(0, observation), {**info, INFO: self._said}

    def _episode(self, seed: Any) -> Episode:
        first = next(iter(seed), None) if isinstance(seed, list | tuple) else seed
        try:
            chosen = self._next_seed if first is None else index(first)
        except TypeError:
            chosen = -1
        if not 0 <= chosen < 2**32:
            raise ConfigError(f"reset: seed={first!r}: give a whole number from 0 to 4,294,967,295.")
        self._next_seed = chosen + 1
        nominal = {**self.task.nominal, "start": {"seed": chosen}}
        episode, _ = plan.sample(replace(self.task, nominal=nominal), self.condition, index=0, seed=chosen, twins=False)
        return episode

    def _of_this_task(self, episode: Episode) -> Episode:
        if episode.task != self.task.name:
            raise ConfigError(
                f"reset: options: episode: it is one of the task {episode.task}, and this is {self.task.name}. Robot, control mode and "
                f"other arguments are a part of a task: make the environment with those of the episode."
            )
        return episode

    def step(self, action: Any) -> Any:
        """One control step of the task."""
        if self._scene is None:
            raise ConfigError("step: call reset() first.")
        if self._draws_globally:
            with making.seeded(
                self._scene.seed, self._scene.steps
            ):  # which the task shares with all code of the process
                result = self.env.step(action)
        else:
            result = self.env.step(action)
        result[4][INFO] = self._said
        return result


def perturb(
    task: str | type,
    axes: Mapping[str, Any] | None = None,
    *,
    max_episode_steps: int | None = None,
    fast_meshes: bool = False,
    **kwargs: Any,
) -> PerturbedEnv:
    """A task of ManiSkill under axes of this package, with no change to the task.

    Args:
        task: its id, such as `StackCube-v1`; a class of a task; or the id of a task of your own.
        axes: axis -> level, setting or parameters, such as `{"lighting": 3, "mass": {"factor": 3}}`; none: the task as it is, bit
            for bit.
        max_episode_steps: after how many steps an episode is truncated; None: as the task is registered.
        fast_meshes: draws the robots with decimated meshes: pictures take less time, and are others.
        kwargs: of the task's environment, as `gym.make` takes them: `obs_mode`, `robot_uids`, `control_mode` and others.

    Raises:
        ConfigError: an unknown task or axis, one that makes no sense in the task, or a task whose plays cannot be repeated.
    """
    if not isinstance(axes, Mapping | None) or not all(isinstance(axis, str) for axis in axes or {}):
        raise ConfigError(f"perturb: axes: give a mapping of axes to levels, such as {{'lighting': 3}}, not {axes!r}.")
    if max_episode_steps is not None and (type(max_episode_steps) is not int or max_episode_steps < 1):
        raise ConfigError(
            f"perturb: max_episode_steps={max_episode_steps!r}: give a whole number of at least 1, or None."
        )
    if not isinstance(fast_meshes, bool):
        raise ConfigError(f"perturb: fast_meshes={fast_meshes!r}: give True or False.")
    making.prefer(kwargs.get("render_backend"))
    name = entries.name_of(task)
    of_task, names = with_axes(native_tasks.task_with(name, kwargs), axes or {})
    condition = condition_of(of_task, names)
    for sentence in native_tasks.remarks(of_task):
        _LOG.warning(sentence)
    _check_effects(of_task, names)
    entry = entries.entry(name)
    more = {**making.keywords(of_task.native.kwargs_json), **_shown(kwargs)}  # type: ignore[union-attr]
    raw = making.make(entry, more, drawn=True, meshes=native.FAST_MESHES if fast_meshes else None)
    _warn_of_unseen(axes or {}, str(raw.obs_mode))
    limit = entry.max_episode_steps if max_episode_steps is None else max_episode_steps
    made = PerturbedEnv(making.limited(raw, limit), of_task, condition)
    arguments = {"max_episode_steps": max_episode_steps, "fast_meshes": fast_meshes, **kwargs}
    made.spec = _spec(of_task, {"task": name, "axes": dict(axes or {}), **arguments})
    return made


def _spec(task: Task, arguments: dict[str, Any]) -> EnvSpec:
    """What `gym.make` needs to make the same environment: it calls `perturb`, and puts nothing around what that gives."""
    return EnvSpec(
        id=f"VLAGen/{native_tasks.short(task.name.partition('{')[0])}-Perturbed-v{task.version}",
        entry_point=f"{perturb.__module__}:{perturb.__name__}",
        kwargs=arguments,
        disable_env_checker=True,
        order_enforce=False,
    )


def _warn_of_unseen(axes: Mapping[str, Any], obs_mode: str) -> None:
    """Warns of axes of the picture where observations have none: whoever acts by these is told nothing of the change."""
    vision = [axis for axis in axes if AXES.get(axis).kind == "vision"]
    if vision and obs_mode in UNSEEING:
        _LOG.warning(
            "perturb: %s changes pictures, and observations of obs_mode='%s' have none: they are those of the clean twin. "
            "Ask for pictures: obs_mode='rgb'.", " and ".join(vision), obs_mode,
        )  # fmt: skip


def _check_effects(task: Task, names: tuple[str, ...]) -> None:
    """Raises `ConfigError` for an axis that changes nothing in the task, each tried by itself."""
    pairs = [plan.sample(task, name, index=0, seed=0) for name in names]
    effect.require(task, ((episode, twin) for episode, twin in pairs if twin is not None))


def _shown(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key in native_tasks.SHOWN}


def with_axes(task: Task, axes: Mapping[str, Any]) -> tuple[Task, tuple[str, ...]]:
    """The task that knows every condition which is asked for, and their names; parameters of one's own make a new condition.

    Raises:
        ConfigError: an axis does not exist or makes no sense in the task, or has no such level, setting or key.
    """
    own, names = {}, []
    for axis, which in axes.items():
        if not isinstance(which, Mapping):
            variant(axis, str(which))
            names.append(variant_name(axis, str(which)))
            continue
        if (lack := lack_of(AXES.get(axis), tasks.offer_of(task))) is not None:
            raise ConfigError(lack)
        condition = conditions.of_parameters(axis, which, task.nominal, "perturb")
        name = f"{axis}({','.join(f'{key}={canonical_json(value)}' for key, value in sorted(which.items()))})"
        own[name] = condition
        names.append(name)
    return replace(task, conditions={**task.conditions, **own}), tuple(names)


def condition_of(task: Task, names: tuple[str, ...]) -> str:
    """The name of the condition in which all of these are."""
    if not names:
        return task.nominal_name
    name = conditions.canonical(conditions.JOIN.join(names))
    catalog.condition(task, name)
    return name
