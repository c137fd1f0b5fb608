"""Normalisation, action tokens, grippers, chunks and states, by OpenVLA's published numbers and by round trips."""

import numpy as np
import pytest

from vlagen_bench.policies.conversion import grippers
from vlagen_bench.policies.conversion.bins import TokenBins
from vlagen_bench.policies.conversion.chunks import ChunkQueue, TemporalEnsemble, ensemble_weights
from vlagen_bench.policies.conversion.grippers import POLARITIES, StickyGripper
from vlagen_bench.policies.conversion.normalisation import SCHEMES, Statistics, normalise, unnormalise
from vlagen_bench.policies.conversion.states import PARTS, state_in
from vlagen_bench.sim.single_precision import scaled

# The statistics `bridge_orig` that OpenVLA's models carry (paper, B.2).
Q01 = (-0.02872725307941437, -0.04170349963009357, -0.026093858778476715, -0.08092105075716972, -0.09288699507713317,
       -0.20718276381492615, 0.0)  # fmt: skip
Q99 = (0.028309678435325586, 0.040855254605412394, 0.040161586627364146, 0.08192047759890528, 0.07792850524187081,
       0.20382574498653397, 1.0)  # fmt: skip
BRIDGE = Statistics(q01=Q01, q99=Q99, mask=(True,) * 6 + (False,))
RNG = np.random.default_rng(0)


def test_the_tokens_are_the_last_words_of_the_vocabulary_with_255_middles():
    bins = TokenBins()
    assert len(bins.centres) == 255 and bins.centres[0] == pytest.approx(-1 + 1 / 255)
    # idx = clip(32000 - token - 1, 0, 254), middles of linspace(-1, 1, 256)
    np.testing.assert_allclose(bins.decode([31999, 31745, 31744, 31872]), bins.centres[[0, 254, 254, 127]])
    assert bins.decode([31872])[0] == pytest.approx(0, abs=1e-12)
    assert bins.decode([5, 40_000]).tolist() == [bins.centres[254], bins.centres[0]]  # no action words at all


def test_every_token_comes_back_and_values_come_back_to_within_half_a_bin():
    bins = TokenBins()
    tokens = np.arange(31745, 32000)
    np.testing.assert_array_equal(bins.encode(bins.decode(tokens)), tokens)
    values = RNG.uniform(-1, 1, 1000)
    assert np.abs(bins.decode(bins.encode(values)) - values).max() <= bins.width / 2 + 1e-12
    assert bins.encode([-3.0, -1.0, 1.0, 7.0]).tolist() == [31999, 31999, 31744, 31744]


