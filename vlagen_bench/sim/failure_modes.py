"""The failure modes: one name for an episode that did not succeed, from its events."""

from typing import Literal, Protocol

Trouble = Literal[
    "placed_then_lost",
    "not_released_or_moving",
    "wrong_receptacle",
    "wrong_object_moved",
    "never_reached",
    "reached_not_grasped",
    "still_held",
    "dropped",
]


class Happened(Protocol):
    """The facts that decide."""

    success: bool
    success_once: bool
    placed: bool
    placed_once: bool
    on_wrong_receptacle: bool
    wrong_object_moved: bool
    reached: bool
    grasped: bool
    grasped_now: bool


def trouble_of(status: Happened) -> Trouble | None:
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
