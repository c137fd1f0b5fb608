"""Actions of any framework: tensors of any float type, with a gradient or without, are floats."""

import sys

import numpy as np
import pytest

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.actions import OF_STEP, checked
from vlagen_bench.policies.arrays import as_array

VALUES = [0.5, -0.25, 0.125, 0.0, 1.0, -1.0, 2.0]
"""which every float type holds exactly"""


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"])
def test_a_tensor_of_any_float_type_is_an_action(name):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(VALUES).to(getattr(torch, name))
    for given in (tensor, tensor[None].expand(2, -1), [tensor, tensor]):
        action = checked(given, 7)
        assert action.dtype == np.float32 and action[-1].tolist() == VALUES
    assert checked(tensor, 7, OF_STEP).tolist() == [VALUES]


def test_a_gradient_stays_behind():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(VALUES, dtype=torch.bfloat16, requires_grad=True)
    assert checked(tensor, 7).tolist() == [VALUES] and checked(torch.nn.Parameter(tensor * 1), 7).tolist() == [VALUES]
    assert checked(list(tensor), 7).tolist() == [VALUES]  # a list of numbers that are tensors


def test_an_action_may_be_on_any_device():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    tensor = torch.tensor(VALUES, dtype=torch.bfloat16, device="cuda", requires_grad=True)
    assert checked(tensor, 7).tolist() == checked([tensor], 7).tolist() == [VALUES]


def test_a_batch_of_one_is_named_as_what_it_is():
    """What most models return; a wrong length of the action is no batch."""
    with pytest.raises(
        PolicyError, match=r"shape \(1, 4, 7\)\. .* It looks like a batch of one: take its element \[0\]\.$"
    ):
        checked(np.zeros((1, 4, 7)), 7)
    with pytest.raises(PolicyError, match=r"Give \(7,\)\. It looks like a batch of one"):
        checked(np.zeros((1, 7)), 7, OF_STEP)
    for shape in ((2, 4, 7), (1, 4, 8), (8,), (1, 0, 7)):
        with pytest.raises(PolicyError, match=r"of H actions\.$"):
            checked(np.zeros(shape), 7)


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_what_jax_hands_over_is_an_action(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")  # in whose types numpy sees jax's arrays
    array = np.array(VALUES).astype(getattr(ml_dtypes, name))
    assert checked(array, 7).tolist() == checked(list(array), 7).tolist() == [VALUES]


def test_complex_numbers_and_booleans_are_no_actions():
    torch = pytest.importorskip("torch")
    for given in (torch.zeros(7, dtype=torch.complex64), torch.zeros(7, dtype=torch.bool), np.zeros(7, "V4")):
        with pytest.raises(PolicyError, match="of dtype"):
            checked(given, 7)


def test_a_tensor_without_numbers_is_a_sentence():
    torch = pytest.importorskip("torch")
    with pytest.raises(PolicyError, match=r"a tensor that cannot be read.*Return floats of shape \(7,\)"):
        checked(torch.zeros(7, device="meta"), 7)


def test_no_framework_is_imported_for_it(monkeypatch):
    for name in ("torch", "jax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert as_array(VALUES).tolist() == VALUES
    assert not {"torch", "jax"} & sys.modules.keys()


def test_names_in_a_sentence_are_printable_and_short():
    odd = type("A\x1b[2J" + "B" * 5000, (), {})()
    structured = np.zeros(7, [("\x1b[2J" + "c" * 5000, "f4")])
    for given in (odd, structured):
        with pytest.raises(PolicyError) as error:
            checked(given, 7)
        assert str(error.value).isprintable() and len(str(error.value)) < 400
