"""The gates that stand before a commit and a release: the same commands everywhere, one version, visible types."""

import configparser
import importlib.metadata

import pytest
import yaml

import vlagen_bench
from helpers.commands import call
from helpers.places import TOP


def hooks():
    config = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    return [hook for repository in config["repos"] for hook in repository["hooks"]]


def test_hooks_need_no_download():
    config = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks()} == {"system"}


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_hooks_run_what_the_test_script_runs(hook):
    script = (TOP / "scripts" / "test.sh").read_text(encoding="utf-8").splitlines()
    commands = [line.split(" >")[0].removesuffix(" .") for line in script if line.startswith(".venv/bin/")]
    assert hook["entry"] in commands


def test_the_version_stands_in_one_place():
    setup = configparser.ConfigParser()
    setup.read(TOP / "setup.cfg", encoding="utf-8")
    assert setup["metadata"]["version"] == "attr: vlagen_bench.__version__"


def test_the_citation_names_the_version():
    citation = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == vlagen_bench.__version__


def test_the_installed_version_is_the_checkouts():
    assert importlib.metadata.version("vlagen-bench") == vlagen_bench.__version__


@pytest.mark.parametrize("command", ["vlagen", "vlagen-eval"])
def test_the_commands_say_their_version(tmp_path, command):
    done = call(command, "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"vlagen_bench {vlagen_bench.__version__}\n")
