"""Formats of rotations: known values, round trips, and agreement with scipy and with what the simulator does."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vlagen_bench.policies.conversion import deltas, frames, rotations
from vlagen_bench.policies.conversion.rotations import FORMATS, angle_between, format_of

QUARTER = np.sqrt(0.5)
MANY = np.concatenate(
    [
        np.random.default_rng(0).normal(size=(200, 4)),
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [QUARTER, 0, 0, QUARTER], [-1, 0, 0, 1e-9]],
    ]
)
SCIPY = {
    "euler_xyz": lambda r: r.as_euler("XYZ"),
    "euler_xyz_fixed": lambda r: r.as_euler("xyz"),
    "axis_angle": lambda r: r.as_rotvec(),
    "quat_xyzw": lambda r: r.as_quat(canonical=True),
    "matrix": lambda r: r.as_matrix().reshape(-1, 9),
    "rot6d_columns": lambda r: np.concatenate([r.as_matrix()[:, :, 0], r.as_matrix()[:, :, 1]], axis=1),
    "rot6d_rows": lambda r: r.as_matrix()[:, :2].reshape(-1, 6),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_back_the_orientation(name):
    form = format_of(name)
    written = form.of_quat(MANY)
    assert written.shape == (len(MANY), form.size)
    np.testing.assert_allclose(angle_between(form.to_quat(written), MANY), 0, atol=1e-6)


@pytest.mark.parametrize("name", SCIPY)
def test_formats_are_those_of_scipy(name):
    some = MANY[:200]  # away from the angles where a format has several ways to write the same
    expected = SCIPY[name](Rotation.from_quat(np.roll(some, -1, axis=1)))
    np.testing.assert_allclose(format_of(name).of_quat(some), expected, atol=1e-9)


def test_both_quaternions_of_a_rotation_are_written_alike():
    for name in FORMATS:
        np.testing.assert_allclose(
            format_of(name).of_quat(MANY[:200]), format_of(name).of_quat(-MANY[:200]), atol=1e-12
        )


def test_a_quarter_turn_about_z_in_every_format():
    quarter = np.array([QUARTER, 0, 0, QUARTER])
    expected = {
        "euler_xyz": [0, 0, np.pi / 2],
        "euler_xyz_fixed": [0, 0, np.pi / 2],
        "axis_angle": [0, 0, np.pi / 2],
        "quat_wxyz": [QUARTER, 0, 0, QUARTER],
        "quat_xyzw": [0, 0, QUARTER, QUARTER],
        "rot6d_columns": [0, 1, 0, -1, 0, 0],
        "rot6d_rows": [0, -1, 0, 1, 0, 0],
        "matrix": [0, -1, 0, 1, 0, 0, 0, 0, 1],
    }
    assert set(expected) == set(FORMATS)
    for name, numbers in expected.items():
        np.testing.assert_allclose(format_of(name).of_quat(quarter), numbers, atol=1e-12, err_msg=name)


def test_our_euler_angles_are_those_that_the_simulated_arm_turns_by():
    from vlagen_bench.sim.single_precision import quat_of_euler, rounded_trigonometry

    angles = np.array([0.08, -0.07, 0.2], np.float32)
    applied = np.asarray(quat_of_euler(angles, rounded_trigonometry), np.float64)
    np.testing.assert_allclose(rotations.quat_of_euler_xyz(angles), applied, atol=1e-6)
    assert float(angle_between(rotations.quat_of_euler_xyz_fixed(angles), applied)) > 1e-2


def test_changes_add_up_to_poses_and_back():
    rng = np.random.default_rng(1)
    moves, turns = rng.normal(size=(6, 3)) * 0.03, rotations.quat_of_axis_angle(rng.normal(size=(6, 3)) * 0.2)
    start = np.array([0.3, 0.0, 0.2]), rotations.unit(rng.normal(size=4))
    poses = deltas.poses_of_changes(*start, moves, turns)
    np.testing.assert_allclose(poses[0][-1], start[0] + moves.sum(axis=0))
    found_moves, found_turns = deltas.changes_of_poses(*start, *poses)
    np.testing.assert_allclose(found_moves, moves, atol=1e-12)
    np.testing.assert_allclose(angle_between(found_turns, turns), 0, atol=1e-7)


def test_a_change_along_the_tools_axes_moves_along_the_bases():
    sideways = rotations.quat_of_axis_angle([0, 0, np.pi / 2])
    nod = rotations.quat_of_axis_angle([0.1, 0, 0])
    move, rotation = frames.turned_change(sideways, np.array([1.0, 0, 0]), nod)
    np.testing.assert_allclose(move, [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(rotations.axis_angle_of_quat(rotation), [0, 0.1, 0], atol=1e-12)


def test_the_base_of_the_bridge_robot_faces_away_from_the_worlds_x():
    from vlagen_bench.scenes.bridge import BRIDGE

    move, _ = frames.turned_change(
        np.array(BRIDGE.robot.base.quat_wxyz), np.array([0.02, 0.01, 0.03]), np.array([1.0, 0, 0, 0])
    )
    np.testing.assert_allclose(move, [-0.02, -0.01, 0.03], atol=1e-12)


def test_signed_axes_move_and_turn():
    swapped = frames.axes_matrix("-y,x,z")
    np.testing.assert_allclose(frames.with_axes(swapped, np.array([1.0, 2.0, 3.0])), [2, -1, 3])
    mirrored = frames.axes_matrix("x,-y,z")
    np.testing.assert_allclose(frames.with_axes(mirrored, np.array([0.1, 0.2, 0.3]), rotations=True), [-0.1, 0.2, -0.3])
    for wrong in ("x,y", "x,y,y", "x,y,q"):
        with pytest.raises(ValueError, match="does not name x, y and z"):
            frames.axes_matrix(wrong)
