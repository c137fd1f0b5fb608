"""The built wheel carries everything, in an environment that has never seen this checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile

import pytest

from helpers.places import TOP

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    copy = tmp_path_factory.mktemp("source") / "checkout"
    subprocess.run(["git", "clone", "-q", str(TOP), str(copy)], check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(out.glob("*.whl"))


def test_the_wheel_has_tasks_assets_and_leaderboards(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "vlagen_bench/data/tasks/suites/quick.yaml",
        "vlagen_bench/data/assets/household/pack.yaml",
        "vlagen_bench/data/assets/bridge/pack.yaml",
    } <= names
    assert "vlagen_bench/data/leaderboards/__init__.py" in names
    assert any(name.endswith("visual.glb") for name in names)
    assert not any("bridge/rl4vla/" in name or "widowx250s/" in name for name in names), "official assets must not ship"


@pytest.mark.sim
def test_the_wheel_works_in_a_clean_environment(wheel, tmp_path):
    """The environment has the wheel alone; its dependencies are lent from here, without this checkout."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    binaries = tmp_path / "venv" / "bin"
    install = [str(binaries / "python"), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    where = [str(binaries / "python"), "-c", "import vlagen_bench; print(vlagen_bench.__file__)"]
    found = subprocess.run(where, check=True, capture_output=True, text=True, env=env, cwd=tmp_path).stdout
    assert found.startswith(str(tmp_path / "venv"))
    for words in (
        ("vlagen", "validate"),
        ("vlagen", "assets", "check", "household"),
        ("vlagen-eval", "--policy", "noop", "--episodes", "1", "--conditions", "nominal", "--video", "none"),
    ):
        done = subprocess.run(
            [str(binaries / words[0]), *words[1:]], capture_output=True, text=True, env=env, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
