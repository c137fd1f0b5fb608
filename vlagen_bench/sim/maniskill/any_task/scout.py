"""The scout: reads what axes need of a task from fresh scenes that no axis has changed, and keeps it.

What only the task knows, such as where it puts its things, is nowhere but in its code. A scouted scene is not drawn, takes
about 0.25 s, and is kept in the cache by task, keyword arguments, seed, versions and the task's source.
"""

import importlib.metadata
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import atan
from typing import Any

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes import native
from vlagen_bench.scenes.native import ActionFact, CameraFacts, Layout, TaskFacts
from vlagen_bench.scenes.verbs import Light
from vlagen_bench.sim.maniskill.any_task import looking, making, probe
from vlagen_bench.sim.maniskill.any_task.entries import TaskEntry, entry
from vlagen_bench.sim.maniskill.any_task.robot_verbs import hold_action
from vlagen_bench.types import content_hash
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import build

SEEDS = tuple(range(3))
"""whose layouts show where a task puts its things"""
FORMAT = 6
"""of what is kept; another one makes it again"""
TILT_RAD = 1e-3
"""by how much a joint is moved to see how fast the tool rises with it"""


def versions() -> dict[str, str]:
    """Of the packages that decide what a scene is."""
    return {name: importlib.metadata.version(name) for name in ("mani_skill", "sapien", "torch", "numpy")}


def facts(env: str, kwargs_json: str, source: str | None) -> TaskFacts:
    """What is the same in every episode of a task.

    Raises:
        ConfigError: nothing in it can move, it has no robot or no camera, or two fresh plays of it differ.
    """
    task = entry(env)
    key = _key(task, kwargs_json, "facts", str(source))
    made: TaskFacts = _kept(key, TaskFacts, lambda: _facts(task, kwargs_json, source))
    return made


def source(env: str) -> native.TaskSource | None:
    """Where the code of a user's own task is here. Not kept: the same task may lie elsewhere the next time."""
    task = entry(env)
    if task.own_module is None:
        return None
    return native.TaskSource(file=task.source_file, module=task.own_module, imports=task.imports)


def layout(env: str, kwargs_json: str, seed: int) -> Layout:
    """The fresh scene of a seed."""
    task = entry(env)
    made: Layout = _kept(_key(task, kwargs_json, "layout", str(seed)), Layout, lambda: _layout(task, kwargs_json, seed))
    return made


def _key(task: TaskEntry, kwargs_json: str, *more: str) -> str:
    return content_hash([FORMAT, task.env, task.source_hash, kwargs_json, versions(), *more])[:32]


def _kept(key: str, kind: type, make: Callable[[], Any]) -> Any:
    path = paths.cache_dir() / "maniskill" / key[:2] / f"{key}.json"
    if path.is_file():
        return build(kind, json.loads(path.read_text(encoding="utf-8")), str(path))
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(f".{os.getpid()}")
    staged.write_text(json.dumps(native.to_json(made)), encoding="utf-8")
    staged.replace(path)
    return build(kind, json.loads(path.read_text(encoding="utf-8")), str(path))


@cache
def _environment(env: str, kwargs_json: str) -> Any:
    """The undrawn environment that scouts a task, kept for the next seed."""
    task, kwargs = entry(env), making.keywords(kwargs_json)
    # A task may have no dense reward, which is the mode that is taken where none is given.
    kwargs |= task.first_supported("obs_mode", ("none",)) | task.first_supported("reward_mode", ("none", "sparse"))
    return making.make(task, kwargs, drawn=False)


def _layout(task: TaskEntry, kwargs_json: str, seed: int) -> Layout:
    environment = _environment(task.env, kwargs_json)
    making.fresh(environment, seed)
    return Layout(seed=seed, hash=looking.state_hash(environment), things=looking.things(environment))


def _facts(task: TaskEntry, kwargs_json: str, source: str | None) -> TaskFacts:
    environment = _environment(task.env, kwargs_json)
    layouts = tuple(layout(task.env, kwargs_json, seed) for seed in SEEDS)
    source = _source(task, layouts[0], source)
    if (why := probe.probed(environment)) is not None:
        raise ConfigError(f"The task {task.env} cannot be scored: {why}")
    making.fresh(environment, SEEDS[0])
    robots = looking.agents(environment)
    if not robots:
        raise ConfigError(f"The task {task.env} has no robot.")
    root = robots[0].robot.pose.sp
    ambient, lights = _lights(environment)
    return TaskFacts(
        env=task.env,
        source_hash=task.source_hash,
        versions=versions(),
        robots=tuple(str(robot.uid) for robot in robots),
        base=(tuple(map(float, root.p)), tuple(map(float, root.q))),  # type: ignore[arg-type]
        control_mode=",".join(str(robot.control_mode) for robot in robots),
        actions=_actions(environment),
        state_layout=_state_layout(robots),
        cameras=_cameras(environment, task),
        ambient=ambient,
        lights=lights,
        physics_hz=environment.sim_freq,
        control_hz=environment.control_freq,
        max_episode_steps=task.max_episode_steps,
        support_height_m=_support_m(layouts[0], source),
        layouts=layouts,
        gripper=any(action.unit == "gripper" for action in looking.actions(environment)),
        found={"source": source},
        draws_globally=probe.draws_globally(environment),
        rise_m_rad=_rise(environment, robots[0]),  # last, since it bends the arm
    )


