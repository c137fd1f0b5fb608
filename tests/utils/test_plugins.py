"""Plug-ins: what is outside the repository is usable by name, once, whole or not at all."""

import textwrap

import pytest

from helpers import outside
from vlagen_bench.utils import plugins

LOOK = """
from vlagen_bench.axes import AXES
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog
print("gloom" in AXES, "kitchen_put_on" in catalog.task_names(), "kitchen" in catalog.suite_names(),
      "kitchen" in manifest.names(), "gloom_l3" in catalog.task("tabletop_put_on").condition_names())
"""
FAIL = """
from vlagen_bench.errors import VlagenError
def attempt(what):
    try:
        what()
    except VlagenError as error:
        print(error)
"""


def run(tmp_path, code, *paths, **env):
    done = outside.python(textwrap.dedent(code), tmp_path, *paths, **env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("place", ["mine", "./mine", "mine_pkg", "{tmp}/mine_pkg"])
def test_a_folder_or_package_gives_its_names_whatever_was_read_before(tmp_path, place):
    outside.make(tmp_path / "mine")
    outside.as_package(tmp_path / "mine_pkg")
    place = place.format(tmp=tmp_path)
    register = f"import vlagen_bench; [vlagen_bench.register_path({place!r}) for _ in range(2)]\n"
    said = run(tmp_path, LOOK + register + LOOK)
    assert said.split() == ["False"] * 5 + ["True"] * 5


def test_child_processes_find_it_by_the_environment_variable(tmp_path):
    outside.make(tmp_path / "mine")
    (tmp_path / "spawning.py").write_text(
        "import multiprocessing, vlagen_bench\n"
        "def look():\n" + textwrap.indent(LOOK, "    ") + "\nif __name__ == '__main__':\n"
        "    vlagen_bench.register_path('mine')\n"
        "    child = multiprocessing.get_context('spawn').Process(target=look)\n"
        "    child.start(); child.join()\n"
    )
    assert run(tmp_path, "import runpy; runpy.run_path('spawning.py', run_name='__main__')").split() == ["True"] * 5


def test_a_taken_name_is_an_error_that_names_both_places_and_nothing_is_registered(tmp_path):
    mine = outside.make(tmp_path / "mine")
    (mine / "tasks" / "tabletop_put_on.yaml").write_text(outside.TASK.replace("kitchen_put_on", "tabletop_put_on"))
    said = run(
        tmp_path,
        FAIL + "import os, vlagen_bench\n" + "attempt(lambda: vlagen_bench.register_path('mine'))\n" + LOOK
        + "print('VLAGEN_INCLUDE' in os.environ)\nos.remove('mine/tasks/tabletop_put_on.yaml')\n"
        + "vlagen_bench.register_path('mine')" + LOOK,
    ).splitlines()  # fmt: skip
    assert "The task 'tabletop_put_on' is there twice" in said[0]
    assert "vlagen_bench itself" in said[0] and str(tmp_path / "mine") in said[0]
    assert said[1:] == ["False False False False False", "False", "True True True True True"]


def test_two_axes_of_one_name_are_an_error_that_names_both_files(tmp_path):
    outside.make(tmp_path / "mine")
    outside.make(tmp_path / "other")
    code = FAIL + "import vlagen_bench; vlagen_bench.register_path('mine')\n"
    said = run(tmp_path, code + "attempt(lambda: vlagen_bench.register_path('other'))" + LOOK).splitlines()
    assert "The axis 'gloom' is defined twice" in said[0]
    assert all(str(tmp_path / name / "axes" / "gloom.py") in said[0] for name in ("mine", "other"))
    assert said[1] == "True True True True True"
    shipped = outside.AXIS.replace('"gloom"', '"lighting"')
    (tmp_path / "third" / "axes").mkdir(parents=True)
    (tmp_path / "third" / "axes" / "x.py").write_text(shipped)
    said = run(tmp_path, FAIL + "import vlagen_bench; attempt(lambda: vlagen_bench.register_path('third'))")
    assert "The axis 'lighting' is defined twice, by vlagen_bench itself and by " in said


def test_code_that_fails_is_a_sentence_and_works_in_the_same_process_once_it_is_repaired(tmp_path):
    mine = outside.make(tmp_path / "mine")
    (mine / "axes" / "later.py").write_text("raise RuntimeError('not yet')")
    code = FAIL + "import os, vlagen_bench\n" + "attempt(lambda: vlagen_bench.register_path('mine'))\n"
    code += "os.remove('mine/axes/later.py'); vlagen_bench.register_path('mine')\n" + LOOK
    said = run(tmp_path, code).splitlines()
    assert said[0].endswith("later.py fails while it is imported: RuntimeError: not yet.")
    assert said[1] == "True True True True True"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("nowhere", "There is no folder, Python module or YAML file 'nowhere' (looked in "),
        ("no/where", "There is no folder, Python module or YAML file 'no/where' (looked in "),
        ("nowhere.yaml", "There is no file nowhere.yaml to include"),
        ("sys", "has no file, so that nothing can be included from it"),
        (3, "A folder, a file, or a module's name is included, not 3 of type int"),
    ],
)
def test_a_place_that_is_none_is_a_sentence(tmp_path, what, says):
    assert says in run(tmp_path, FAIL + f"import vlagen_bench; attempt(lambda: vlagen_bench.register_path({what!r}))")


