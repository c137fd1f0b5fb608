"""The built wheel carries everything, in an environment that has never seen this checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

import vlagen_bench
from helpers.places import TOP
from vlagen_bench.policies import shipped

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    copy = tmp_path_factory.mktemp("source") / "checkout"
    subprocess.run(["git", "clone", "-q", str(TOP), str(copy)], check=True)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(checkout)]
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
    assert "vlagen_bench/py.typed" in names
    assert any(name.endswith("visual.glb") for name in names)
    weights = {file for name in shipped.REFERENCE if (file := shipped.weights_of(name)).is_file()}
    assert {f"vlagen_bench/data/assets/policies/{file.name}" for file in weights} <= names
    assert not any("bridge/rl4vla/" in name or "widowx250s/" in name for name in names), "official assets must not ship"


def test_the_wheel_has_the_version_of_the_package(wheel):
    assert wheel.name.startswith(f"vlagen_bench-{vlagen_bench.__version__}-")


STRANGER = """\
import vlagen_bench
from vlagen_bench import Episode

def names(episodes: list[Episode]) -> list[str]:
    return [episode.condition for episode in episodes]

reveal_type(vlagen_bench.evaluate("noop", suite="quick"))
vlagen_bench.evaluate("noop", suite=5)
"""


def test_a_stranger_sees_the_types(wheel, tmp_path):
    """In an environment of his own, where only py.typed lets mypy read the package."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "stranger.py").write_text(STRANGER)
    command = [sys.executable, "-m", "mypy", "--python-executable", str(python), "--strict", "stranger.py"]
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env).stdout
    assert 'Revealed type is "vlagen_bench.report.run.Run"' in said
    assert 'stranger.py:8: error: Argument "suite" to "evaluate" has incompatible type "int"' in said
    assert "Found 1 error in 1 file" in said, said


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs a command of an environment that has the wheel alone; its dependencies are lent from here."""
    home = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    install = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}

    def run(*words, cwd):
        command = [str(home / "bin" / words[0]), *words[1:]]
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("python", "-c", "import vlagen_bench; print(vlagen_bench.__file__)", cwd=home).startswith(str(home))
    return run


@pytest.mark.sim
def test_the_wheel_works_in_a_clean_environment(installed, tmp_path):
    for words in (
        ("vlagen", "--version"),
        ("vlagen", "validate"),
        ("vlagen", "assets", "check", "household"),
        ("vlagen-eval", "--policy", "noop", "--episodes", "1", "--conditions", "nominal", "--video", "none"),
    ):
        installed(*words, cwd=tmp_path)


def test_the_installed_package_works_in_the_root_of_a_clone(installed, checkout):
    """There `import vlagen_bench` finds the clone's package, whose data lie beside it; commands find the installed one."""
    code = "import vlagen_bench; from vlagen_bench.plan import catalog; catalog.suite('quick'); print(vlagen_bench.__file__)"
    assert installed("python", "-c", code, cwd=checkout).startswith(str(checkout))
    assert "0 wrong" in installed("vlagen", "validate", cwd=checkout)
