"""The source of a user's own task: its file, and all of his files that it imports, now, later, or by a name alone."""

import importlib
import inspect
import sys

import pytest

from vlagen_bench.sim.maniskill.any_task.entries import TaskEntry
from vlagen_bench.types import content_hash

FILES = {
    "mine_{0}.py": (
        "import importlib\nfrom rules_{0} import LIMIT\nfrom pack_{0} import net\nby_name = importlib.import_module('hidden_{0}')\n"
        "class Task:\n    def evaluate(self):\n        import late_{0}\n"
    ),
    "rules_{0}.py": "LIMIT = 1\n",
    "pack_{0}/__init__.py": "",
    "pack_{0}/net.py": "from . import deep\n",
    "pack_{0}/deep.py": "",
    "hidden_{0}.py": "import json\n",
    "late_{0}.py": "import behind_{0}\n",
    "behind_{0}.py": "",
    "unrelated_{0}.py": "",
}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes the task anew, with other content of some files; each time under another name of its modules' folder."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def make(**changed):
        home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
        for name, text in FILES.items():
            file = home / name.format("x")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(changed.get(file.stem, text.format("x")))
        forget()
        monkeypatch.syspath_prepend(home)
        return TaskEntry(env="Mine-v1", cls=importlib.import_module("mine_x").Task)

    yield make
    forget()


def forget():
    """Lets the files be imported again."""
    for name in [name for name in sys.modules if name.partition(".")[0].endswith("_x")]:
        del sys.modules[name]


def test_every_file_of_the_user_that_the_task_imports_is_known(made):
    wanted = {name.format("x") for name in FILES} - {"mine_x.py", "unrelated_x.py"}
    assert set(made().imports) == wanted


def test_the_same_files_are_known_after_the_task_has_imported_more(made):
    task = made()
    before = task.imports, task.source_hash
    task.cls().evaluate()
    assert "late_x" in sys.modules and (task.imports, task.source_hash) == before


@pytest.mark.parametrize("name", ["rules_x", "net", "deep", "hidden_x", "late_x", "behind_x"])
def test_a_task_is_another_one_once_a_file_that_it_imports_has_changed(made, name):
    one = made()
    assert made().source_hash == one.source_hash
    assert (
        made(**{name: FILES.get(f"{name[:-2]}_{{0}}.py", "").format("x") + "LIMIT = 2\n"}).source_hash
        != one.source_hash
    )


def test_what_is_not_imported_does_not_count(made):
    assert made().source_hash == made(unrelated_x="LIMIT = 2\n").source_hash


def test_a_task_of_one_file_keeps_the_hash_that_it_had(made):
    task = made(mine_x="class Task:\n    pass\n")
    assert task.imports == {}
    assert task.source_hash == content_hash(inspect.getsource(sys.modules["mine_x"]))[:16]


def test_of_a_task_of_maniskill_its_own_file_counts(made, monkeypatch):
    task = made()
    monkeypatch.setattr(task.cls, "__module__", "mani_skill.envs.tasks.mine")
    monkeypatch.setitem(sys.modules, "mani_skill.envs.tasks.mine", sys.modules["mine_x"])
    assert task.own_module is None and task.imports == {}
