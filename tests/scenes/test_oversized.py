"""Actions that command more than the arm can do in one control step."""

import numpy as np
import pytest

from vlagen_bench.policies.expert.grippers import gripper_of
from vlagen_bench.policies.random import RANGE
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.oversized import StepLimits, sizes

SCENES = [specs.scene(name) for name in specs.scene_names()]


def action(*numbers):
    return np.array([*numbers, *[0] * (7 - len(numbers))], np.float32)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_limits_are_the_robots_speeds_times_a_control_step(scene):
    limits = StepLimits.of(scene)
    assert limits.move_m == scene.robot.tool_speed_m_s / scene.control_hz
    assert limits.turn_rad == scene.robot.tool_speed_rad_s / scene.control_hz
    assert f"{limits.move_m:.2f} m and {limits.turn_rad:.2f} rad" == str(limits)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_expert_random_actions_and_normalised_steps_are_within_them(scene):
    limits, gripper = StepLimits.of(scene), gripper_of(scene.robot.name)
    largest = action(gripper.step_m, 0, 0, gripper.step_rad)
    step_m, step_rad = scene.robot.action_step_m, scene.robot.action_step_rad
    whole = action(step_m, step_m, step_m, step_rad, step_rad, step_rad)
    assert not limits.oversized(np.stack([largest, RANGE, -RANGE, whole, action()])).any()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_what_is_exactly_at_a_limit_is_not_beyond_it(scene):
    limits = StepLimits.of(scene)
    assert not limits.oversized(action(limits.move_m)) and limits.oversized(action(1.01 * limits.move_m))
    assert not limits.oversized(action(0, 0, 0, 0, limits.turn_rad))
    assert limits.oversized(action(0, 0, 0, 0, 1.01 * limits.turn_rad))


def test_wrong_units_and_normalised_actions_are_beyond_them():
    limits = StepLimits.of(specs.scene("tabletop"))
    millimetres, degrees = action(20.0), action(0, 0, 0, 5.0)
    whole_turns = action(0, 0, 0, 2 * np.pi)
    normalised = action(0.4, -0.2, -0.7, 0.1, 0.3, -0.5, 1.0)
    assert limits.oversized(np.stack([millimetres, degrees, whole_turns, normalised])).all()
    assert sizes(normalised)[0] == pytest.approx(0.831, abs=1e-3)


def test_the_gripper_has_no_say():
    assert not StepLimits.of(specs.scene("tabletop")).oversized(action(0, 0, 0, 0, 0, 0, 100.0))


def test_huge_actions_are_oversized_not_an_overflow():
    huge = np.full(7, np.finfo(np.float32).max, np.float32)
    assert StepLimits.of(specs.scene("tabletop")).oversized(huge)
