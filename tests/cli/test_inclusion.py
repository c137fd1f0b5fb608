"""A folder outside the repository, used by name from the commands and from Python."""

import json
import shutil

import pytest

from helpers import outside
from helpers.commands import call, here
from helpers.submissions import CARD

INCLUDE = ("--include", "mine")
EVAL = ("vlagen-eval", "--policy", "still_policy:Still", "--suite", "kitchen", "--video", "none", "--out", "run")
PLAY = """
import gymnasium, vlagen_bench
if __name__ == "__main__":
    vlagen_bench.register_path("mine")
    env = gymnasium.make("VLAGen/KitchenPutOn-Gloomy-v1")
    _, info = env.reset(seed=0)
    print("gloom" in info["scenario"]["values"])
    env.close()
    envs = gymnasium.make_vec("VLAGen/KitchenPutOn-Gloomy-v1", 2)
    print(envs.reset(seed=0)[0]["image"].shape[0])
    envs.close()
"""


@pytest.fixture
def mine(tmp_path):
    return outside.make(tmp_path / "mine")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A folder with `mine`, and a run that two workers played with an isolated policy of it."""
    home = tmp_path_factory.mktemp("outside")
    outside.make(home / "mine")
    done = call(*EVAL, "--workers", "2", "--isolate", *INCLUDE, cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture
def home(played, tmp_path):
    """A copy of it to be changed."""
    return shutil.copytree(played, tmp_path / "home")


@pytest.mark.slow
def test_what_is_included_is_listed_validated_and_planned(mine, tmp_path):
    listed = here("vlagen", "list", *INCLUDE, cwd=tmp_path)
    last = listed.stdout.splitlines()[-1]
    assert last == f"From mine ({mine}): task kitchen_put_on, suite kitchen, pack kitchen, axis gloom."
    validated = here("vlagen", "validate", *INCLUDE, cwd=tmp_path)
    assert validated.returncode == 0, validated.stdout
    for name in ("task kitchen_put_on", "suite kitchen", "pack kitchen"):
        assert f"ok    {name}" in validated.stdout
    checked = here("vlagen", "assets", "check", "kitchen", *INCLUDE, cwd=tmp_path)
    assert "are right" in checked.stdout, checked.stderr
    planned = here("vlagen", "plan", "--axes", "gloom:3", "--episodes", "1", *INCLUDE, cwd=tmp_path)
    assert "gloom_l3" in planned.stdout, planned.stderr


def test_files_of_a_suite_and_a_task_are_options(mine, tmp_path):
    (mine / "tasks" / "plain.yaml").write_text(
        outside.TASK.replace("kitchen_put_on", "plain").replace("pack: kitchen\n", "").split("conditions:")[0]
    )
    (mine / "tasks" / "suites" / "plain-two.yaml").write_text(
        "{name: plain-two, version: 1, task: plain, episodes: 2, conditions: [nominal]}"
    )
    files = {"--suite": "mine/tasks/suites/plain-two.yaml", "--task": "mine/tasks/plain.yaml"}
    both = here("vlagen", "plan", *[word for pair in files.items() for word in pair], cwd=tmp_path)
    assert "2 episodes" in both.stdout and (tmp_path / "plain-two.plan.json").exists(), both.stderr
    alone = here("vlagen", "plan", "--suite", files["--suite"], cwd=tmp_path)
    assert "There is no task 'plain'" in alone.stderr and "--include FOLDER" in alone.stderr
    # Another task than the suite's gives the suite another name, so that its numbers meet no published ones.
    other = here("vlagen", "plan", "--task", files["--task"], "--conditions", "nominal", cwd=tmp_path)
    assert other.returncode == 0 and (tmp_path / "quick-plain.plan.json").exists(), other.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "--include", "nowhere"), "There is no folder, Python module or YAML file 'nowhere' (looked in "),
        (("list", "--include", "no/where"), "There is no folder, Python module or YAML file 'no/where' (looked in "),
        (("plan", "--suite", "gone.yaml"), "There is no file gone.yaml to include"),
        (("plan", "--suite", "mine/tasks/kitchen_put_on.yaml"), "is not a suite. Give a suite's name, or the path"),
        (("plan", "--suite", "paper", "--task", "kitchen_put_on", *INCLUDE), "published episodes of its own task"),
        (
            ("plan", "--task", "kitchen_put_on", *INCLUDE),
            "Name those that are to be run: --conditions nominal. There are: nominal, gloomy",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(mine, tmp_path, words, says):
    done = here("vlagen", *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


@pytest.mark.slow
def test_how_to_include_ones_own_is_said_only_where_a_name_is_unknown_and_the_file_stands_alone(mine, tmp_path):
    suite, task = mine / "tasks" / "suites" / "kitchen.yaml", mine / "tasks" / "kitchen_put_on.yaml"
    alone = call("vlagen", "plan", "--suite", suite, cwd=tmp_path).stderr
    assert alone.endswith(". Is it your own? Then include where it is: --include FOLDER\n"), alone
    pack = call("vlagen", "plan", "--task", task, "--conditions", "nominal", cwd=tmp_path).stderr
    assert "There is no asset pack 'kitchen'" in pack and pack.count("Is it your own?") == 1, pack
    task.write_text(outside.TASK.replace("pack: kitchen\n", ""))
    axis = call("vlagen", "plan", "--task", task, "--conditions", "nominal", cwd=tmp_path).stderr
    assert "There is no axis 'gloom'" in axis and axis.count("Is it your own?") == 1, axis
    suite.write_text(outside.SUITE.replace("kitchen_put_on", "kichen_put_on"))
    inside = call("vlagen", "plan", *INCLUDE, "--suite", "kitchen", cwd=tmp_path).stderr
    assert "Did you mean 'kitchen_put_on'?" in inside and "Is it your own?" not in inside, inside
    task.write_text(outside.TASK.replace("pack: kitchen\n", "").replace("inner", "iner"))
    wrong = call("vlagen", "plan", "--task", task, "--conditions", "nominal", cwd=tmp_path).stderr
    assert "iner" in wrong and "Is it your own?" not in wrong


def validated(cwd):
    """The lines of `vlagen validate` that are about what is wrong or was not checked, and all before them."""
    done = here("vlagen", "validate", *INCLUDE, cwd=cwd)
    lines = done.stdout.splitlines()
    first = next((number for number, line in enumerate(lines) if not line.startswith("ok ")), len(lines))
    assert "Traceback" not in done.stderr and all(not line.startswith("ok ") for line in lines[first:])
    return lines[:first], lines[first:]


@pytest.mark.slow
def test_validate_names_the_users_axis_and_not_the_shipped_files_that_it_gives_conditions_to(mine, tmp_path):
    fine, rest = validated(tmp_path)
    assert "ok    axis gloom" in fine and len(rest) == 1
    (mine / "axes" / "gloom.py").write_text(outside.AXIS.replace("round(part", "rund(part"))
    fine, rest = validated(tmp_path)
    assert "ok    task tabletop_put_on" in fine and "ok    suite quick" in fine
    assert "-     task kitchen_put_on: not checked, since the axis gloom is wrong" in rest
    assert [line for line in rest if line.startswith("WRONG")] == ["WRONG axis gloom"]
    assert "axis gloom (gloom.py:34): NameError" in rest[-2]


@pytest.mark.slow
def test_validate_says_once_that_a_task_is_wrong(mine, tmp_path):
    (mine / "tasks" / "kitchen_put_on.yaml").write_text(outside.TASK.replace("inner", "iner"))
    _, rest = validated(tmp_path)
    assert [line for line in rest if line.startswith("WRONG")] == ["WRONG task kitchen_put_on"]
    assert sum("iner" in line for line in rest) == 1
    assert "-     suite kitchen: not checked, since its task kitchen_put_on is wrong" in rest


@pytest.mark.slow
def test_validate_imports_the_expert_of_a_family(tmp_path):
    place = outside.touching(tmp_path)
    place.rename(tmp_path / "mine")
    fine, _ = validated(tmp_path)
    assert "ok    family touch" in fine
    file = tmp_path / "mine" / "tasks" / "touch.py"
    file.write_text(file.read_text().replace('f"{__name__}:TouchRoutine"', '"nope:X"'))
    _, rest = validated(tmp_path)
    assert "WRONG family touch" in rest and "its expert is 'nope:X', which cannot be imported" in rest[-2]


@pytest.mark.sim
@pytest.mark.slow
def test_the_header_names_what_came_from_outside_with_its_hash(played):
    entries = json.loads((played / "run" / "header.json").read_text())["outside"]
    assert [(one["kind"], one["name"], one["path"]) for one in entries] == [
        ("suite", "kitchen", "mine"),
        ("task", "kitchen_put_on", "mine"),
        ("pack", "kitchen", "mine"),
        ("axis", "gloom", "mine"),
        ("policy", "still_policy:Still", "mine"),
    ]
    assert all(len(one["sha256"]) == 64 for one in entries)


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("words", [("replay", "run"), ("report", "run")])
def test_reading_a_run_says_what_to_include_and_works_with_it(played, words):
    done = here("vlagen", *words, cwd=played)
    assert done.returncode == 2
    assert "the task 'kitchen_put_on' from outside this package" in done.stderr
    assert done.stderr.endswith("It was included as: --include mine\n") and done.stderr.count("\n") == 1
    done = here("vlagen", *words, *INCLUDE, cwd=played)
    assert done.returncode == 0, done.stdout + done.stderr
    if words[0] == "replay":
        assert "of which 4 the same state by state" in done.stdout
    if words[0] == "report":
        assert "--policy still_policy:Still --include mine --suite kitchen" in done.stdout


@pytest.mark.sim
@pytest.mark.slow
def test_a_run_goes_on_only_with_what_it_was_made_with(home):
    again = here(*EVAL, *INCLUDE, cwd=home)
    assert again.returncode == 0 and "4 of 4 episodes are done" in again.stdout, again.stderr
    with open(home / "mine" / "axes" / "gloom.py", "a") as file:
        file.write("# changed\n")
    changed = here(*EVAL, *INCLUDE, cwd=home)
    assert changed.returncode == 2
    assert "run holds a run with another content of the axis 'gloom' from outside this package" in changed.stderr
    replayed = here("vlagen", "replay", "run", *INCLUDE, cwd=home)
    assert "warning: The axis 'gloom' from outside this package has changed" in replayed.stdout
    for words in (("report", "run"), ("compare", "run", "other")):
        shutil.copytree(home / "run", home / "other", dirs_exist_ok=True)
        read = here("vlagen", *words, *INCLUDE, cwd=home)
        assert "warning: The axis 'gloom' from outside this package has changed" in read.stdout, read.stderr


@pytest.mark.sim
@pytest.mark.slow
def test_a_submission_is_verified_only_with_what_it_was_run_with(home):
    (home / "card.yaml").write_bytes(CARD)
    submit, verify = ("leaderboard", "submit", "run", "--out", "run.zip"), ("leaderboard", "verify", "run.zip")
    assert "--include mine" in here("vlagen", *submit, cwd=home).stderr
    assert here("vlagen", *submit, *INCLUDE, cwd=home).returncode == 0
    refused = here("vlagen", *verify, cwd=home)
    assert refused.returncode == 2 and "the suite 'kitchen' came from outside this package" in refused.stderr
    checked = here("vlagen", *verify, *INCLUDE, cwd=home)
    assert (
        checked.returncode == 0 and "The entry is verified, with 4 of 4 episodes simulated again." in checked.stdout
    ), checked.stderr
    with open(home / "mine" / "axes" / "gloom.py", "a") as file:
        file.write("# changed\n")
    assert "the axis 'gloom' came from outside this package" in here("vlagen", *verify, *INCLUDE, cwd=home).stderr


@pytest.mark.sim
@pytest.mark.slow
def test_from_python_it_is_played_by_its_gymnasium_id(mine, tmp_path):
    (tmp_path / "play.py").write_text(PLAY)
    done = outside.python("import runpy; runpy.run_path('play.py', run_name='__main__')", tmp_path)
    assert done.stdout.split() == ["True", "2"], done.stderr[-2000:]
