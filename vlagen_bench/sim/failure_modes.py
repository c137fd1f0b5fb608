"""The failure modes: one name for an episode that did not succeed, from its events."""

from typing import Literal, Protocol

FailureMode = Literal[
    "placed_then_lost",
    "not_released_or_moving",
    "wrong_receptacle",
    "wrong_object_moved",
    "never_reached",
    "reached_not_grasped",
    "still_held",
    "dropped",
]


class EpisodeEvents(Protocol):
    """The facts that decide."""

    @property
    def success(self) -> bool: ...

    @property
    def success_once(self) -> bool: ...

    @property
    def placed(self) -> bool: ...

    @property
    def placed_once(self) -> bool: ...

    @property
    def on_wrong_receptacle(self) -> bool: ...

    @property
    def wrong_object_moved(self) -> bool: ...

    @property
    def reached(self) -> bool: ...

    @property
    def grasped(self) -> bool: ...

    @property
    def grasped_now(self) -> bool: ...


def failure_mode_of(status: EpisodeEvents) -> FailureMode | None:
    """The first that applies, nearest to success first; None for success."""
    if status.success:
        return None
    if status.placed:
        return "not_released_or_moving"
    if status.success_once or status.placed_once:
        return "placed_then_lost"
    if status.on_wrong_receptacle:
        return "wrong_receptacle"
    if not status.grasped:
        if status.wrong_object_moved:
            return "wrong_object_moved"
        return "reached_not_grasped" if status.reached else "never_reached"
    return "still_held" if status.grasped_now else "dropped"
