"""What can be read of a ManiSkill environment: its things, their kinds and boxes, its robots, controllers and state."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from sapien import physx
from transforms3d.quaternions import quat2mat

from vlagen_bench.scenes.native import ActionFact, Kind, ThingFacts, Unit

FIXED_M = 0.5
"""what is larger than this along a horizontal axis, and is not dynamic, is what things stand on, not one of them"""


def agents(env: Any) -> list[Any]:
    """The robots, each with its controllers."""
    agent = env.agent
    return [] if agent is None else list(getattr(agent, "agents", [agent]))


def blank_action(env: Any) -> Any:
    """An action of nothing, in the environment's own form, of several robots in their order."""
    space = env.single_action_space
    members = getattr(space, "spaces", None)
    if members is None:
        return np.zeros(space.shape, dtype=np.float32)
    return {name: np.zeros(members[name].shape, dtype=np.float32) for name in env.agent.agents_dict}


def in_order(env: Any, action: Any) -> Any:
    """An action of several robots, whoever of them stands first in it, in their order."""
    return {name: action[name] for name in env.agent.agents_dict} if isinstance(action, dict) else action


def actors(env: Any) -> dict[str, Any]:
    """Every actor by its name in the state; one that each environment of a batch has its own of stands there once."""
    named = dict(env.scene.state_dict_registry.actors)
    inside = {id(entity) for actor in named.values() for entity in actor._objs}
    return named | {
        name: actor for name, actor in env.scene.actors.items() if not inside & {id(entity) for entity in actor._objs}
    }


def task_state(env: Any, info: dict[str, Any]) -> np.ndarray:
    """What the task shows as `obs_mode="state"`, flat, whatever is shown of this environment: float32."""
    from mani_skill.utils import common

    parts = env._get_obs_state_dict(info)
    flat: np.ndarray = common.flatten_state_dict(parts, use_torch=True, device=env.device)[0].cpu().numpy()
    return flat


def entity_of(actor: Any) -> Any:
    """The SAPIEN entity of an actor of the one environment that there is."""
    return actor._objs[0]


def body_of(actor: Any) -> Any:
    """The rigid body of an actor; None: it has none."""
    return entity_of(actor).find_component_by_type(physx.PhysxRigidBaseComponent)


def shapes_of(actor: Any) -> list[Any]:
    """The collision shapes of an actor."""
    body = body_of(actor)
    return [] if body is None else list(body.collision_shapes)


def _corners(shape: Any) -> np.ndarray:
    """Points (N, 3) of a collision shape's box in the actor's frame; of a plane there are none."""
    if isinstance(shape, physx.PhysxCollisionShapePlane):
        return np.zeros((0, 3))
    half = getattr(shape, "half_size", None)
    if half is None and isinstance(shape, physx.PhysxCollisionShapeSphere):
        half = np.full(3, shape.radius)
    elif half is None and hasattr(shape, "half_length"):  # capsules and cylinders lie along their x axis
        ends = shape.radius if isinstance(shape, physx.PhysxCollisionShapeCapsule) else 0.0
        half = np.array([shape.half_length + ends, shape.radius, shape.radius])
    if half is not None:
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        points = signs * np.asarray(half)
    else:
        points = np.asarray(shape.vertices) * np.asarray(shape.scale)
    pose = shape.local_pose
    return np.asarray(points @ quat2mat(pose.q).T + pose.p)


def extents_m(actor: Any) -> tuple[float, float, float]:
    """Of the box around all collision shapes, along the actor's own axes."""
    points = np.concatenate([np.zeros((0, 3)), *(_corners(shape) for shape in shapes_of(actor))])
    if not len(points):
        return (0.0, 0.0, 0.0)
    x, y, z = (points.max(axis=0) - points.min(axis=0)).tolist()
    return (round(x, 5), round(y, 5), round(z, 5))


def kind_of(actor: Any) -> Kind:
    """By its physics alone."""
    if actor.px_body_type == "dynamic":
        return "movable"
    shapes = shapes_of(actor)
    if not shapes:
        return "site"
    plane = any(isinstance(shape, physx.PhysxCollisionShapePlane) for shape in shapes)
    return "fixture" if plane or max(extents_m(actor)[:2]) > FIXED_M else "obstacle"


