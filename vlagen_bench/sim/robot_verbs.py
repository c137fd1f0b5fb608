"""The verbs about the robot: base, pose, drives, and the timing of actions and observations."""

from dataclasses import dataclass, field, replace

from vlagen_bench.sim.arm import Arm
from vlagen_bench.sim.channel import Channel
from vlagen_bench.sim.world import World


@dataclass(kw_only=True)
class RobotVerbs:
    """The robot of one episode, and the line between it and the policy."""

    world: World
    arm: Arm
    arm_offsets_rad: tuple[float, ...] = ()
    line: Channel = field(default_factory=Channel)

    def move_base(self, xy_m: tuple[float, float], yaw_rad: float) -> None:
        self.world.move_base(xy_m, yaw_rad)

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        self.arm_offsets_rad = offsets_rad

    def scale_gripper_force(self, factor: float) -> None:
        self.arm.scale_gripper(factor)

    def scale_gains(self, factor: float) -> None:
        self.arm.scale_gains(factor)

    def shake_actions(self, noise_m: float, noise_rad: float, seed: int) -> None:
        self.line = replace(self.line, noise_m=noise_m, noise_rad=noise_rad, noise_seed=seed)

    def delay_actions(self, steps: int) -> None:
        self.line = replace(self.line, action_delay=steps)

    def delay_observations(self, steps: int) -> None:
        self.line = replace(self.line, observation_delay=steps)

    def drop_frames(self, share: float, seed: int) -> None:
        self.line = replace(self.line, loss=share, loss_seed=seed)

    def jitter_rate(self, share: float, seed: int) -> None:
        self.line = replace(self.line, jitter=share, jitter_seed=seed)
