"""Random streams by name."""

import copy
import hashlib
import pickle

import numpy as np

from vlagen_bench.utils.seeding import stream


def test_a_stream_is_numpys_generator_seeded_with_the_hash_of_its_name():
    seed = np.frombuffer(hashlib.sha256(b"7\x1fpose\x1f3").digest(), dtype="<u4").copy()
    made, wanted = stream(7, "pose", 3), np.random.RandomState(seed)
    assert made.get_state()[2:] == wanted.get_state()[2:]
    assert np.array_equal(made.get_state()[1], wanted.get_state()[1])
    assert np.array_equal(made.standard_normal(1000), wanted.standard_normal(1000))


def test_no_stream_shares_its_state_with_another_one_or_with_a_copy():
    one, other = stream(0, "a"), stream(0, "a")
    one.random_sample(5)
    twin, sent = copy.deepcopy(one), pickle.loads(pickle.dumps(one))
    wanted = one.random_sample(3)
    assert np.array_equal(twin.random_sample(3), wanted) and np.array_equal(sent.random_sample(3), wanted)
    assert np.array_equal(other.random_sample(8)[5:], wanted)
