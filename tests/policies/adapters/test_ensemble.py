"""The temporal ensemble of adapters: what is averaged, in which space, and with what it makes no sense."""

import numpy as np
import pytest

from helpers.adapted import adapter, obs
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import ActionForm, OutputForm
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.conversion.chunks import TemporalEnsemble
from vlagen_bench.policies.conversion.rotations import axis_angle_of_quat, quat_of_axis_angle, quat_of_euler_xyz

QUAT = quat_of_axis_angle([0.1, 3.1, 0.2])


class Scripted(Adapter):
    """Answers one chunk after the other."""

    NAME = "scripted"
    FORM = ActionForm(gripper="plus_one_open")
    CHUNKS = ()

    def declare(self):
        return Conventions(output=OutputForm(action=self.FORM), chunk=len(self.CHUNKS[0]), replan_steps=2)

    def connect(self):
        self.asked = 0
        return self.answers

    def answers(self, inputs):
        self.asked += 1
        return [np.array(self.CHUNKS[self.asked - 1], float) for _ in inputs]


def seen():
    state = np.zeros(15, np.float32)
    state[:7] = 0.3, 0.0, 0.4, *QUAT
    return {**obs(), "state": state, "episode_id": "a"}


def pose(height, quat=QUAT, gripper=1.0):
    return [0.3, 0.0, height, *quat, gripper]


def test_absolute_targets_are_averaged_and_not_the_changes_to_them():
    class Absolute(Scripted):
        FORM = ActionForm(gripper="plus_one_open", reference="absolute", rotation="quat_wxyz")
        CHUNKS = ([pose(0.50), pose(0.60)], [pose(0.52), pose(0.70)], [pose(0.80), pose(0.90)])

    policy, height = Absolute(ensemble="0"), 0.4
    heights = []
    for _ in range(3):
        height += policy.act(seen(), "go")[0, 2]
        heights.append(height)
    assert heights == pytest.approx([0.50, np.mean([0.60, 0.52]), np.mean([0.70, 0.80])], abs=1e-6)


def test_a_quaternions_sign_means_nothing_in_the_mean():
    class Absolute(Scripted):
        FORM = ActionForm(gripper="plus_one_open", reference="absolute", rotation="quat_wxyz")
        CHUNKS = ([pose(0.4), pose(0.4)], [pose(0.4, -QUAT), pose(0.4)])

    policy = Absolute(ensemble="0")
    for _ in range(2):
        np.testing.assert_allclose(policy.act(seen(), "go")[0, :6], 0, atol=1e-6)


def test_euler_angles_on_both_sides_of_pi_are_averaged_as_rotations():
    class Absolute(Scripted):
        FORM = ActionForm(gripper="plus_one_open", reference="absolute")
        CHUNKS = ([[0.3, 0, 0.4, 3.1, 0, 0, 1]] * 2, [[0.3, 0, 0.4, -3.1, 0, 0, 1]] * 2)

    policy = Absolute(ensemble="0")
    actions = np.concatenate([policy.act(seen(), "go") for _ in range(2)])
    turned = quat_of_euler_xyz([3.1, 0, 0]), quat_of_euler_xyz(actions[1, 3:6])
    assert np.linalg.norm(axis_angle_of_quat(turned[1])) == pytest.approx(np.pi - 3.1, abs=1e-5)  # to pi, and not to 0


def test_the_gripper_is_split_after_the_mean_and_not_before():
    class Opens(Scripted):
        FORM = ActionForm(gripper="one_open", gripper_threshold=0.5)
        CHUNKS = ([[0] * 6 + [0.45], [0] * 6 + [0.45]], [[0] * 6 + [0.9], [0] * 6 + [0.0]])

    policy = Opens(ensemble="0")
    assert [policy.act(seen(), "go")[0, 6] for _ in range(2)] == [-1, 1]  # the mean of 0.45 and 0.9 is above one half


def test_what_a_model_answers_beyond_its_ends_counts_in_the_mean():
    class Opens(Scripted):
        FORM = ActionForm(gripper="plus_one_open", gripper_threshold=0.0)
        CHUNKS = ([[0] * 6 + [-1.0]] * 2, [[0] * 6 + [1.5]] * 2)

    policy = Opens(ensemble="0")
    assert [policy.act(seen(), "go")[0, 6] for _ in range(2)] == [-1, 1]


def test_changes_are_averaged_as_before():
    class Moves(Scripted):
        CHUNKS = ([[0.01, 0, 0, 0, 0, 0.2, 1]] * 2, [[0.03, 0, 0, 0, 0, 0.1, 1]] * 2)

    policy = Moves(ensemble="0")
    actions = np.concatenate([policy.act(seen(), "go") for _ in range(2)])
    np.testing.assert_allclose(actions[:, [0, 5]], [[0.01, 0.2], [0.02, 0.15]], atol=1e-6)


def test_the_mean_of_quaternions_has_length_1():
    ensemble = TemporalEnsemble(quaternion=slice(0, 4))
    turns = quat_of_axis_angle([[0, 0, 0.2], [0, 0, 0.6]])
    ensemble.next(np.stack([turns[0], turns[0]]))
    np.testing.assert_allclose(ensemble.next(-turns[1:]), quat_of_axis_angle([0, 0, 0.4]), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("openvla", {}, "this model answers one action at a time"),
        ("gr00t", {"replan_steps": "4"}, "replan_steps does not. Give one of them"),
        ("lerobot", {}, "temporal_ensemble_coeff"),
        ("simpler", {}, "this model answers one action at a time"),
        ("sb3", {}, "this model answers one action at a time"),
    ],
)
def test_an_ensemble_that_makes_no_sense_is_refused(name, arguments, says):
    with pytest.raises(PolicyError) as raised:
        adapter(name, ensemble="0.01", **arguments)
    assert says in str(raised.value) and str(raised.value).startswith(f"{name}: ensemble")


def test_a_class_that_decodes_by_itself_has_no_ensemble():
    class Own(Scripted):
        CHUNKS = ([[0] * 7] * 2,)

        def decode(self, output, situation):
            return np.zeros((2, 7))

    with pytest.raises(PolicyError, match="has a decode\\(\\) of its own"):
        Own(ensemble="0")
    assert Own().act(seen(), "go").shape == (2, 7)


def test_the_models_that_answer_chunks_have_one():
    for name, arguments in (
        ("openpi", {}),
        ("openpi", {"form": "droid"}),
        ("gr00t", {}),
        ("openvla_oft", {}),
        ("onnx", {}),
    ):
        assert adapter(name, ensemble="0.01", **arguments).conventions.played == 1
