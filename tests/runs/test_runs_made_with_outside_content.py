"""Readers of a run that was made with an axis, a task, a family and a suite from outside, with and without these."""

import json
import shutil

import pytest

from helpers import outside as own
from helpers.commands import call
from helpers.fabricated import fabricate, header_of
from vlagen_bench.axes import AXES
from vlagen_bench.errors import RunError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs import episodes, outside
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.utils import plugins

SUITE = "{name: touches, version: 1, task: tabletop_touch, episodes: 2, conditions: [nominal, gloom_l3]}"
MISSING = "was made with the task 'tabletop_touch' from outside this package, and it is not here. It was included as: "


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with all of it in `touching`, and the run `run`."""
    home = tmp_path_factory.mktemp("made")
    place = own.touching(home)
    for path, text in {"axes/gloom.py": own.AXIS, "tasks/suites/touches.yaml": SUITE}.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    with own.forgotten():
        plugins.include(place)
        run = fabricate(home / "run", "touches", lambda episode: "success", episodes=2)
        header = json.loads((run / "header.json").read_text())
        taken = outside.used(plan.make_plan(catalog.suite("touches")), "noop")
        assert {entry["kind"] for entry in taken} == {"suite", "task", "axis", "family"}
        (run / "header.json").write_text(json.dumps({**header, "outside": taken}))
        catalog.suite.cache_clear()
    return home


@pytest.fixture
def home(made, tmp_path):
    return shutil.copytree(made, tmp_path / "home")


def test_a_reader_says_what_to_include_before_it_reads_the_plan(home):
    assert "touch" not in FAMILIES and "gloom" not in AXES
    with pytest.raises(RunError, match=MISSING):
        episodes.read(home / "run")


@pytest.mark.parametrize("words", [("report", "run"), ("replay", "run"), ("compare", "run", "again")])
def test_a_command_says_it_in_one_sentence(home, words):
    shutil.copytree(home / "run", home / "again")
    done = call("vlagen", *words, cwd=home)
    assert done.returncode == 2 and f"{MISSING}--include " in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert "vlagen plan" not in done.stderr


def test_another_run_does_not_go_on_in_its_folder_and_the_sentence_says_that_it_is_another(home):
    quick = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("nominal",), episodes=1, seed=0))
    with (
        pytest.raises(RunError, match="holds another run, with suite touches"),
        RunFolder.writing(home / "run", header_of(quick, "fabricated"), quick),
    ):
        pass


def test_the_command_that_writes_a_plan_again_includes_the_place(home, made):
    (home / "run" / "plan.json").write_text("{}")
    with own.forgotten():
        plugins.include(made / "touching")
        with pytest.raises(
            RunError, match=f"Write it again: vlagen plan --include {made / 'touching'} --suite touches"
        ):
            episodes.read(home / "run")


def test_a_task_that_changed_since_is_named_where_its_plan_cannot_be_read(home):
    task = home / "touching" / "tasks" / "tabletop_touch.yaml"
    task.write_text(task.read_text().replace("version: 1", "version: 2"))
    with own.forgotten():
        plugins.include(home / "touching")
        with pytest.raises(RunError, match="The task 'tabletop_touch' from outside this package has changed since"):
            episodes.read(home / "run")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("tasks/tabletop_touch.yaml", "The file {place}/tasks/tabletop_touch.yaml has changed. Restore"),
        ("axes/gloom.py", "A file of {place} has changed. Restore"),
    ],
)
def test_resuming_names_the_file_that_changed_or_its_place(home, path, says):
    with own.forgotten():
        plugins.include(home / "touching")
        made = plan.make_plan(catalog.suite("touches"))
        header = header_of(made, "fabricated")
        then = {**header, "outside": outside.used(made, "noop")}
        with RunFolder.writing(home / "new", then, made):
            pass
        with open(home / "touching" / path, "a") as file:
            file.write("# changed\n")
        now = {**header, "outside": outside.used(made, "noop")}
        place = home / "touching"
        with pytest.raises(RunError) as error, RunFolder.writing(home / "new", now, made):
            pass
        assert says.format(place=place) in str(error.value)
    catalog.suite.cache_clear()
