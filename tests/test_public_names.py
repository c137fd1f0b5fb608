"""The public surface: every name is there, documented, typed, and loaded only when it is asked for."""

import ast
import inspect
import subprocess
import sys

import pytest

import vlagen_bench

PROMISED = {
    "Axis", "Draft", "Episode", "Plan", "Policy", "PoolAxis", "Scene", "SizeAxis", "Suite", "Task", "VlagenError",
    "__version__", "axis", "evaluate", "load_run", "make_plan", "make_vec",
}  # fmt: skip
HEAVY = ("sapien", "mani_skill", "torch", "pandas", "gymnasium", "matplotlib", "scipy", "numpy", "rich")


def test_the_promised_names_are_public():
    assert set(vlagen_bench.__all__) >= PROMISED
    assert set(dir(vlagen_bench)) >= set(vlagen_bench.__all__)
    assert vlagen_bench.__all__ == sorted(vlagen_bench.__all__)


@pytest.mark.parametrize("name", vlagen_bench.__all__)
def test_a_public_name_is_there_and_documented(name):
    value = getattr(vlagen_bench, name)
    assert name == "__version__" or len(inspect.getdoc(value) or "") > 20


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'evaluation'"):
        _ = vlagen_bench.evaluation


def test_importing_the_package_loads_nothing_heavy():
    code = f"import vlagen_bench, sys; dir(vlagen_bench); print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asking_for_the_entry_loads_no_simulator():
    code = "import vlagen_bench, sys; vlagen_bench.evaluate, vlagen_bench.load_run, vlagen_bench.make_plan; "
    code += "print([name for name in ('sapien', 'mani_skill', 'torch', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asking_for_a_name_changes_no_random_numbers():
    code = "import random; random.seed(1); first = random.random(); random.seed(1); import vlagen_bench; "
    code += "vlagen_bench.evaluate; print(random.random() == first)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_type_checkers_see_the_lazy_names():
    """They do not follow `__getattr__`, so the names are imported for them alone."""
    tree = ast.parse(inspect.getsource(vlagen_bench))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    seen = {
        (alias.name, node.module)
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vlagen_bench")
        for alias in node.names
    }
    assert {name for name, _ in seen} == set(vlagen_bench._LAZY) == set(vlagen_bench.__all__) - {"__version__"}
    for name, module in seen:
        assert getattr(sys.modules.get(module) or __import__(module, fromlist=[name]), name) is getattr(
            vlagen_bench, name
        )
