"""Places from outside: what may be in their paths, what they must hold, and what their content's hash covers."""

import os
import textwrap

import pytest

from helpers import outside
from vlagen_bench.utils import locations
from vlagen_bench.utils.locations import Location

ATTEMPT = """
import sys, vlagen_bench
from vlagen_bench.errors import VlagenError
def attempt(what):
    try:
        vlagen_bench.register_path(what)
        print("registered")
    except VlagenError as error:
        print(error)
"""


def run(folder, code, *paths, **env):
    done = outside.python(textwrap.dedent(code), folder, *paths, **env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def sha256(folder):
    return Location(given="mine", path=folder).content_sha256()


@pytest.mark.parametrize("name", [f"two{os.pathsep}parts", '["odd"]', "a space", "n\u00efce"])
def test_any_path_reaches_child_processes(tmp_path, name):
    (tmp_path / name / "axes").mkdir(parents=True)
    (tmp_path / name / "axes" / "gloom.py").write_text(outside.AXIS)
    look = "from vlagen_bench.axes import AXES; print('gloom' in AXES)"
    code = f"import subprocess, sys, vlagen_bench; vlagen_bench.register_path({str(tmp_path / name)!r})\n"
    assert run(tmp_path, code + f"subprocess.run([sys.executable, '-c', {look!r}], check=True)") == "True"


@pytest.mark.parametrize("value", [f"one{os.pathsep}two", '["one", "two"]', f"one{os.pathsep}{os.pathsep}two"])
def test_a_user_lists_places_as_in_path_or_in_json(tmp_path, value):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"policy_{name}.py").write_text(outside.POLICY)
    code = "from vlagen_bench.utils import plugins; print([one.path.name for one in plugins.locations()])"
    assert run(tmp_path, code, VLAGEN_INCLUDE=value) == "['one', 'two']"


def test_a_module_of_the_current_folder_is_found_last_and_hides_nothing(tmp_path):
    (tmp_path / "own.py").write_text(outside.AXIS)
    (tmp_path / "colorsys.py").write_text("raise SystemExit('the wrong one')")
    code = "sys.path.remove(''); attempt('own'); attempt('nowhere_at_all'); import colorsys; print('' in sys.path)"
    said = run(tmp_path, ATTEMPT + code).splitlines()
    assert said[0] == "registered" and said[-1] == "False"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("os", "The module os holds nothing for vlagen_bench. A place holds axes/*.py, tasks/*.py"),
        ("", "An empty name is no place"),
        (
            "mine/axes",
            "gloom.py defines an axis or a family, but does not lie in a folder axes/ or tasks/ of mine/axes",
        ),
        ("mine/tasks", "The folder mine/tasks"),
        ("mine/assets", "The folder mine/assets"),
        ("empty", "The folder empty"),
    ],
)
def test_a_place_that_holds_nothing_is_a_sentence_that_says_what_it_must_hold(tmp_path, what, says):
    outside.make(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    said = run(tmp_path, ATTEMPT + f"attempt({what!r})")
    assert says in said and "registered" not in said
    assert what == "" or "A place holds axes/*.py" in said


@pytest.mark.parametrize(
    "content", [outside.POLICY, outside.AXIS, "from elsewhere import Base\nclass Own(Base): pass\n"]
)
def test_a_module_with_a_policy_or_an_axis_holds_something(tmp_path, content):
    (tmp_path / "elsewhere.py").write_text("class Base:\n    def act(self, obs, instr): ...\n")
    (tmp_path / "own.py").write_text(content)
    assert run(tmp_path, ATTEMPT + "attempt('own'); attempt('own.py')").splitlines() == ["registered"] * 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("own = not a module!", "its value 'not a module!' is no `module` or `module:name`. Update the package"),
        ("own =", "its value '' is no `module` or `module:name`"),
        ("no equals sign", "The entry points of the package odd-dist 1.5 are malformed"),
        ("own = os", "The module os holds nothing for vlagen_bench"),
        ("own = os:sep.nothing", "cannot be loaded: AttributeError"),
    ],
)
def test_a_malformed_entry_point_is_a_sentence_that_names_the_package(tmp_path, line, says):
    site = tmp_path / "site"
    outside.distribution(site, "odd-dist", "x")
    (site / "odd-dist-1.5.dist-info" / "entry_points.txt").write_text(f"[vlagen_bench.plugins]\n{line}\n")
    said = run(tmp_path, ATTEMPT + "attempt('nowhere')", site)
    assert says in said and "odd-dist 1.5" in said and said.endswith("pip uninstall odd-dist")


def test_the_malformed_entry_points_of_a_package_that_is_no_plug_in_do_not_matter(tmp_path):
    site = tmp_path / "site"
    outside.distribution(site, "odd-dist", "x")
    (site / "odd-dist-1.5.dist-info" / "entry_points.txt").write_text("[console_scripts]\nno equals sign\n")
    (tmp_path / "own.py").write_text(outside.AXIS)
    assert run(tmp_path, ATTEMPT + "attempt('own')", site) == "registered"


@pytest.mark.parametrize("changed", ["axes/gloom.py", "lib/k.json", "tasks/templates.json", "deep/er/table.csv"])
def test_the_hash_covers_every_file_that_code_may_read(tmp_path, changed):
    (tmp_path / changed).parent.mkdir(parents=True)
    (tmp_path / changed).write_text("1")
    before = sha256(tmp_path)
    (tmp_path / changed).write_text("2")
    assert sha256(tmp_path) != before


@pytest.mark.parametrize(
    "apart",
    [".git/index", ".hidden", "axes/__pycache__/x.pyc", "venv/lib/x.py", "runs/a/report.html", "tasks/own.yaml"],
)
def test_the_hash_leaves_out_what_changes_by_itself(tmp_path, apart):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "runs" / "a").mkdir(parents=True)
    for name in ("header.json", "plan.json"):
        (tmp_path / "runs" / "a" / name).write_text("{}")
    before = sha256(tmp_path)
    (tmp_path / apart).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / apart).write_text("1")
    assert sha256(tmp_path) == before


def test_of_a_large_file_the_size_counts_and_too_many_files_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(locations, "LARGEST_BYTES", 3)
    monkeypatch.setattr(locations, "MOST_FILES", 2)
    (tmp_path / "weights.bin").write_text("1234")
    before = sha256(tmp_path)
    (tmp_path / "weights.bin").write_text("5678")
    assert sha256(tmp_path) == before
    (tmp_path / "weights.bin").write_text("12345")
    assert sha256(tmp_path) != before
    for name in "ab":
        (tmp_path / name).write_text("")
    with pytest.raises(locations.ConfigError, match=r"holds more than 2 files. Include a folder"):
        sha256(tmp_path)
