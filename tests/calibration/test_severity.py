"""Each level of every axis is measured as harder than the one before: live where that is quick, else as committed."""

import dataclasses

import numpy as np
import pytest
from transforms3d.quaternions import qmult

from helpers.curves import COMMITTED, LIVE, TASKS
from vlagen_bench.axes import AXES
from vlagen_bench.calibration import axis_pages, calibrate, curves, severity
from vlagen_bench.calibration import pairs as lab
from vlagen_bench.calibration.curves import Drop, Severity
from vlagen_bench.calibration.severity import MEASURES, EpisodeObservation
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.sim.measurements import ObjectReading, Reading

SIZED = [name for name in calibrate.calibrated(catalog.task("tabletop_put_on")) if AXES.get(name).levels]


def measured(axis: str, which: str) -> float:
    kind, task = AXES.get(axis), catalog.task(LIVE)
    how = severity.measure_of(kind)
    # Sentences differ much in length, so that a few say little; they need no more than a reset.
    episodes = 12 if how.name == "words" else 3
    parameters = calibrate.points_of(kind)[which]
    pairs = calibrate.pairs_of(task, kind, parameters, episodes=episodes, seed=calibrate.SEED)
    return float(np.mean(lab.of(LIVE).severities(pairs, how)))


ROLLED = tuple(
    float(one) for one in qmult((np.cos(0.1), 0, 0, np.sin(0.1)), (np.cos(np.pi / 4), np.sin(np.pi / 4), 0, 0))
)


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis.variants()], ids=lambda axis: axis.name)
def test_every_axis_names_a_measure(axis):
    assert severity.measure_of(axis).name in MEASURES


@pytest.mark.sim
@pytest.mark.parametrize("axis", SIZED)
def test_each_level_is_harder_than_the_one_before(axis):
    found = [measured(axis, which) for which in ("0", "1", "2", "3", "4", "5")]
    assert found[0] == pytest.approx(1.0 if severity.measure_of(AXES.get(axis)).unit == "times" else 0.0, abs=1e-9)
    assert all(np.diff(found) > 0), f"{axis}: {found}"


@pytest.mark.parametrize("curve", COMMITTED, ids=lambda curve: f"{curve.task}-{curve.axis}")
def test_the_committed_curve_grows_and_is_of_the_present_levels(curve):
    again = f"It is stale; run: {curve.command} --docs"
    present = calibrate.points_of(AXES.get(curve.axis))
    assert {point.which: dict(point.parameters) for point in curve.points} == {
        k: dict(v) for k, v in present.items()
    }, again
    assert curve.measure == AXES.get(curve.axis).measure, again
    assert curve.task == catalog.task(curve.task.partition("@")[0]).ref, again
    assert curve.grows


@pytest.mark.parametrize("task", TASKS)
def test_no_axis_is_left_out(task):
    known = {curve.axis for curve in COMMITTED if curve.task.partition("@")[0] == task}
    missing = set(calibrate.calibrated(catalog.task(task))) - known
    assert not missing, f"run: vlagen calibrate --axis {','.join(sorted(missing))} --task {task} --docs"


def thing(**changes) -> ObjectReading:
    nominal = ObjectReading(
        position_m=(0.0, 0.0, 0.0),
        outside_m=0.0,
        quat_wxyz=(1.0, 0.0, 0.0, 0.0),
        velocity_m_s=(0.0, 0.0, 0.0),
        mass_kg=0.2,
        friction=1.0,
        extents_m=(0.1, 0.1, 0.1),
        mass_centre_m=(0.0, 0.0, 0.0),
    )
    return dataclasses.replace(nominal, **changes)


def reading(source: ObjectReading | None = None, **changes) -> Reading:
    nominal = Reading(
        things={"source": source or thing(), "target": thing()},
        table_m=0.0,
        base_m=(0.0, 0.0, 0.0),
        joints_rad=(0.0, 0.0),
        tool_m=(0.0, 0.0, 0.3),
        finger_force_n=60.0,
        stiffness=(1000.0, 1000.0),
        shown_age_s=0.0,
        places_px=((0.0, 0.0), (100.0, 0.0)),
        width_px=200,
    )
    return dataclasses.replace(nominal, **changes)