def test_a_policy_file_that_was_included_is_executed_once(tmp_path):
    (tmp_path / "mine.py").write_text(outside.AXIS + outside.POLICY)
    code = "import vlagen_bench; vlagen_bench.register_path('mine.py')\n"
    code += "from vlagen_bench.policies import base; print(base.load('mine.py:Still', {}).name)"
    assert run(tmp_path, code).strip() == "mine.py:Still"


@pytest.mark.parametrize("value", ["mine_pkg", "mine_plugin:folder", "mine_plugin:nothing"])
def test_an_installed_package_is_found_by_its_entry_point_and_not_before_it_is_needed(tmp_path, value):
    site = tmp_path / "site"
    outside.as_package(site / "mine_pkg")
    (site / "mine_plugin.py").write_text(
        "from pathlib import Path\n"
        "def folder():\n    return Path(__file__).parent / 'mine_pkg'\n"
        "def nothing():\n    import vlagen_bench; vlagen_bench.register_path(folder())\n"
    )
    outside.distribution(site, "mine-dist", value)
    unused = "import vlagen_bench, sys; print('mine_pkg' in sys.modules)\n"
    said = run(tmp_path, unused + LOOK, site).split()
    assert said == ["False"] + ["True"] * 5


def test_a_broken_package_is_one_sentence_that_names_it_each_time(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "broken_plugin.py").write_text("import no_such_thing")
    outside.distribution(site, "broken-dist", "broken_plugin")
    code = (
        FAIL + "from vlagen_bench.plan import catalog\n" + "attempt(catalog.task_names); attempt(catalog.suite_names)"
    )
    first, second = run(tmp_path, code, site).splitlines()
    assert first == second
    assert first.startswith("The plug-in 'own' of the package broken-dist 1.5 cannot be loaded: ModuleNotFoundError")
    assert first.endswith("remove it: pip uninstall broken-dist")


def test_policies_are_found_after_an_evaluation_has_put_back_the_import_path(tmp_path):
    outside.make(tmp_path / "mine")
    code = FAIL + "import vlagen_bench\nattempt(lambda: vlagen_bench.evaluate('still_policy:Still', suite='none'))\n"
    code += "from vlagen_bench.policies import base; print(base.load('still_policy:Still', {}).name)"
    said = run(tmp_path, code, VLAGEN_INCLUDE="mine").splitlines()
    assert said[0].startswith("There is no suite 'none'") and said[1] == "still_policy:Still"


def test_a_family_of_tasks_from_a_folder_is_named_with_its_hash(tmp_path):
    mine = outside.make(tmp_path / "mine")
    (mine / "tasks" / "lay_on.py").write_text(
        "from vlagen_bench.tasks import family\n"
        "from vlagen_bench.tasks.put_on import PutOn\n\n\n"
        "@family\nclass LayOn(PutOn):\n    name = 'lay_on'\n"
    )
    (mine / "tasks" / "kitchen_put_on.yaml").write_text(outside.TASK + "family: lay_on\n")
    code = "import vlagen_bench; vlagen_bench.register_path('mine')\n"
    code += "from vlagen_bench.runs import outside; from vlagen_bench import make_plan\n"
    code += "print([(one['kind'], one['name'], one['path']) for one in outside.used(make_plan('kitchen'), '')][-1])"
    assert run(tmp_path, code).strip() == "('family', 'lay_on', 'mine')"


def test_what_is_kept_of_names_grows_old_with_every_addition():
    before = plugins.version()
    plugins.added(lambda: None)
    assert plugins.version() == before + 1
