"""Output forms: every convention and its inverse, and known values of OpenVLA and LIBERO."""

import dataclasses
import itertools

import numpy as np
import pytest

from helpers.adapted import ALL, adapter, obs
from vlagen_bench.policies.adapters.actions import PARTS, ActionForm, OutputForm, Situation
from vlagen_bench.policies.adapters.datasets import BRIDGE, LIBERO
from vlagen_bench.policies.conversion.bins import TokenBins
from vlagen_bench.policies.conversion.frames import FRAMES
from vlagen_bench.policies.conversion.grippers import POLARITIES
from vlagen_bench.policies.conversion.rotations import FORMATS, quat_of_axis_angle
from vlagen_bench.scenes.bridge import WIDOWX

RNG = np.random.default_rng(0)
SITUATION = Situation(
    tool_quat_wxyz=quat_of_axis_angle([0.3, -1.0, 0.5]), target_m=np.array([0.3, 0.1, 0.2]),
    target_quat_wxyz=quat_of_axis_angle([0.2, -1.1, 0.6]), base_m=WIDOWX.base.p, base_quat_wxyz=WIDOWX.base.quat_wxyz,
)  # fmt: skip
ACTIONS = np.concatenate(
    [RNG.uniform(-0.04, 0.04, (5, 3)), RNG.uniform(-0.2, 0.2, (5, 3)), RNG.uniform(-1, 1, (5, 1))], axis=1
).astype(np.float32)
BASIC = ActionForm(gripper="plus_one_open")


def comes_back(form):
    values = form.encode(ACTIONS, SITUATION)
    assert values.shape == (5, form.action.size)
    np.testing.assert_allclose(form.decode(values, SITUATION), ACTIONS, atol=2e-6)


@pytest.mark.parametrize("rotation", FORMATS)
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("reference", ["delta", "absolute"])
def test_every_rotation_frame_and_reference_comes_back(rotation, frame, reference):
    comes_back(OutputForm(action=dataclasses.replace(BASIC, rotation=rotation, frame=frame, reference=reference)))


@pytest.mark.parametrize("order", list(itertools.permutations(PARTS)))
@pytest.mark.parametrize("axes", ["x,y,z", "-y,x,z", "z,-x,y", "x,-y,z"])
def test_every_order_and_naming_of_axes_comes_back(order, axes):
    comes_back(OutputForm(action=dataclasses.replace(BASIC, order=order, axes=axes)))


@pytest.mark.parametrize("gripper", POLARITIES)
def test_units_grippers_and_normalisation_come_back(gripper):
    action = dataclasses.replace(BASIC, gripper=gripper, translation_unit_m=0.001, rotation_unit_rad=np.pi / 180)
    comes_back(OutputForm(action=action))
    for scheme in ("quantiles", "mean_std", "min_max"):
        comes_back(
            OutputForm(action=dataclasses.replace(BASIC, gripper=gripper), statistics=BRIDGE.statistics, scheme=scheme)
        )


def test_openvlas_tokens_become_bridge_actions_by_the_published_numbers():
    form = OutputForm(action=BRIDGE.action, key="bridge_orig", statistics=BRIDGE.statistics, bins=TokenBins())
    lowest, highest = np.full((1, 7), 31_999), np.full((1, 7), 31_744)
    centre = 1 / 255  # the outermost middle is that far from the edge, of a range from -1 to 1
    q01, q99 = np.array(BRIDGE.statistics.q01), np.array(BRIDGE.statistics.q99)
    reach = centre * (q99 - q01)[:6] / 2
    np.testing.assert_allclose(form.decode(lowest, SITUATION)[0], [*(q01[:6] + reach), -1], rtol=1e-5)
    np.testing.assert_allclose(form.decode(highest, SITUATION)[0], [*(q99[:6] - reach), 1], rtol=1e-5)
    token_of_half = int(TokenBins().encode(0.5))
    assert form.decode(np.full((1, 7), token_of_half - 1), SITUATION)[0, 6] == 1  # above one half: open
    assert form.decode(np.full((1, 7), token_of_half + 1), SITUATION)[0, 6] == -1


def test_a_number_of_liberos_controller_is_five_centimetres_and_half_a_radian():
    form = OutputForm(action=LIBERO.action)
    np.testing.assert_allclose(
        form.decode(np.array([[1, 0, -1, 0, 0, 1, -1.0]]), SITUATION), [[0.05, 0, -0.05, 0, 0, 0.5, 1]], atol=1e-6
    )
    assert form.decode(np.array([[0, 0, 0, 0, 0, 0, 1.0]]), SITUATION)[0, 6] == -1  # +1 closes


def test_the_world_of_the_bridge_is_turned_by_half_a_turn():
    form = OutputForm(action=dataclasses.replace(BASIC, frame="world"))
    np.testing.assert_allclose(
        form.decode(np.array([[0.01, 0.02, 0.03, 0, 0, 0.1, 1]]), SITUATION),
        [[-0.01, -0.02, 0.03, 0, 0, 0.1, 1]],
        atol=1e-6,
    )


def test_absolute_poses_are_reached_from_the_previous_target():
    form = OutputForm(action=dataclasses.replace(BASIC, reference="absolute", rotation="quat_wxyz"))
    poses = np.array(
        [[0.31, 0.1, 0.2, *SITUATION.target_quat_wxyz, 1], [0.31, 0.1, 0.25, *SITUATION.target_quat_wxyz, -1]]
    )
    np.testing.assert_allclose(
        form.decode(poses, SITUATION), [[0.01, 0, 0, 0, 0, 0, 1], [0, 0, 0.05, 0, 0, 0, -1]], atol=1e-6
    )


def test_too_few_numbers_are_said():
    with pytest.raises(ValueError, match=r"7 numbers an action are expected .* not 6"):
        OutputForm(action=BASIC).decode(np.zeros((1, 6)), SITUATION)


@pytest.mark.parametrize("name", ALL)
def test_every_adapter_gives_its_actions_back(name):
    made = adapter(name, scene="tabletop")
    right = np.array([[0.01, -0.02, 0.015, 0.03, -0.05, 0.1, 1], [-0.02, 0.01, 0.0, 0.0, 0.02, -0.1, -1]], np.float32)
    situation = made.situation(obs())
    count = 1 if name in ("simpler", "octo") else 2  # they answer one action at a time
    back = made.decode(made.inverse(right[:count], situation), situation)
    bin_m = 0.5 * 2 / 255 * 0.04 if name == "openvla" else 0
    np.testing.assert_allclose(back, right[:count], atol=1e-5 + 6 * bin_m)
    assert back.dtype == np.float32


@pytest.mark.parametrize("rotation", FORMATS)
@pytest.mark.parametrize("reference", ["delta", "absolute"])
@pytest.mark.parametrize(("polarity", "threshold"), [("plus_one_closed", 0.0), ("one_open", 0.5), ("one_open", None)])
def test_what_is_no_number_in_an_answer_is_none_in_the_action(rotation, reference, polarity, threshold):
    form = ActionForm(rotation=rotation, reference=reference, gripper=polarity, gripper_threshold=threshold)
    values = OutputForm(action=form).encode(ACTIONS[:1], SITUATION)
    for place in range(form.size):
        given = values.copy()
        given[0, place] = np.nan
        assert np.isnan(OutputForm(action=form).decode(given, SITUATION)).any(), place
