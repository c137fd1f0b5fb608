"""Forward kinematics against the simulator's: recorded joints lead to the recorded pose of the tool."""

import numpy as np

from vlagen_bench.diagnostics.adapter_check.recording import recording
from vlagen_bench.policies.conversion.kinematics import panda_tool
from vlagen_bench.policies.conversion.rotations import angle_between
from vlagen_bench.policies.conversion.states import JOINTS, POSITION, QUAT


def test_the_pandas_joints_lead_to_the_pose_that_the_simulator_tells():
    states = recording("tabletop").states.astype(np.float64)
    positions, quats = panda_tool(states[:, JOINTS])
    assert np.ptp(states[:, POSITION], axis=0).max() > 0.1
    np.testing.assert_allclose(positions, states[:, POSITION], atol=1e-6)
    assert angle_between(quats, states[:, QUAT]).max() < 1e-3


def test_one_arm_is_read_as_several_are():
    joints = recording("tabletop").states[3, JOINTS]
    (position, quat), (positions, quats) = panda_tool(joints), panda_tool(np.stack([joints] * 2))
    np.testing.assert_allclose(positions[1], position)
    np.testing.assert_allclose(quats[1], quat)
