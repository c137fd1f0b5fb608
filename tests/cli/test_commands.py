"""The commands as a user gives them: sentences and exit codes."""

import re
import resource

import pytest

from helpers.commands import call
from vlagen_bench.plan import catalog


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("vlagen-eval", "--policy", "noop", "--suite", "quik"), "Did you mean 'quick'?"),
        (("vlagen-eval", "--policy", "noop", "--conditions", "lightning_l3"), "Did you mean 'lighting_l3'?"),
        (("vlagen-eval", "--policy", "nope"), "There is no built-in policy 'nope'"),
        (("vlagen-eval", "--policy", "gone.py:P"), "There is no policy file gone.py"),
        (("vlagen-eval", "--policy", "noop", "--episodes", "0"), "at least 1 episode"),
        (("vlagen-eval", "--policy", "noop", "--policy-args", "k"), "is not KEY=VALUE"),
        (("vlagen-eval", "--policy", "noop", "--max-errors", "-1"), "give 0 or more"),
        (("vlagen-eval", "--policy", "noop", "--repeat", "0"), "at least 1 is needed"),
        (("vlagen", "eval", "--policy", "noop"), "To score a policy: vlagen-eval"),
        (("vlagen", "bench", "evl"), "There is no vlagen bench command 'evl'. Did you mean 'eval'?"),
        (("vlagen", "plan", "--suite", "quik"), "Did you mean 'quick'?"),
        (("vlagen", "assets", "check", "hosehold"), "Did you mean 'household'?"),
        (("vlagen", "assets", "build", "bridge"), "is not made here"),
        (
            ("vlagen", "plan", "--suite", "bridge-first", "--axes", "blur:3"),
            "error: --axes: The task bridge_put_on has no condition",
        ),
        (
            ("vlagen", "plan", "--suite", "bridge-first", "--conditions", "blur_l3"),
            "error: --conditions: The task bridge_put_on has no condition",
        ),
        (("vlagen", "render", "--axis", "lighting", "--episodes", "-1"), "at least 1 episode is needed, not -1"),
        (("vlagen", "render", "--axis", "lighting", "--episodes", "0"), "at least 1 episode is needed, not 0"),
        (("vlagen", "render", "--axis", "lighting", "--conditions", "nominal"), "Give either --axis"),
        (("vlagen", "render", "--axis", "lighting", "--axes", "blur:3"), "Give either --axis"),
        (("vlagen", "render", "--axis", "lighting", "--out", "x"), "Give it an ending such as .png"),
        (("vlagen", "render", "--out", "x"), "Give it an ending such as .png"),
        (("vlagen", "plan", "--out", "no/such/folder/plan.json"), "No such file or directory. Choose another place"),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(tmp_path, words, says):
    done = call(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and says in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_an_uninstalled_pack_is_a_sentence(tmp_path):
    done = call("vlagen-eval", "--policy", "noop", "--suite", "bridge-first", cwd=tmp_path, VLAGEN_ASSETS=str(tmp_path))
    assert done.returncode == 2 and "vlagen assets install bridge" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_an_unknown_option_is_refused(tmp_path):
    done = call("vlagen-eval", "--policy", "noop", "--sweet", "quick", cwd=tmp_path)
    assert done.returncode == 2 and "--sweet" in done.stdout + done.stderr


def test_plan_writes_what_it_prints(tmp_path):
    done = call("vlagen", "plan", "--suite", "quick", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "quick.plan.json").is_file()
    assert "40 episodes" in done.stdout


@pytest.mark.parametrize(
    "words", [("vlagen", "list"), ("vlagen", "validate"), ("vlagen", "assets", "check", "household")]
)
def test_commands_that_look_succeed(tmp_path, words):
    done = call(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_list_says_what_a_repaired_task_repairs(tmp_path):
    said = " ".join(call("vlagen", "list", cwd=tmp_path).stdout.split())
    changes = [change for name in catalog.task_names() for change in catalog.task(name).changes]
    assert changes and [change for change in changes if change not in said] == []


def test_help_begins_with_what_a_newcomer_needs(tmp_path):
    said = call("vlagen-eval", "--help", cwd=tmp_path).stdout
    found = re.findall(r"(?:^╭─ (\w+) |--([a-z-]+))", said, re.MULTILINE)
    names = [title.upper() or option for title, option in found if option != "help"]
    assert names[:9] == [
        "OPTIONS",
        "policy",
        "policy-args",
        "out",
        "SELECTION",
        "suite",
        "conditions",
        "axes",
        "episodes",
    ]
    assert names[names.index("EXECUTION") + 1] == "workers" and "RECORDING" in names


def test_help_is_instant(tmp_path):
    """Budget: 0.5 s (README). Processor time, which another load on the machine does not stretch; best of three."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert call("vlagen-eval", "--help", cwd=tmp_path).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.5
