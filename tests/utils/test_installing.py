"""Commands that install something name this Python and what is there to install from."""

import shlex
import sys

import pytest

from helpers.places import PACKAGE
from vlagen_bench.utils import installing


def test_no_message_writes_such_a_command_by_itself():
    found = [path.name for path in PACKAGE.rglob("*.py") if "pip install" in path.read_text(encoding="utf-8")]
    assert found == []


def test_what_is_lacking_is_one_sentence_with_package_extra_and_command():
    assert installing.lacking("--executor ray", "ray", "ray") == (
        f"--executor ray needs the package ray, of the extra [ray]: {installing.extra('ray')}"
    )


def test_every_error_about_an_extra_is_that_sentence():
    texts = {path.name: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    assert [name for name, text in texts.items() if "installing.extra(" in text] == []
    assert any("installing.lacking(" in text for text in texts.values())


def test_the_package_itself_is_installed_from_where_it_lies(monkeypatch):
    assert shlex.split(installing.itself())[-2:] == ["-e", str(PACKAGE.parent)]
    monkeypatch.setattr(installing, "is_checkout", lambda: False)
    assert shlex.split(installing.itself())[-1] == installing._source()


def test_packages_are_installed_into_the_environment_that_runs(monkeypatch):
    monkeypatch.setattr(installing, "is_checkout", lambda: False)
    assert shlex.split(installing.packages("ray>=2.40")) == [sys.executable, "-m", "pip", "install", "ray>=2.40"]


def test_an_environment_without_pip_is_one_of_uv(monkeypatch):
    monkeypatch.setattr(installing, "is_checkout", lambda: False)
    monkeypatch.setattr(installing.importlib.util, "find_spec", lambda name: None)
    assert shlex.split(installing.packages("ray")) == ["uv", "pip", "install", "--python", sys.executable, "ray"]


def test_a_checkout_keeps_its_pins():
    words = shlex.split(installing.packages("ray"))
    assert words[-3:] == ["-c", str(PACKAGE.parent / "constraints.txt"), "ray"]


@pytest.mark.parametrize(
    ("name", "needs"),
    [("ray", "ray>="), ("remote", "websockets>="), ("tensorboard", "tensorboardX>="), ("wandb", "wandb>=")],
)
def test_an_extra_is_installed_by_what_it_asks_for(name, needs):
    """The package itself may be a checkout, which `pip install vlagen-bench[...]` does not know."""
    words = shlex.split(installing.extra(name))
    assert words[:4] == [sys.executable, "-m", "pip", "install"] and words[-1].startswith(needs)
    assert "vlagen-bench" not in words[-1]


def test_without_metadata_a_checkout_is_installed_with_the_extra(monkeypatch):
    monkeypatch.setattr(installing, "NAME", "no-such-distribution")
    assert shlex.split(installing.extra("ray"))[-2:] == ["-e", f"{PACKAGE.parent}[ray]"]
    monkeypatch.setattr(installing, "is_checkout", lambda: False)
    assert shlex.split(installing.extra("ray"))[-1] == "no-such-distribution[ray]"


def test_damaged_files_of_a_checkout_are_restored_by_git(monkeypatch):
    assert shlex.split(installing.again())[:3] == ["git", "-C", str(PACKAGE.parent)]
    monkeypatch.setattr(installing, "is_checkout", lambda: False)
    assert "--force-reinstall" in installing.again()
