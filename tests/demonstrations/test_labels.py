"""Labels of chunks, and the idle filter, on cases computed by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vlagen_bench.demonstrations.labels import chunk_labels, done_until_next, worth_keeping


def actions(*translations, grip=1.0):
    """(T, 7) of translations in centimetres."""
    made = np.zeros((len(translations), 7), np.float32)
    made[:, :3] = np.array(translations) / 100
    made[:, 6] = grip
    return made


def test_without_noise_a_label_is_the_action_of_its_step():
    clean = actions((1, 0, 0), (2, 0, 0), (3, 0, 0))
    labels, inside = chunk_labels(clean, clean, 2)
    assert np.array_equal(labels[0], clean[:2]) and np.array_equal(labels[1], clean[1:])
    assert inside.tolist() == [[True, True], [True, True], [True, False]]


def test_a_later_label_also_does_what_noise_had_done():
    # Decided 1, 2, 3 cm; executed 1 + 0.5, 2 - 1, 3. Each decision was made after the noise before it.
    clean = actions((1, 0, 0), (2, 0, 0), (3, 0, 0))
    executed = actions((1.5, 0, 0), (1, 0, 0), (3, 0, 0))
    labels, _ = chunk_labels(clean, executed, 3)
    assert np.allclose(labels[0, :, 0], [0.01, 0.025, 0.02])  # 1; 2 + 0.5; 3 - 1
    assert np.allclose(labels[1, :2, 0], [0.02, 0.02])  # the first of a chunk is clean
    assert labels.dtype == np.float32


def test_an_open_loop_chunk_brings_the_target_where_the_demonstration_had_it():
    rng = np.random.RandomState(0)
    clean = np.column_stack([rng.uniform(-1, 1, (6, 3)) * 0.03, rng.uniform(-1, 1, (6, 3)) * 0.4, np.ones(6)])
    executed = clean.copy()
    executed[:, :6] += rng.uniform(-1, 1, (6, 6)) * ([0.025] * 3 + [0.25] * 3)

    def after(steps):
        place, turn = np.zeros(3), Rotation.identity()
        for step in steps:
            place, turn = place + step[:3], Rotation.from_euler("XYZ", step[3:6]) * turn
        return place, turn

    labels, _ = chunk_labels(clean, executed, 4)
    for start in range(3):
        for length in range(1, 5):
            planned = after(labels[start, :length])
            shown = after([*executed[start : start + length - 1], clean[start + length - 1]])
            assert np.allclose(planned[0], shown[0], atol=1e-6)
            assert (planned[1].inv() * shown[1]).magnitude() < 1e-5


def test_a_rotation_by_hand():
    clean, executed = np.zeros((2, 7)), np.zeros((2, 7))
    clean[0, 5], executed[0, 5], clean[1, 3] = 0.2, 0.3, 0.1
    labels, _ = chunk_labels(clean, executed, 2)
    wanted = Rotation.from_euler("x", 0.1) * Rotation.from_euler("z", 0.1)
    assert np.allclose(labels[0, 1, 3:6], wanted.as_euler("XYZ"), atol=1e-6)


def test_a_later_label_also_does_what_frames_did_that_were_left_out():
    """The plan of a chunk has to come to where the demonstration was at the next frame that is kept."""
    steps = actions((2, 0, 0), (0.9, 0, 0), (0.9, 0, 0), (2, 0, 0), (0.5, 0, 0))
    steps[1:3, 5] = 0.05
    kept = np.array([0, 3])
    labels, _ = chunk_labels(steps[kept], done_until_next(steps, kept), 2)
    assert np.allclose(labels[0, :, 0].sum(), 0.058) and np.allclose(labels[0, 1, 3:6], [0, 0, 0.1])
    assert np.allclose(labels[1, 0], steps[3])
    everything = np.arange(5)
    assert np.array_equal(done_until_next(steps, everything), steps)


def test_beyond_the_end_the_tool_stands_still_and_the_gripper_stays():
    clean = actions((1, 0, 0), (2, 0, 0), grip=-1.0)
    labels, inside = chunk_labels(clean, clean, 4)
    assert np.array_equal(labels[1, 1:], np.tile([0, 0, 0, 0, 0, 0, -1.0], (3, 1)))
    assert inside[1].tolist() == [True, False, False, False]


def test_the_idle_filter_keeps_what_moves_turns_or_toggles():
    steps = actions((2, 0, 0), (0.9, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0))
    steps[2, 3] = 0.07
    steps[3:, 6] = -1.0
    assert worth_keeping(steps, np.zeros(5, bool)).tolist() == [True, False, True, True, False]


@pytest.mark.parametrize("idle_between", [0, 2])
def test_successes_are_counted_over_the_frames_that_are_kept(idle_between):
    one = [(2, 0, 0), *[(0, 0, 0)] * idle_between]
    steps = actions(*one * 8)
    success = np.ones(len(steps), bool)
    keep = worth_keeping(steps, success)
    assert keep.sum() == 6 and keep[:: 1 + idle_between].tolist() == [True] * 6 + [False] * 2


def test_a_failure_in_between_begins_the_count_again():
    steps = actions(*[(2, 0, 0)] * 9)
    success = np.array([True] * 5 + [False] + [True] * 3)
    assert worth_keeping(steps, success).all()
