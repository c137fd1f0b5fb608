"""States in a model's words, on the orientations that the two robots really have."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vlagen_bench.diagnostics.adapter_check.recording import recording
from vlagen_bench.policies.adapters.datasets import BRIDGE, LIBERO, TOP_DOWN
from vlagen_bench.policies.conversion.rotations import matrix_of_quat
from vlagen_bench.policies.conversion.states import QUAT, state_in


def recorded(scene):
    taken = recording(scene)
    return [taken.obs(step)["state"] for step in range(len(taken.actions))]


def test_bridge_s_orientations_are_seen_from_the_pose_from_above():
    # D as widowx_controller.py of rail-berkeley/bridge_data_robot has it; angles about fixed axes, x first.
    down = np.array([[0, 0, 1.0], [0, 1.0, 0], [-1.0, 0, 0]])
    np.testing.assert_allclose(matrix_of_quat(np.array(TOP_DOWN)), down, atol=1e-12)
    for state in recorded("bridge"):
        found = BRIDGE.state.of({"state": state})
        expected = Rotation.from_matrix(matrix_of_quat(state[QUAT]) @ down.T).as_euler("xyz")
        np.testing.assert_allclose(found[3:6], expected, atol=1e-5)
        assert np.abs(found[3:5]).max() < 0.6  # roll and pitch of a tool that points down: far from where they are one


def test_libero_s_rotation_vector_does_not_jump_where_the_tool_points_down():
    vectors = np.array([LIBERO.state.of({"state": state})[3:6] for state in recorded("tabletop")])
    assert (vectors[:, 0] > 2.5).all()
    assert np.abs(np.diff(vectors, axis=0)).max() < 0.5
    for vector, state in zip(vectors, recorded("tabletop"), strict=True):
        turned = Rotation.from_rotvec(vector).as_matrix()
        np.testing.assert_allclose(turned, matrix_of_quat(state[QUAT]), atol=1e-4)


@pytest.mark.parametrize("sign", [1, -1])
def test_both_quaternions_of_an_orientation_have_one_rotation_vector(sign):
    state = np.zeros(16, np.float32)
    state[QUAT] = sign * np.array([-0.02, 0.99, 0.1, 0.05]) / np.linalg.norm([0.02, 0.99, 0.1, 0.05])
    vector = state_in(state, ("axis_angle_x",))
    assert (
        vector[0] > np.pi
    )  # w is below 0 where x is positive: the long way round, as MuJoCo's quaternion would have it
