"""The introduction of a policy to the robot that it will move."""

from vlagen_bench.policies.base import BUILT_IN, LoadedPolicy
from vlagen_bench.scenes.base import RobotSpec


def introduce(loaded: LoadedPolicy, robot: RobotSpec) -> None:
    """Tells a built-in policy, which plays with every robot, which one it has."""
    if loaded.name in BUILT_IN and not loaded.live and (meet := getattr(loaded.policy, "meet", None)) is not None:
        meet(robot)