def look(*found: Reading, **changes) -> EpisodeObservation:
    return EpisodeObservation(instruction="put the can on the tray", readings=found, **changes)


@pytest.mark.parametrize(
    ("name", "seen", "expected"),
    [
        ("mass_ratio", reading(thing(mass_kg=0.6)), 3.0),
        ("friction_ratio", reading(thing(friction=0.25)), 4.0),
        ("size_ratio", reading(thing(extents_m=(0.05, 0.05, 0.05))), 2.0),
        ("grip_ratio", reading(finger_force_n=15.0), 4.0),
        ("gains_ratio", reading(stiffness=(500.0, 250.0)), 3.0),
        ("source_outside_m", reading(thing(outside_m=0.05)), 0.05),
        ("source_yaw_rad", reading(thing(quat_wxyz=(np.cos(0.1), 0.0, 0.0, np.sin(0.1)))), 0.2),
        ("source_yaw_rad", reading(thing(quat_wxyz=(np.cos(0.1), 0.0, 0.0, -np.sin(0.1)))), 0.2),
        ("source_yaw_rad", reading(thing(quat_wxyz=(-1.0, 0.0, 0.0, 0.0))), 0.0),
        # Turned by 0.2 rad about the vertical, and rolled over by a quarter about the horizontal.
        ("source_yaw_rad", reading(thing(quat_wxyz=ROLLED)), 0.2),
        ("joints_rad", reading(joints_rad=(0.3, 0.4)), 0.5),
        ("base_m", reading(base_m=(0.0, -0.02, 0.0)), 0.02),
        ("table_m", reading(table_m=-0.03), 0.03),
        ("mass_centre_m", reading(thing(mass_centre_m=(0.0, 0.0, 0.01))), 0.01),
    ],
)
def test_a_measure_at_the_start(name, seen, expected):
    assert MEASURES.get(name).between(look(seen), look(reading())) == pytest.approx(expected)


def test_a_thing_that_is_there_alike_counts_for_nothing_and_one_more_for_one():
    more = dataclasses.replace(reading(), things={**reading().things, "distractor": thing()})
    assert MEASURES.get("things").between(look(more), look(reading())) == 1
    assert MEASURES.get("things").between(look(more), look(more)) == 0


def test_a_jump_counts_and_drifting_alike_does_not():
    drift = [reading(thing(position_m=(0.01 * step, 0.0, 0.0))) for step in range(4)]
    jump = [*drift[:2], *(reading(thing(position_m=(0.01 * step, 0.05, 0.0))) for step in (2, 3))]
    assert MEASURES.get("moved_m").between(look(*jump), look(*drift)) == pytest.approx(0.05)
    assert MEASURES.get("moved_m").between(look(*drift), look(*drift)) == 0


def test_a_push_is_the_largest_change_of_velocity():
    pushed = [reading(), reading(thing(velocity_m_s=(0.3, 0.4, 0.0))), reading(thing(velocity_m_s=(0.1, 0.0, 0.0)))]
    assert MEASURES.get("push_m_s").between(look(*pushed), look(*[reading()] * 3)) == pytest.approx(0.5)


def test_pictures_are_as_far_apart_as_their_colours_in_cielab():
    grey, black = (np.full((4, 4, 3), level, np.uint8) for level in (119, 0))
    # sRGB 119 has L* = 50.03; a picture that is half so differs by that over the root of two.
    far = MEASURES.get("picture").between(look(reading(), picture=grey), look(reading(), picture=black))
    assert far == pytest.approx(50.03, abs=0.01)
    half = np.concatenate([grey[:2], black[:2]])
    near = MEASURES.get("picture").between(look(reading(), picture=half), look(reading(), picture=black))
    assert near == pytest.approx(far / np.sqrt(2), abs=1e-3)


