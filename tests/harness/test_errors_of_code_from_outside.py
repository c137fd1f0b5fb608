"""Errors of an axis or a family from outside: named with file and line in runs, environments and commands."""

import json

import gymnasium
import pytest

from helpers import outside
from helpers.commands import call, here
from vlagen_bench.errors import CodeError
from vlagen_bench.utils import plugins

pytestmark = [pytest.mark.sim, pytest.mark.slow]

APPLY = "        lights = [Light("
CARRY = "    def carry(self, facts):"
JUDGE = "        moved_m = float("
FAULTS = {
    "axis": ("axes/gloom.py", APPLY, "        undefined\n" + APPLY, "axis gloom (gloom.py:{line}): NameError"),
    "judge": ("tasks/touch.py", JUDGE, "        undefined\n" + JUDGE, "family touch (touch.py:{line}): NameError"),
    "mode": (
        "tasks/touch.py", '"never_reached"\n', '"neverreached"\n',
        "family touch (touch.py): its judge names a failure mode that it does not declare. There is no failure mode 'neverreached'. "
        "Did you mean 'never_reached'?",
    ),
    "expert": (
        "tasks/touch.py", CARRY, "    def decide(self, facts):\n        undefined\n\n" + CARRY,
        "expert of the family touch (touch.py:{line}): NameError",
    ),
}  # fmt: skip
COMMANDS = {
    "axis": [
        ("certify", "--conditions", "gloom_l3", "--episodes", "1"),
        ("certify", "--conditions", "gloom_l3", "--episodes", "1", "--workers", "2"),
        ("render", "--conditions", "gloom_l3", "--episodes", "1"),
        ("render", "--axis", "gloom", "--episodes", "1"),
        ("calibrate", "--axis", "gloom", "--episodes", "2", "--out", "curves"),
    ],
    "judge": [("certify", "--conditions", "nominal", "--episodes", "1")],
    "expert": [("certify", "--conditions", "nominal", "--episodes", "1")],
}
TASK = ("--include", "touching", "--task", "tabletop_touch")


def broken(home, name):
    """The folder `touching` with one fault, and what is said of it."""
    place = outside.touching(home)
    (place / "axes").mkdir()
    (place / "axes" / "gloom.py").write_text(outside.AXIS)
    path, old, new, says = FAULTS[name]
    text = (place / path).read_text()
    assert old in text
    text = text.replace(old, new)
    (place / path).write_text(text)
    line = next((number for number, one in enumerate(text.splitlines(), 1) if one.strip() == "undefined"), None)
    return place, says.format(line=line)


@pytest.mark.parametrize("name", ["axis", "judge", "mode"])
def test_a_run_records_whose_error_it_is_and_where(tmp_path, name):
    _, says = broken(tmp_path, name)
    words = (
        *TASK,
        "--conditions",
        "gloom_l3",
        "--episodes",
        "1",
        "--policy",
        "noop",
        "--video",
        "none",
        "--out",
        "run",
    )
    done = here("vlagen-eval", *words, cwd=tmp_path)
    assert "Traceback" not in done.stderr
    lines = (tmp_path / "run" / "episodes.jsonl").read_text().splitlines()
    errors = [one["error"] for one in map(json.loads, lines) if one["condition"] == "gloom_l3"]
    assert len(errors) == 1 and errors[0].startswith(says), errors


@pytest.mark.parametrize("name", ["axis", "judge", "mode"])
def test_the_environment_raises_the_same_sentence(tmp_path, name):
    place, says = broken(tmp_path, name)
    with outside.forgotten():
        plugins.include(place)
        env = gymnasium.make("VLAGen/TabletopTouch-GloomL3-v1")
        with pytest.raises(CodeError) as error:
            env.reset(seed=0)
        env.close()
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, all_ in COMMANDS.items() for words in all_])
def test_a_command_says_it_in_one_sentence(tmp_path, name, words):
    _, says = broken(tmp_path, name)
    done = (call if "--workers" in words else here)("vlagen", *words, *TASK, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert f"error: {says}" in done.stderr


def test_an_expert_that_cannot_be_imported_is_a_sentence_of_the_family(tmp_path):
    place, _ = broken(tmp_path, "axis")
    file = place / "tasks" / "touch.py"
    file.write_text(file.read_text().replace('f"{__name__}:TouchRoutine"', '"nope:X"'))
    says = "family touch (touch.py): its expert is 'nope:X', which cannot be imported: ModuleNotFoundError"
    done = here("vlagen", "certify", *TASK, "--conditions", "nominal", "--episodes", "1", cwd=tmp_path)
    assert done.returncode == 2 and f"error: {says}" in done.stderr, done.stderr