def _source(task: TaskEntry, first: Layout, source: str | None) -> str:
    movable = [thing.name for thing in first.things if thing.kind == "movable"]
    if not movable:
        raise ConfigError(f"In the task {task.env} nothing can be moved but what has joints, which no axis knows yet.")
    if source is not None and source not in movable:
        raise ConfigError(f"{task.env}: source: '{source}' is nothing that can move. There are: {', '.join(movable)}.")
    return source or movable[0]


def _support_m(first: Layout, source: str) -> float:
    """The height of what the source stands on: of its lowest point at the start."""
    thing = first.thing(source)
    return round(thing.position_m[2] - thing.height_m / 2, 3)


def _state_layout(robots: list[Any]) -> tuple[str, ...]:
    names = []
    for number, robot in enumerate(robots):
        prefix = "" if len(robots) == 1 else f"{number}_"
        joints = [joint.name for joint in robot.robot.active_joints]
        names += [f"{prefix}{joint}_{part}" for part in ("position", "speed") for joint in joints]
    return tuple(names)


def _actions(environment: Any) -> tuple[ActionFact, ...]:
    """What the numbers of an action mean, and which of them hold the robot still."""
    found = looking.actions(environment)
    try:
        hold = hold_action(environment).tolist()
    except ConfigError:  # a control mode without such an action; `action_delay` says so where it is asked for
        return found
    return tuple(replace(fact, hold=round(value, 5)) for fact, value in zip(found, hold, strict=True))


def _rise(environment: Any, robot: Any) -> tuple[float, ...]:
    """How fast the tool rises with each joint of the arm."""
    tool = getattr(robot, "tcp", None)
    indices = looking.arm_indices(robot)
    if tool is None or not indices:
        return ()
    qpos = robot.robot.get_qpos().clone()
    height_m, rises = float(tool.pose.sp.p[2]), []
    for index in indices:
        moved = qpos.clone()
        moved[0, index] += TILT_RAD
        robot.robot.set_qpos(moved)
        rises.append(round((float(tool.pose.sp.p[2]) - height_m) / TILT_RAD, 4) + 0.0)
    robot.robot.set_qpos(qpos)
    return tuple(rises)


class _Lights:
    """The environment's scene, which notes the lights that a task asks for, and makes none."""

    def __init__(self, scene: Any) -> None:
        self._scene, self.ambient, self.lights = scene, (0.0, 0.0, 0.0), list[Light]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scene, name)

    def set_ambient_light(self, colour: Any) -> None:
        self.ambient = tuple(float(part) for part in colour[:3])  # type: ignore[assignment]

    def add_directional_light(self, direction: Any, color: Any, shadow: bool = False, **_: Any) -> None:
        to, colour = (tuple(float(part) for part in values) for values in (direction, color))
        self.lights.append(Light(direction=to, colour=colour, shadow=bool(shadow)))  # type: ignore[arg-type]

    def add_point_light(self, *_: Any, **__: Any) -> None:
        """Left out: axes know directional lights, and put theirs in place of all others."""

    add_spot_light = add_area_light_for_ray_tracing = add_point_light


def _lights(environment: Any) -> tuple[tuple[float, float, float], tuple[Light, ...]]:
    scene = environment.scene
    noted = environment.scene = _Lights(scene)
    try:
        environment._load_lighting({})
    finally:
        environment.scene = scene
    return noted.ambient, tuple(noted.lights)


def _cameras(environment: Any, task: TaskEntry) -> tuple[CameraFacts, ...]:
    """Of every sensor, those that stand in the world first."""
    import copy

    from mani_skill.sensors.camera import parse_camera_configs, update_camera_configs_from_dict

    configs = parse_camera_configs(environment._default_sensor_configs)
    configs.update(parse_camera_configs(environment.agent._sensor_configs))
    update_camera_configs_from_dict(configs, copy.deepcopy(environment._custom_sensor_configs))
    cameras = [_camera(config) for config in configs.values()]
    if not cameras:
        raise ConfigError(f"The task {task.env} has no camera.")
    return tuple(sorted(cameras, key=lambda camera: camera.mount is not None))


def _camera(config: Any) -> CameraFacts:
    pose, fov = config.pose.sp, config.fov
    if fov is None:
        fov = 2 * atan(config.height / 2 / float(np.asarray(config.intrinsic).reshape(3, 3)[1, 1]))
    carrier = config.mount.name if config.mount is not None else config.entity_uid
    return CameraFacts(
        name=config.uid,
        width_px=int(config.width),
        height_px=int(config.height),
        position_m=tuple(map(float, pose.p)),  # type: ignore[arg-type]
        quat_wxyz=tuple(map(float, pose.q)),  # type: ignore[arg-type]
        mount=carrier,
        fov_rad=float(fov),
        near_m=float(config.near),
        far_m=float(config.far),
    )
