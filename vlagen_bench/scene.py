"""What may an axis do to a scene? The verbs, as a protocol, and a fake that writes them down."""

from typing import Any, Literal, Protocol


class Scene(Protocol):
    """One episode's scene, in the verbs that axes use. World frame, metres, radians, kilograms."""

    def add_model(self, role: str, kind: Literal["objects", "receptacles"], asset_id: str) -> None:
        """Build: loads a model of the scene's pack and gives it a role: source, target or distractor."""

    def set_table(self, asset_id: str) -> None:
        """Build: the table's picture."""

    def place(self, role: str, xy_m: tuple[float, float], drop_m: float | None) -> None:
        """Reset: where the thing in this role falls from, and how high above the table; None: the scene's height."""

    def turn(self, role: str, yaw_rad: float) -> None:
        """Reset: rotation about the vertical at reset."""

    def bend_arm(self, offsets_rad: tuple[float, ...]) -> None:
        """Reset: added to the arm's first joint positions."""

    def scale_mass(self, role: str, factor: float) -> None:
        """Step, after all has settled: mass and inertia times `factor`."""

    def scale_friction(self, role: str, factor: float) -> None:
        """Step, after all has settled: static and dynamic friction of its surface times `factor`."""

    def tell(self, instruction: str) -> None:
        """Prompt: what the policy is told."""

    def overlay_foreground(self, texture_id: str, ratio: float) -> None:
        """Render: blends a texture over robot, objects and receptacles."""

    def overlay_image(self, texture_id: str, ratio: float) -> None:
        """Render: blends a sliding window of a texture over the whole image."""

    def move_after(self, step: int, role: str, xy_m: tuple[float, float]) -> None:
        """Step: after that many actions, lifts the thing to this place and lets it fall."""


class FakeScene:
    """Records calls of verbs, for tests of axes without a simulator."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, verb: str) -> Any:
        if verb not in VERBS:
            raise AttributeError(f"'{verb}' is no verb of Scene. There are: {', '.join(VERBS)}.")
        return lambda *args: self.calls.append((verb, args))


VERBS = tuple(name for name in vars(Scene) if not name.startswith("_"))
