"""The loader of policies: what a name may stand for besides a class."""

import pytest

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base, live

FILE = """
class Steady:
    def __init__(self, height="0.1"):
        self.height_m = float(height)

    def act(self, obs, instr):
        return [0, 0, self.height_m, 0, 0, 0, 1]

policy = Steady("0.3")
number = 3

def act(obs, instr):
    return [0] * 7

def nothing():
    return None

def make(height="0.2"):
    return Steady(height)
"""


@pytest.fixture
def inst(tmp_path):
    path = tmp_path / "inst.py"
    path.write_text(FILE)
    return path


def test_an_object_of_a_file_is_a_policy(inst):
    loaded = base.load(f"{inst}:policy", {})
    assert loaded.policy.height_m == 0.3 and not loaded.live
    assert loaded.borrowed, "there is no other, and no class of which another could be made"


def test_arguments_for_an_object_are_refused(inst):
    with pytest.raises(PolicyError, match=r"inst.py:policy is an object of Steady.*leave out --policy-args"):
        base.load(f"{inst}:policy", {"height": "1"})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "act",
            r"inst.py:act is a function, not a class or object with act\(obs, instr\). Put it into one, .* Called without",
        ),
        ("nothing", r"inst.py:nothing is a function, not a class or object with act\(obs, instr\)."),
        ("number", r"inst.py:number is an int, not a class or object with act\(obs, instr\)."),
    ],
)
def test_what_is_no_policy_is_said(inst, name, says):
    with pytest.raises(PolicyError, match=says):
        base.load(f"{inst}:{name}", {})


def test_a_function_that_makes_a_policy_is_called(inst):
    assert base.load(f"{inst}:make", {"height": "0.5"}).policy.height_m == 0.5


def test_a_function_of_the_program_is_no_policy():
    with pytest.raises(PolicyError, match="is a function, not a class or object with act"):
        live.given(lambda obs, instr: [0] * 7, {})


def test_a_file_without_a_class_says_which_it_has(tmp_path):
    """Its own that act, and neither its helpers nor what it imported."""
    path = tmp_path / "several.py"
    act = "    def act(self, obs, instr):\n        return [0.0] * 7\n\n\n"
    path.write_text(f"from pathlib import Path\n\n\nclass Alpha:\n{act}class Beta:\n{act}class Helper:\n    pass\n")
    for name in (str(path), f"{path}:"):
        with pytest.raises(
            PolicyError, match=rf"Its classes with act\(obs, instr\) are Alpha, Beta\. Name it: --policy {path}:Alpha$"
        ):
            base.load(name, {})
    with pytest.raises(
        PolicyError, match=r"There is no class 'Alfa'. Did you mean 'Alpha'[?] There are: Alpha, Beta[.]"
    ):
        base.load(f"{path}:Alfa", {})
    (tmp_path / "none.py").write_text("x = 1\n")
    with pytest.raises(PolicyError, match="has none with act"):
        base.load(str(tmp_path / "none.py"), {})


def test_a_function_says_how_it_becomes_a_policy(tmp_path):
    path = tmp_path / "function.py"
    path.write_text("def go(obs, instr):\n    return [0.0] * 7\n")
    with pytest.raises(
        PolicyError, match=r"`class Policy:` with `def act\(self, obs, instr\): return go\(obs, instr\)`"
    ):
        base.load(f"{path}:go", {})
