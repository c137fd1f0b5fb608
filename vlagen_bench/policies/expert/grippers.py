"""The grippers of the robots: measures in the tool's frame, and how far a tool may go in one step."""

from dataclasses import dataclass

from vlagen_bench.errors import ConfigError, unknown

TIGHT_ROOM_M = 0.004  # research notes: below this much room a side, tolerances are tighter


@dataclass(frozen=True, kw_only=True)
class Gripper:
    """A parallel gripper held with its fingers straight down. The fingers close along the tool's y axis.

    Lengths along the approach axis count from the fingertips upwards.
    """

    robot: str
    approach_axis: int
    """axis of the tool frame that points out of the fingers: 0 is x, 2 is z"""
    tip_offset_m: float
    """from the tool's origin to the fingertips, along the approach axis"""
    palm_m: float
    """from the fingertips up to the palm: nothing taller fits between the fingers"""
    palm_half_m: tuple[float, float]
    """half sizes of the palm along the closing axis and across"""
    finger_half_width_m: float
    """half size of a finger across the closing axis"""
    finger_thickness_m: float
    """along the closing axis"""
    pad_m: float
    """height of the pads above the tips: where things are held"""
    opening_m: float
    """between the opened pads"""
    throat_m: float
    """between the opened fingers above the pads"""
    closed_m: float
    """between the closed pads: thinner things cannot be held"""
    tip_clearance_m: float
    """kept between fingertips and table"""
    close_steps: int
    """control steps until the fingers have closed on something"""
    step_m: float
    """longest translation of the target in one control step"""
    slow_step_m: float
    """the same, when going down, and up with something"""
    step_rad: float
    """largest rotation of the target in one control step"""
    near_m: float
    """how near the fingers must be, sideways, to the place over which they go down"""
    near_rad: float
    """the same for the turn"""
    near_tight_m: float
    """as `near_m`, where there is little room beside the thing"""
    near_tight_rad: float

    def near(self, room_m: float) -> tuple[float, float]:
        """Tolerances (m, rad) of the place to go down, with that much room beside each finger."""
        if room_m < TIGHT_ROOM_M:
            return self.near_tight_m, self.near_tight_rad
        return self.near_m, self.near_rad


# Measured from the collision shapes of the finger links and the gripper bar, in the tool's frame, opened and closed
# (tips at +15.6 mm along x, bar at -22.0 mm, fingers 29 mm wide and 16 mm thick, 52 mm apart, 8 mm when closed).
# Steps, tolerances, tip clearance and closing time: research notes on the prototype, 24/24 in every setting.
WIDOWX = Gripper(
    robot="widowx250s",
    approach_axis=0,
    tip_offset_m=0.0156,
    palm_m=0.036,
    palm_half_m=(0.0525, 0.036),
    finger_half_width_m=0.0145,
    finger_thickness_m=0.016,
    pad_m=0.036,
    opening_m=0.052,
    throat_m=0.052,
    closed_m=0.0125,
    tip_clearance_m=0.003,
    close_steps=3,
    step_m=0.04,
    slow_step_m=0.03,
    step_rad=0.30,
    near_m=0.006,
    near_rad=0.06,
    near_tight_m=0.0025,
    near_tight_rad=0.03,
)

# Measured in the same way from mani_skill 3.0.1's panda_v2 (tips at +9.5 mm along z, finger roots down to -40.9 mm,
# pads 18.5 mm high, 17.6 mm wide and 80 mm apart, 94 mm apart above them).
PANDA = Gripper(
    robot="panda",
    approach_axis=2,
    tip_offset_m=0.0095,
    palm_m=0.045,
    palm_half_m=(0.104, 0.032),
    finger_half_width_m=0.0095,
    finger_thickness_m=0.026,
    pad_m=0.0185,
    opening_m=0.080,
    throat_m=0.094,
    closed_m=0.002,
    tip_clearance_m=0.004,
    close_steps=2,
    step_m=0.04,
    slow_step_m=0.03,
    step_rad=0.30,
    near_m=0.005,
    near_rad=0.05,
    near_tight_m=0.0025,
    near_tight_rad=0.03,
)

_GRIPPERS = {gripper.robot: gripper for gripper in (WIDOWX, PANDA)}


def gripper_of(robot: str) -> Gripper:
    """The gripper of the robot called `robot`; raises `ConfigError` if the expert has no measures of it."""
    if robot not in _GRIPPERS:
        raise ConfigError(unknown("robot", robot, _GRIPPERS))
    return _GRIPPERS[robot]
