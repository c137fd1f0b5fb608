"""A folder outside the repository, used by name from the commands and from Python."""

import json
import shutil

import pytest

from helpers import outside
from helpers.commands import call
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


def test_what_is_included_is_listed_validated_and_planned(mine, tmp_path):
    listed = call("vlagen", "list", *INCLUDE, cwd=tmp_path)
    last = listed.stdout.splitlines()[-1]
    assert last == f"From mine ({mine}): task kitchen_put_on, suite kitchen, pack kitchen, axis gloom."
    validated = call("vlagen", "validate", *INCLUDE, cwd=tmp_path)
    assert validated.returncode == 0, validated.stdout
    for name in ("task kitchen_put_on", "suite kitchen", "pack kitchen"):
        assert f"ok    {name}" in validated.stdout
    checked = call("vlagen", "assets", "check", "kitchen", *INCLUDE, cwd=tmp_path)
    assert "are right" in checked.stdout, checked.stderr
    planned = call("vlagen", "plan", "--axes", "gloom:3", "--episodes", "1", *INCLUDE, cwd=tmp_path)
    assert "gloom_l3" in planned.stdout, planned.stderr


def test_files_of_a_suite_and_a_task_are_options(mine, tmp_path):
    (mine / "tasks" / "plain.yaml").write_text(
        outside.TASK.replace("kitchen_put_on", "plain").replace("pack: kitchen\n", "").split("conditions:")[0]
    )
    (mine / "tasks" / "suites" / "plain-two.yaml").write_text(
        "{name: plain-two, version: 1, task: plain, episodes: 2, conditions: [nominal]}"
    )
    files = {"--suite": "mine/tasks/suites/plain-two.yaml", "--task": "mine/tasks/plain.yaml"}
    both = call("vlagen", "plan", *[word for pair in files.items() for word in pair], cwd=tmp_path)
    assert "2 episodes" in both.stdout and (tmp_path / "plain-two.plan.json").exists(), both.stderr
    alone = call("vlagen", "plan", "--suite", files["--suite"], cwd=tmp_path)
    assert "There is no task 'plain'" in alone.stderr and "--include FOLDER" in alone.stderr
    # Another task than the suite's gives the suite another name, so that its numbers meet no published ones.
    other = call("vlagen", "plan", "--task", files["--task"], "--conditions", "nominal", cwd=tmp_path)
    assert other.returncode == 0 and (tmp_path / "quick-plain.plan.json").exists(), other.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "--include", "nowhere"), "The module nowhere cannot be imported"),
        (("list", "--include", "no/where"), "There is no folder or file no/where to include"),
        (("plan", "--suite", "gone.yaml"), "There is no file gone.yaml to include"),
        (("plan", "--suite", "mine/tasks/kitchen_put_on.yaml"), "is not a suite. Give a suite's name, or the path"),
        (("plan", "--suite", "paper", "--task", "kitchen_put_on", *INCLUDE), "published episodes of its own task"),
        (("plan", "--task", "kitchen_put_on", *INCLUDE), "--task, without --conditions: There is no condition"),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(mine, tmp_path, words, says):
    done = call("vlagen", *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


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
    done = call("vlagen", *words, cwd=played)
    assert done.returncode == 2
    assert "the task 'kitchen_put_on' from outside this package" in done.stderr
    assert done.stderr.endswith("It was included as: --include mine\n") and done.stderr.count("\n") == 1
    done = call("vlagen", *words, *INCLUDE, cwd=played)
    assert done.returncode == 0, done.stdout + done.stderr
    if words[0] == "replay":
        assert "of which 4 the same state by state" in done.stdout
    if words[0] == "report":
        assert "--policy still_policy:Still --include mine --suite kitchen" in done.stdout


@pytest.mark.sim
@pytest.mark.slow
def test_a_run_goes_on_only_with_what_it_was_made_with(home):
    again = call(*EVAL, *INCLUDE, cwd=home)
    assert again.returncode == 0 and "4 of 4 episodes are done" in again.stdout, again.stderr
    with open(home / "mine" / "axes" / "gloom.py", "a") as file:
        file.write("# changed\n")
    changed = call(*EVAL, *INCLUDE, cwd=home)
    assert changed.returncode == 2
    assert "run holds a run with another content of the axis 'gloom' from outside this package" in changed.stderr
    replayed = call("vlagen", "replay", "run", *INCLUDE, cwd=home)
    assert "warning: The axis 'gloom' from outside this package has changed" in replayed.stdout
    for words in (("report", "run"), ("compare", "run", "other")):
        shutil.copytree(home / "run", home / "other", dirs_exist_ok=True)
        read = call("vlagen", *words, *INCLUDE, cwd=home)
        assert "warning: The axis 'gloom' from outside this package has changed" in read.stdout, read.stderr


@pytest.mark.sim
@pytest.mark.slow
def test_a_submission_is_verified_only_with_what_it_was_run_with(home):
    (home / "card.yaml").write_bytes(CARD)
    submit, verify = ("leaderboard", "submit", "run", "--out", "run.zip"), ("leaderboard", "verify", "run.zip")
    assert "--include mine" in call("vlagen", *submit, cwd=home).stderr
    assert call("vlagen", *submit, *INCLUDE, cwd=home).returncode == 0
    refused = call("vlagen", *verify, cwd=home)
    assert refused.returncode == 2 and "the suite 'kitchen' came from outside this package" in refused.stderr
    checked = call("vlagen", *verify, *INCLUDE, cwd=home)
    assert checked.returncode == 0 and "The entry is verified." in checked.stdout, checked.stderr
    with open(home / "mine" / "axes" / "gloom.py", "a") as file:
        file.write("# changed\n")
    assert "the axis 'gloom' came from outside this package" in call("vlagen", *verify, *INCLUDE, cwd=home).stderr


@pytest.mark.sim
@pytest.mark.slow
def test_from_python_it_is_played_by_its_gymnasium_id(mine, tmp_path):
    (tmp_path / "play.py").write_text(PLAY)
    done = outside.python("import runpy; runpy.run_path('play.py', run_name='__main__')", tmp_path)
    assert done.stdout.split() == ["True", "2"], done.stderr[-2000:]
