"""The names of adapters: NAME:REST, beside modules, files, servers and built-in policies."""

import sys

import pytest

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.policies.adapters.names import ADAPTERS, adapter_class, adapter_in, own_class


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_adapter_is_a_class_that_says_what_it_is_for(name):
    kind = adapter_class(name)
    assert issubclass(kind, Adapter) and name == kind.NAME and kind.ABOUT and kind.REST


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("openvla:openvla/openvla-7b", "openvla/openvla-7b"),
        ("openvla:/data/ckpt", "/data/ckpt"),
        ("lerobot:./Policy", "./Policy"),
        ("openpi:ws://127.0.0.1:8000", "ws://127.0.0.1:8000"),
        ("openpi:127.0.0.1:8000", "127.0.0.1:8000"),
        ("simpler:package.module:Class", "package.module:Class"),
        ("onnx:policy.onnx", "policy.onnx"),
    ],
)
def test_what_stands_behind_the_first_colon_is_the_checkpoint(name, rest):
    found = adapter_in(name)
    assert found is not None and (found.name, found.checkpoint) == (name.partition(":")[0], rest)


@pytest.mark.parametrize(
    "name", ["random", "mymodule:Policy", "path/onnx.py:Policy", "ws://127.0.0.1:8000", "./openvla:X"]
)
def test_other_names_are_no_adapters(name):
    assert adapter_in(name) is None


def test_a_name_without_a_checkpoint_says_what_is_missing():
    with pytest.raises(PolicyError, match=r"given without CHECKPOINT. Name it: --policy openvla:CHECKPOINT"):
        adapter_in("openvla")


def test_a_module_of_an_adapters_name_makes_a_class_name_ambiguous(tmp_path, monkeypatch):
    assert adapter_in("openvla:Policy") is not None  # nothing else could be meant
    (tmp_path / "openvla.py").write_text("class Policy:\n    def act(self, obs, instr):\n        return [0] * 7\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        PolicyError, match=r"could be the adapter openvla with Policy, or the class Policy of the module"
    ):
        base.load("openvla:Policy", {})
    assert adapter_in("openvla:./Policy") is not None
    assert base.load(f"{tmp_path}/openvla.py:Policy", {}).policy.act(None, "") == [0] * 7


def test_an_installed_module_makes_it_ambiguous_too(monkeypatch):
    monkeypatch.setattr("vlagen_bench.policies.adapters.names.importlib.util.find_spec", lambda name: object())
    with pytest.raises(PolicyError, match="which is here too"):
        adapter_in("lerobot:Policy")


def test_an_unknown_adapter_lists_those_that_exist():
    with pytest.raises(PolicyError, match=r"There is no adapter 'openvl'\. Did you mean 'openvla'"):
        adapter_class("openvl")


def test_own_adapters_are_classes_that_inherit(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from vlagen_bench.policies.adapters.lerobot import LeRobot\nclass Mine(LeRobot):\n    NAME = 'mine'\nclass Other:\n    pass\n"
    )
    assert own_class(f"{file}:Mine").NAME == "mine"
    with pytest.raises(PolicyError, match="Let it inherit from"):
        own_class(f"{file}:Other")
    with pytest.raises(PolicyError, match="no class 'Mina'"):
        own_class(f"{file}:Mina")


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [
        ("lerobot:somewhere/x", "lerobot", "with lerobot==0.4.4"),
        ("octo:octo-base", "simpler_env", "vlagen serve --policy octo:octo-base"),
        ("openvla_oft:somewhere/x", "experiments", "SETUP.md"),
        ("onnx:x.onnx", "onnxruntime", "install"),
    ],
)
def test_a_missing_package_is_one_sentence_with_the_command(name, package, command, monkeypatch):
    for module in (package, f"{package}.robot", f"{package}.policies", f"{package}.configs"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PolicyError) as raised:
        base.load(name, {})
    text = str(raised.value)
    assert f"needs the package {package}" in text and command in text and "\n" not in text


def test_a_missing_file_is_said():
    for name in ("torchscript:nowhere.pt", "sb3:nowhere.zip", "onnx:nowhere.onnx"):
        with pytest.raises(PolicyError, match="there is no file 'nowhere") as raised:
            base.load(name, {})
        assert "PolicyError" not in str(raised.value) and "cannot be read" not in str(raised.value)


def test_no_adapter_imports_its_packages_before_it_is_used():
    import subprocess

    code = (
        "from vlagen_bench.policies.adapters import names; [names.adapter_class(n).without_model() for n in names.ADAPTERS]; "
        "import sys; print([m for m in ('torch', 'transformers', 'zmq', 'stable_baselines3', 'websockets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
