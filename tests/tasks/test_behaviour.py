"""The metrics of behaviour, from samples that are written down."""

import math

import numpy as np
import pytest

from vlagen_bench.tasks.behaviour import MEASURES, TOOL_HZ, Behaviour, Course, recorded

UP = (0.0, 0.0, 1.0)
STANDING = {"source": (0.05, UP), "target": (0.01, UP)}


def begun(tool_m=(0, 0, 0), things=STANDING):
    return Course(tool_m, things, table_m=0.0, tool_s=1 / TOOL_HZ)


def stepped(course, tool_m, *, time_s=0.2, grasped=False, success=False, things=STANDING):
    course.stepped(tool_m, things, time_s=time_s, grasped=grasped, success=success)


def tilted(degrees):
    angle = math.radians(degrees)
    return 0.0, math.sin(angle), math.cos(angle)


def along(course, positions_m):
    for position_m in positions_m:
        course.moved((position_m, 0.0, 0.0))
    return course.behaviour(success=False)


def test_the_path_over_the_straight_lines_to_the_grasp_and_to_the_success():
    course = begun()
    stepped(course, (3, 0, 0))
    stepped(course, (3, 4, 0), grasped=True)
    stepped(course, (3, 4, 5), grasped=True, success=True, time_s=0.6)
    stepped(course, (9, 9, 9), grasped=True, success=True, time_s=0.8)
    found = course.behaviour(success=True)
    assert found.path_ratio == pytest.approx((3 + 4 + 5) / (5 + 5)) and found.time_to_success_s == 0.6
    assert found.path_m == pytest.approx(12 + math.dist((3, 4, 5), (9, 9, 9)))


def test_the_ratio_is_never_below_1():
    random = np.random.default_rng(0)
    for _ in range(200):
        course, last = begun(), random.integers(1, 6)
        for number, place in enumerate(random.normal(size=(last, 3))):
            stepped(course, place, grasped=bool(random.random() < 0.4), success=number == last - 1)
        assert course.behaviour(success=True).path_ratio >= 1


def test_without_a_grasp_it_is_one_line_and_without_a_line_there_is_no_ratio():
    course = begun()
    stepped(course, (1, 0, 0))
    stepped(course, (1, 1, 0), success=True)
    assert course.behaviour(success=True).path_ratio == pytest.approx(math.sqrt(2))
    still = begun()
    stepped(still, (0, 0, 0), success=True)
    found = still.behaviour(success=True)
    assert found.path_ratio is None and found.time_to_success_s == 0.2


def test_a_failure_has_no_time_to_success_even_if_it_succeeded_once():
    course = begun()
    stepped(course, (1, 0, 0), success=True)
    stepped(course, (2, 0, 0))
    found = course.behaviour(success=False)
    assert found.time_to_success_s is None and found.path_ratio is None and found.path_m == 2


def test_the_jerk_of_a_cubic_is_its_third_derivative_and_of_slower_motion_is_0():
    times_s = np.arange(1, 100) / TOOL_HZ
    assert along(begun(), times_s**3).jerk_rms_m_s3 == pytest.approx(6)
    assert along(begun(), 2 * times_s**2 - times_s).jerk_rms_m_s3 == pytest.approx(0, abs=1e-6)
    assert along(begun(), [0.1, 0.2]).jerk_rms_m_s3 is None, "three places have no third difference"


def test_no_jerk_is_taken_over_a_time_when_nobody_looked():
    course = begun()
    along(course, [0.0] * 5)
    course.interrupted(STANDING)
    found = along(course, [1.0] * 5)
    assert found.jerk_rms_m_s3 == 0 and found.path_m == 1


def test_a_hit_begins_after_the_robot_was_clear_of_the_table():
    course = begun()
    for number, force_n in enumerate([0, 3, 0, 0, 7, 0, 0, 0, 2, 0.4, 0, 0, 0.4]):
        course.pressed(force_n, 2 * force_n, time_s=number * 0.05)
    found = course.behaviour(success=False)
    assert (found.table_hits, found.table_force_n, found.thing_force_n) == (3, 7, 14)


def test_a_link_that_scrapes_along_hits_once():
    course = begun()
    for number, force_n in enumerate([5, 0, 5, 0, 0, 5, 0, 5]):
        course.pressed(force_n, 0.0, time_s=number * 0.03)
    assert course.behaviour(success=False).table_hits == 1


def test_things_are_counted_once_when_tilted_beyond_45_degrees_or_5_cm_below_the_top():
    course = begun()
    for degrees, height_m in ((44, -0.04), (46, -0.06), (0, 0.0)):
        stepped(course, (0, 0, 0), things={"source": (0.05, tilted(90)), "target": (height_m, tilted(degrees))})
        found = course.behaviour(success=False)
        late = degrees != 44
        assert (found.things_toppled, found.things_off_table) == (late, late), (degrees, "and the source may lie")


def test_a_thing_that_is_set_down_anew_is_compared_with_how_it_stands_then():
    course, lying = begun(), {"target": (0.01, tilted(90))}
    course.interrupted(lying)
    stepped(course, (0, 0, 0), things={**STANDING, **lying})
    assert course.behaviour(success=False).things_toppled == 0


def test_each_metric_is_declared_with_its_unit():
    found = begun().behaviour(success=False)
    assert list(recorded(found)) == [one.name for one in MEASURES] == list(Behaviour.__annotations__)
    units = {"_s": "s", "_m": "m", "_n": "N", "_m_s3": "m/s³"}
    for one in MEASURES:
        suffix = next((end for end in ("_m_s3", "_s", "_m", "_n") if one.name.endswith(end)), None)
        assert one.unit == units.get(suffix, ""), one.name
        value = getattr(found, one.name)
        assert (value is None) <= one.optional and isinstance(value, int if one.whole else (float, type(None)))
