"""The verbs that axes use on a scene, as a protocol, and a fake that records them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Vec3 = tuple[float, float, float]
ModelKind = Literal["objects", "receptacles"]
"""the lists of a pack that hold models"""
Outline = tuple[tuple[float, float], ...]
"""corners of a polygon, in shares of the image's width and height"""
Look = Literal["ceramic", "cloth", "leaf", "rubber", "skin"]
"""what a thing before the lens is made of"""


@dataclass(frozen=True, kw_only=True)
class Light:
    """A directional light: where it shines to, and its linear colour."""

    direction: Vec3
    colour: Vec3
    shadow: bool = False
    penumbra_m: float = 0.02
    """how wide the soft rim of its shadow is: small for the sun, large for a window or an overcast sky"""


class Scene(Protocol):
    """One episode's scene, in the verbs that axes use. World frame, metres, radians, kilograms."""

    def add_model(self, role: str, kind: ModelKind, asset_id: str) -> None:
        """Build: loads a model of the scene's pack and gives it a role: source, target, distractor or clutter_1, ..."""

    def begin_from(self, seed: int, start_hash: str, names: Mapping[str, str]) -> None:
        """Build: the task's own reset, of this seed, and what the state has to be then; role -> actor of the task."""

    def set_table(self, asset_id: str) -> None:
        """Build: the table's picture."""

    def raise_table(self, by_m: float) -> None:
        """Build: the table, and what stands on it, so much higher; robot base and camera stay."""

    def scale_size(self, role: str, factor: float) -> None:
        """Build: every length of the model times `factor`, at the same density."""

    def move_base(self, xy_m: tuple[float, float], yaw_rad: float) -> None:
        """Build: the robot's base, from where it stands nominally; the camera stays."""

    def place(self, role: str, xy_m: tuple[float, float], drop_m: float | None) -> None:
        """Reset: where the thing in this role falls from, and how high above the table; None: the scene's height."""

    def turn(self, role: str, yaw_rad: float) -> None:
        """Reset: rotation about the vertical at reset."""

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        """Reset: added to the arm's first joint positions."""

    def scale_mass(self, role: str, factor: float) -> None:
        """Step, after all has settled: mass and inertia times `factor`."""

    def scale_friction(self, role: str, factor: float) -> None:
        """Step, after all has settled: static and dynamic friction of its surface and of the fingers, times `factor`."""

    def shift_mass_centre(self, role: str, share: Vec3) -> None:
        """Step, after all has settled: the centre of mass, by shares of the model's half extents, in its frame."""

    def scale_gripper_force(self, factor: float) -> None:
        """Step: the most that the fingers press, times `factor`."""

    def scale_gains(self, factor: float) -> None:
        """Step: stiffness and damping of the arm's drives times `factor`."""

    def shake_actions(self, noise_m: float, noise_rad: float, seed: int) -> None:
        """Step: normal noise of these standard deviations on each action's translation and rotation."""

    def delay_actions(self, steps: int) -> None:
        """Step: each action is carried out so many control steps late; until then the arm holds still."""

    def delay_observations(self, steps: int) -> None:
        """Step: the policy sees the world as it was so many control steps ago."""

    def drop_frames(self, share: float, seed: int) -> None:
        """Step: so many of the observations are lost, and the one before is seen again."""

    def jitter_rate(self, share: float, seed: int) -> None:
        """Step: each control step lasts between 1 - share and 1 + share times as long as it should."""

    def push_after(self, step: int, role: str, velocity_m_s: tuple[float, float]) -> None:
        """Step: after that many actions the thing is pushed: its velocity changes by this at once."""

    def tell(self, instruction: str) -> None:
        """Prompt: the instruction that the policy gets."""

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        """Render: blends a texture over robot, objects and receptacles."""

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        """Render: blends a sliding window of a texture over the whole image."""

    def set_lights(self, ambient: Vec3, lights: tuple[Light, ...]) -> None:
        """Render: these lights instead of the scene's."""

    def orbit_camera(self, azimuth_rad: float, elevation_rad: float, roll_rad: float) -> None:
        """Render: turns the camera around the middle of the places where things stand, and about its own axis."""

    def set_lens(self, zoom: float, shift_px: tuple[float, float]) -> None:
        """Render: focal length times `zoom`, and the principal point moved, in pixels of the image."""

    def tint_robot(self, colour: Vec3, ratio: float) -> None:
        """Render: blends a colour (linear rgb) into the robot's own; 1: nothing else is left."""

    def occlude(self, outline: Outline, look: Look, colour: Vec3, seed: int) -> None:
        """Render: a thing close before the lens, out of focus, its colour in sRGB; its texture comes from the seed."""

    def expose(self, stops: float) -> None:
        """Render: twice as much light for each stop, before the sensor saturates."""

    def blur(self, sigma: float) -> None:
        """Render: Gaussian blur, in hundredths of the image's width."""

    def add_sensor_noise(self, deviation: float, seed: int) -> None:
        """Render: a sensor's noise, new in each control step; `deviation` is that of white light, in % of it."""

    def compress(self, quality: int) -> None:
        """Render: JPEG, 95 good to 1 poor."""

    def move_after(self, step: int, role: str, xy_m: tuple[float, float], lift_m: float | None) -> None:
        """Step: after that many actions, lifts the thing to this place and lets it fall.

        By `lift_m` from where it is then, as it lies; None: to the scene's height above the table, as it was at reset.
        """


class FakeScene:
    """Records calls of verbs, for tests of axes without a simulator."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, verb: str) -> Any:
        if verb not in VERBS:
            raise AttributeError(f"'{verb}' is not a verb of Scene. There are: {', '.join(VERBS)}.")
        return lambda *args: self.calls.append((verb, args))


VERBS = tuple(name for name in vars(Scene) if not name.startswith("_"))