def test_bridge_actions_are_unnormalised_by_the_published_formula():
    normalised = np.array([-1.0, 1.0, 0.0, 0.5, -0.5, 1.0, 0.996])
    low, high = np.array(Q01), np.array(Q99)
    expected = 0.5 * (normalised + 1) * (high - low) + low
    expected[6] = 0.996  # the gripper is left alone
    np.testing.assert_allclose(unnormalise(normalised, BRIDGE, "quantiles"), expected, rtol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_normalising_undoes_unnormalising(scheme):
    statistics = Statistics(
        q01=Q01, q99=Q99, min=tuple(2 * np.array(Q01)), max=Q99, mean=(0.1,) * 7, std=(0.01,) * 7, mask=BRIDGE.mask
    )
    values = RNG.normal(size=(50, 7))
    np.testing.assert_allclose(
        normalise(unnormalise(values, statistics, scheme), statistics, scheme), values, atol=1e-12
    )


def test_a_number_that_never_varies_is_zero_and_clipping_is_asked_for():
    still = Statistics(min=(1.0, 0.0), max=(1.0, 2.0))
    np.testing.assert_allclose(normalise([5.0, 4.0], still, "min_max"), [0, 3])
    np.testing.assert_allclose(normalise([5.0, 4.0], still, "min_max", clip=True), [0, 1])


def test_statistics_say_what_they_lack():
    with pytest.raises(ValueError, match="mean_std needs mean and std; the statistics have q01, q99, mask"):
        unnormalise(np.zeros(7), BRIDGE, "mean_std")
    read = Statistics.of({"q01": list(Q01), "q99": np.array(Q99), "mask": [1] * 6 + [0], "num_transitions": 3})
    assert read == BRIDGE and read.size == 7


@pytest.mark.parametrize("polarity", POLARITIES)
def test_grippers_come_back(polarity):
    ours = RNG.uniform(-1, 1, 100)
    theirs = grippers.from_plus_one_open(ours, polarity)
    np.testing.assert_allclose(grippers.to_plus_one_open(theirs, polarity), ours, atol=1e-12)
    assert grippers.to_plus_one_open(grippers.ends(polarity), polarity).tolist() == [-1, 1]


def test_openvlas_gripper_opens_above_one_half():
    commands = grippers.to_plus_one_open([0.0, 0.004, 0.5, 0.501, 0.996], "one_open", threshold=0.5)
    assert commands.tolist() == [-1, -1, -1, 1, 1]
    assert grippers.to_plus_one_open([0.2, -0.2], "plus_one_closed", threshold=0.0).tolist() == [-1, 1]
    assert grippers.to_plus_one_open([7.0], "one_closed").tolist() == [-1]


def test_a_sticky_gripper_holds_a_change():
    sticky = StickyGripper(steps=3)
    assert [sticky.next(command) for command in (1, -1, 1, 1, 1, 1)] == [1, -1, -1, -1, 1, 1]
    loose = StickyGripper(steps=1)
    assert [loose.next(command) for command in (1, -1, 1, -1)] == [1, -1, 1, -1]


def test_the_ensemble_is_that_of_act_and_agrees_with_the_harness():
    from vlagen_bench.harness.chunks import Chunks, Execution

    np.testing.assert_allclose(ensemble_weights(3, 0.01), np.exp([0, -0.01, -0.02]) / np.exp([0, -0.01, -0.02]).sum())
    np.testing.assert_allclose(ensemble_weights(4, 0), 0.25)
    ours, theirs = TemporalEnsemble(m=0.1), Chunks(Execution(ensemble=0.1))
    for _ in range(6):
        chunk = RNG.normal(size=(4, 7)).astype(np.float32)
        np.testing.assert_allclose(ours.next(chunk), theirs.next(chunk)[0], atol=1e-6)


def test_a_queue_asks_again_after_the_steps_that_it_plays():
    queue = ChunkQueue(replan_steps=2)
    assert queue.empty
    queue.put(np.arange(5)[:, None])
    assert [queue.next().item(), queue.next().item()] == [0, 1] and queue.empty


def test_states_have_the_parts_that_libero_and_droid_want():
    # The tool 0.3 m ahead, half turned about x; the gripper a quarter open; seven joints.
    state = np.array([0.3, 0.1, 0.2, 0, 1, 0, 0, 0.25, 1, 2, 3, 4, 5, 6, 7], np.float32)
    libero = state_in(state, ("position", "axis_angle", "fingers"))
    np.testing.assert_allclose(libero, [0.3, 0.1, 0.2, np.pi, 0, 0, 0.01, -0.01], atol=1e-6)
    droid = state_in(state, ("joints", "closing"))
    np.testing.assert_allclose(droid, [1, 2, 3, 4, 5, 6, 7, 0.75])
    np.testing.assert_allclose(state_in(state, ("quat_xyzw", "zero", "opening")), [1, 0, 0, 0, 0, 0.25], atol=1e-6)
    for part in PARTS:
        assert np.isfinite(state_in(state, (part,))).all()


def test_our_plus_one_is_the_open_end_of_the_simulated_fingers():
    from vlagen_bench.scenes.tabletop import PANDA

    assert float(scaled(np.float32(1), PANDA.gripper_closed_m, PANDA.gripper_open_m)) == pytest.approx(0.04)
