"""The verbs about the robot: base, pose, drives, and the timing of actions and observations."""

from dataclasses import dataclass

from vlagen_bench.sim.arm import Arm
from vlagen_bench.sim.line_verbs import LineVerbs
from vlagen_bench.sim.world import World


@dataclass(kw_only=True)
class RobotVerbs(LineVerbs):
    """The robot of one episode, and the line between it and the policy."""

    world: World
    arm: Arm
    arm_offsets_rad: tuple[float, ...] = ()

    def move_base(self, xy_m: tuple[float, float], yaw_rad: float) -> None:
        self.world.move_base(xy_m, yaw_rad)

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        self.arm_offsets_rad = offsets_rad

    def scale_gripper_force(self, factor: float) -> None:
        self.arm.scale_gripper(factor)

    def scale_gains(self, factor: float) -> None:
        self.arm.scale_gains(factor)
