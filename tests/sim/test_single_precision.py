"""The arm's single-precision arithmetic is ManiSkill's, to the last bit."""

import numpy as np
import pytest

from vlagen_bench.sim import single_precision

pytestmark = pytest.mark.sim

CASES = 500
RNG = np.random.default_rng(0)


def quats(count):
    wide = RNG.standard_normal((count, 4))
    return (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs():
    import torch
    from mani_skill.utils import gym_utils
    from mani_skill.utils.geometry import rotation_conversions
    from mani_skill.utils.structs.pose import Pose

    return torch, rotation_conversions, Pose, gym_utils


def same(ours, tensor):
    assert ours.dtype == np.float32
    return np.array_equal(ours, tensor.numpy().reshape(ours.shape))


@pytest.mark.parametrize("largest_rad", [0.05, 0.5, 3.0, 100.0])
def test_euler_angles_become_the_same_quaternion(theirs, largest_rad, monkeypatch):
    torch, conversions, _, _ = theirs
    # PyTorch's own root depends on the processor: on some, MKL's is not always the nearest single.
    monkeypatch.setattr(torch, "sqrt", lambda numbers: torch.from_numpy(np.sqrt(numbers.numpy())))
    trigonometry = single_precision.torch_trigonometry()
    for angles in RNG.uniform(-largest_rad, largest_rad, (CASES, 3)).astype(np.float32):
        matrix = conversions.euler_angles_to_matrix(torch.from_numpy(angles[None]), "XYZ")
        assert same(single_precision.quat_of_euler(angles, trigonometry), conversions.matrix_to_quaternion(matrix)), (
            angles
        )


def test_quaternions_multiply_alike(theirs):
    torch, conversions, _, _ = theirs
    for a, b in zip(quats(CASES), quats(CASES), strict=True):
        want = conversions.quaternion_multiply(torch.from_numpy(a[None]), torch.from_numpy(b[None]))
        assert same(single_precision.quat_multiply(a, b), want)


def test_a_pose_in_a_base_frame_is_the_same(theirs):
    torch, _, Pose, _ = theirs
    points = RNG.uniform(-1, 1, (2, CASES, 3)).astype(np.float32)
    for base_p, base_q, p, q in zip(points[0], quats(CASES), points[1], quats(CASES), strict=True):
        base, pose = (Pose.create(torch.from_numpy(np.concatenate(parts))) for parts in ((base_p, base_q), (p, q)))
        want = base.inv() * pose
        got_p, got_q = single_precision.pose_in(base_p, base_q, p, q)
        assert same(got_p, want.p)
        assert same(got_q, want.q)


@pytest.mark.parametrize(("low", "high"), [(0.014, 0.038), (-0.01, 0.04)])
def test_a_gripper_action_becomes_the_same_drive_target(theirs, low, high):
    torch, _, _, gym_utils = theirs
    bounds = (torch.tensor(np.float32(low)), torch.tensor(np.float32(high)))
    for share in (-2.0, -1.0, 0.0, 0.3, 1.0, 5.0, *RNG.uniform(-1, 1, CASES)):
        want = gym_utils.clip_and_scale_action(torch.tensor(np.float32(share)), *bounds)
        assert same(single_precision.scaled(np.float32(share), low, high), want), share


def test_a_closed_bridge_gripper_is_told_one_bit_more_than_its_limit(theirs):
    assert single_precision.scaled(-1.0, 0.014, 0.038) == np.nextafter(np.float32(0.014), np.float32(1))


def test_rounded_sines_are_the_nearest_singles():
    angles = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    cosines, sines = single_precision.rounded_trigonometry(angles)
    assert np.array_equal(sines, np.float32(np.sin(angles.astype(np.float64))))
    assert np.array_equal(cosines, np.float32(np.cos(angles.astype(np.float64))))