def test_an_axis_with_an_unknown_measure_is_told_the_known_ones():
    strange = type("Strange", (AXES.get("mass"),), {"name": "strange", "measure": "mas_ratio"})
    with pytest.raises(ConfigError, match="axis strange: There is no measure 'mas_ratio'"):
        severity.measure_of(strange)


def test_the_interval_of_a_mean_is_students():
    one = Severity.of([1.0, 2.0, 3.0])
    assert (one.mean, one.low, one.high) == (2.0, pytest.approx(-0.48414, abs=1e-4), pytest.approx(4.48414, abs=1e-4))


def test_a_drop_is_over_pairs_and_its_interval_holds_it():
    lost = Drop.of([(False, True)] * 6 + [(True, True)] * 8 + [(True, False)] * 2)
    assert (lost.drop, lost.successes, lost.twin_successes) == (0.25, 10, 14)
    assert -1 <= lost.low < lost.drop < lost.high <= 1
    assert Drop.of([(True, True)] * 16).low < 0 < Drop.of([(True, True)] * 16).high


def test_sizes_at_equal_steps_of_severity():
    sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert curves.equal_steps(sizes, [s**2 for s in sizes], whole=True) == (4, 6, 8, 9, 10)
    assert curves.equal_steps([0.0, 1.0], [0.0, 7.0], whole=False) == (0.2, 0.4, 0.6, 0.8, 1.0)
    with pytest.raises(ConfigError, match="does not grow from size 1 "):
        curves.equal_steps([0, 1, 2], [0.0, 5.0, 5.0], whole=True)


@pytest.mark.parametrize("kind", axis_pages.KINDS)
def test_no_curve_leaves_its_panel(kind):
    found = [curve for curve in COMMITTED if curve.kind == kind]
    panels = [panel for panel in axis_pages.figure_of(found).axes if panel.has_data()]
    assert {panel.get_title() for panel in panels} - {""} == {curve.axis for curve in found}
    for panel in panels:
        (least, most), drawn = panel.get_ylim(), panel.dataLim
        assert least <= drawn.y0 and drawn.y1 <= most, panel.get_title() or panel.get_ylabel()
    for curve in found:
        least, most = next(panel for panel in panels if panel.get_title() == curve.axis).get_ylim()
        ends = [end for point in curve.points for end in (point.severity.low, point.severity.high)]
        assert least <= min(ends) and max(ends) <= most, curve.axis


@pytest.mark.sim
def test_a_curve_is_kept_resumed_and_shown(tmp_path):
    path = curves.path_of(tmp_path, LIVE, "mass")
    blank = calibrate.outline(catalog.task(LIVE), AXES.get("mass"), episodes=2, seed=calibrate.SEED)
    for job in calibrate.jobs(blank, ()):
        blank = blank.having(calibrate.measure(job), tuple(calibrate.points_of(AXES.get("mass"))))
    curves.write(blank, path, complete=True)
    assert curves.read(path) == blank
    expert = (lab.PairedPolicy(policy="expert"),)
    assert [len(calibrate.jobs(blank, ())), len(calibrate.jobs(blank, expert))] == [0, 6]
    first = calibrate.measure(calibrate.jobs(blank, expert)[0])
    assert first.severity == blank.at("0").severity and first.drops["expert"].drop == 0
    assert len(calibrate.jobs(blank.having(first, ("0", "1", "2", "3", "4", "5")), expert)) == 5
    page = axis_pages.write(tmp_path, policy_episodes=32).read_text(encoding="utf-8")
    factor = f"{AXES.get('mass').levels[2]:g} times"
    assert f"| {catalog.task(LIVE).ref} | 3 | {factor} | {factor} | – | not recorded |" in page
    figure = tmp_path / "dynamics.svg"
    once = figure.read_bytes()
    axis_pages.write(tmp_path, policy_episodes=32)
    assert figure.read_bytes() == once