def things(env: Any) -> tuple[ThingFacts, ...]:
    """Every actor as it stands now."""
    hidden = {id(actor) for actor in env._hidden_objects}
    found = []
    for name, actor in actors(env).items():
        pose = entity_of(actor).pose
        shapes = shapes_of(actor)
        found.append(
            ThingFacts(
                name=name,
                kind=kind_of(actor),
                position_m=_three(pose.p),
                quat_wxyz=_four(pose.q),
                extents_m=extents_m(actor),
                round=len(shapes) == 1 and isinstance(shapes[0], physx.PhysxCollisionShapeSphere),
                hidden=id(actor) in hidden,
            )
        )
    return tuple(found)


def _three(values: Any) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 6) for value in values)
    return (x, y, z)


def _four(values: Any) -> tuple[float, float, float, float]:
    w, x, y, z = (round(float(value), 6) for value in values)
    return (w, x, y, z)


def state_hash(env: Any) -> str:
    """16 hex digits of everything that moves, in the order of the environment's own state."""
    digest = hashlib.sha256()
    for kind, members in sorted(env.get_state_dict().items()):
        for name, state in members.items():
            digest.update(f"{kind}/{name}".encode())
            digest.update(np.ascontiguousarray(state.cpu().numpy()).tobytes())
    return digest.hexdigest()[:16]


def parts_of(controller: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The plain controllers of a combined one, in the order of its action's numbers."""
    members = getattr(controller, "controllers", None)
    if members is None:
        yield name or "arm", controller
        return
    for key, member in members.items():
        yield from parts_of(member, key)


def arm_indices(robot: Any) -> list[int]:
    """Where the joints of a robot's arm stand among its joint positions: of one that drives, wheels and torso may come first."""
    arm = next((part for name, part in parts_of(robot.controller) if "gripper" not in name), None)
    names = [joint.name for joint in robot.robot.active_joints]
    return [] if arm is None else [names.index(joint.name) for joint in arm.joints]


def actions(env: Any) -> tuple[ActionFact, ...]:
    """What the numbers of an action mean; of several robots one after the other."""
    return tuple(
        fact
        for number, agent in enumerate(agents(env))
        for name, part in parts_of(agent.controller)
        for fact in _numbers(part, name if len(agents(env)) == 1 else f"{number}_{name}")
    )


def _numbers(part: Any, name: str) -> Iterator[ActionFact]:
    space, config = part.single_action_space, part.config
    units = _units(part, name, len(space.low))
    clipped = bool(getattr(config, "normalize_action", False))
    for index, unit in enumerate(units):
        low, high = float(space.low[index]), float(space.high[index])
        scale = 1.0
        if clipped:
            own_low, own_high = part.action_space_low, part.action_space_high
            scale = float(own_high[index] - own_low[index]) / 2
        yield ActionFact(name=f"{name}_{index}", unit=unit, scale=round(scale, 6), low=low, high=high)


def _units(part: Any, name: str, count: int) -> list[Unit]:
    kind = type(part).__name__
    if "gripper" in name or "Mimic" in kind:
        return ["gripper"] * count
    if kind == "PDJointPosController":
        return ["rad"] * count
    if kind.startswith("PDEEPos"):
        pose: list[Unit] = ["m", "m", "m", "rad", "rad", "rad"]
        return pose[:count] if count in (3, 6) else ["other"] * count
    return ["other"] * count


def tools(env: Any) -> list[Any]:
    """The tool links of the robots that name one."""
    named = (getattr(agent, "tcp", None) for agent in agents(env))
    return [tool for tool in named if tool is not None]


def fingers(robot: Any) -> list[Any]:
    """The links that a robot grasps with; of a robot that does not name them, those that its gripper moves."""
    named = [getattr(robot, name, None) for name in ("finger1_link", "finger2_link")]
    if all(link is not None for link in named):
        return named
    joints = [joint for name, part in parts_of(robot.controller) if "gripper" in name for joint in part.joints]
    return [joint.child_link for joint in joints]
