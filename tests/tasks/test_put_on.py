"""The failure mode of an episode, from what was measured."""

from types import SimpleNamespace

import pytest

from vlagen_bench.tasks.put_on import failure_mode_of

NOTHING = {
    name: False
    for name in (
        "success", "success_once", "placed", "placed_once", "on_wrong_receptacle", "wrong_object_moved",
        "reached", "grasped", "grasped_now",
    )
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "trouble"),
    [
        (("success", "placed", "grasped"), None),
        ((), "never_reached"),
        (("reached",), "reached_not_grasped"),
        (("wrong_object_moved",), "wrong_object_moved"),
        (("reached", "grasped"), "dropped"),
        (("reached", "grasped", "grasped_now"), "still_held"),
        (("reached", "grasped", "on_wrong_receptacle"), "wrong_receptacle"),
        (("reached", "grasped", "placed", "placed_once"), "not_released_or_moving"),
        (("reached", "grasped", "placed_once"), "placed_then_lost"),
        (("success_once",), "placed_then_lost"),
    ],
)
def test_every_ending_has_one_name(facts, trouble):
    assert failure_mode_of(SimpleNamespace(**{**NOTHING, **dict.fromkeys(facts, True)})) == trouble
