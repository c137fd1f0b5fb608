"""One reader: whatever is damaged in a run folder, everything that reads it says the same, and how to repair it."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

import vlagen_bench
from helpers.commands import call
from helpers.fakes import Stepper
from helpers.runs import HEADER, PLAN, go
from vlagen_bench.errors import RunError
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.leaderboard.submit import members_of
from vlagen_bench.report import comparison, report
from vlagen_bench.runs import episodes
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.records import METRICS

REPAIR_A_LINE = r"Remove that line \(sed -i.bak {}d .*episodes.jsonl\), .* repeat the command of the run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "whole"
    go(path, Stepper())
    return path


@pytest.fixture
def run(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "run")


def resume(run, whole):
    with RunFolder.writing(run, HEADER, PLAN):
        pass


READERS = {
    "resume": resume,
    "report": lambda run, whole: report.make(run),
    "load_run": lambda run, whole: vlagen_bench.load_run(run),
    "compare": lambda run, whole: comparison.compare([whole, run]),
    "replay": lambda run, whole: list(episodes.of_run(run)),
    "submit": lambda run, whole: members_of(run, b""),
    "until": lambda run, whole: EarlyStopping(f"decided:{run}", PLAN),
}


def lines_of(run):
    return (run / "episodes.jsonl").read_text().splitlines(keepends=True)


def write_lines(run, lines):
    (run / "episodes.jsonl").write_text("".join(lines))


def line(number, **changes):
    """Changes keys of a line; None removes the key."""

    def damage(run):
        lines = lines_of(run)
        record = json.loads(lines[number - 1]) | changes
        lines[number - 1] = json.dumps({key: value for key, value in record.items() if value is not ...}) + "\n"
        write_lines(run, lines)

    return damage


def text_of_line(number, text):
    def damage(run):
        lines = lines_of(run)
        lines[number - 1] = text
        write_lines(run, lines)

    return damage


def header(**changes):
    def damage(run):
        content = json.loads((run / "header.json").read_text()) | changes
        content = {key: value for key, value in content.items() if value is not ...}
        (run / "header.json").write_text(json.dumps(content))

    return damage


def plan(change):
    def damage(run):
        content = json.loads((run / "plan.json").read_text())
        change(content)
        (run / "plan.json").write_text(json.dumps(content))

    return damage


LINE_DAMAGES = {
    "broken JSON in the middle": (text_of_line(2, '{"id": \n'), 2, "is not a record of an episode"),
    "an empty line": (text_of_line(2, "\n"), 2, "is not a record of an episode"),
    "a list for a line": (text_of_line(3, "[]\n"), 3, "is not a record of an episode"),
    "NaN": (text_of_line(3, '{"id": NaN}\n'), 3, "is not a record of an episode"),
    "an id that is not in the plan": (line(4, id="ff"), 4, "the episode ff is not in plan.json"),
    "an id of a wrong type": (line(4, id=["ff"]), 4, "is not in plan.json"),
    "the outcome turned": (line(2, outcome="failure"), 2, "the outcome is 'failure', but success_at_end is true"),
    "the flag turned": (line(2, success_at_end=False), 2, "the outcome is 'success', but success_at_end is false"),
    "the other flag turned": (line(2, success_once=False), 2, "success_at_end is true, but success_once is false"),
    "an outcome without flags": (line(2, success_at_end=None), 2, "but a success flag is null"),
    "an error with flags": (line(2, outcome="error", error="it broke"), 2, "but there is a success flag"),
    "an error that is not said": (
        line(2, outcome="error", success_at_end=None, success_once=None), 2, "but the error is not said",
    ),
    "an error of a success": (line(2, error="it broke"), 2, "but there is an error"),
    "an outcome that is a list": (line(2, outcome=["success"]), 2, "outcome: expected one of"),
    "an unknown outcome": (line(2, outcome="won"), 2, "outcome: expected one of"),
    "steps that are text": (line(2, steps="4"), 2, "steps: expected an int"),
    "negative steps": (line(2, steps=-1), 2, "steps is -1"),
    "metrics that are a list": (line(2, metrics=[]), 2, "metrics: expected a mapping"),
    "a metric that is a list": (line(2, metrics={"trouble": ["dropped"]}), 2, "the metric trouble is"),
    "a metric that is null": (line(2, metrics={"grasped": None}), 2, "the metric grasped is None"),
    "a metric that is a number": (line(2, metrics={"grasped": 1}), 2, "the metric grasped is 1"),
    "a time that is text": (line(2, timings={"total_s": "long"}), 2, "the timing total_s is 'long'"),
    "a key that is missing": (line(2, steps=...), 2, "the key 'steps' is missing"),
    "a key that is unknown": (line(2, colour="red"), 2, "There is no key 'colour'"),
    "a condition renamed": (line(2, condition="nominal", twin=None), 2, "is not that of the episode"),
    "values edited": (line(2, values={}), 2, "'values' is not that of the episode"),
    "an episode twice": (lambda run: write_lines(run, [*lines_of(run), lines_of(run)[0]]), 7, "has a result already"),
}  # fmt: skip
FILE_DAMAGES = {
    "no header": (lambda run: (run / "header.json").unlink(), "is not a run folder: it has no header.json. It has results"),
    "a header that is not JSON": (lambda run: (run / "header.json").write_text("{"), "header.json cannot be read"),
    "a header that is a list": (lambda run: (run / "header.json").write_text("[]"), "header.json cannot be read"),
    "a header of bytes": (lambda run: (run / "header.json").write_bytes(b"\xff\xfe"), "header.json cannot be read"),
    "a header without a suite": (header(suite=...), "header.json: the key 'suite' is missing"),
    "a header without a policy": (header(policy=...), "header.json: the key 'policy' is missing"),
    "a header without a pack": (header(pack=...), "header.json: the key 'pack' is missing"),
    "a header with a key more": (header(colour="red"), "header.json: There is no key 'colour'"),
    "an oracle that is text": (header(oracle="no"), "header.json: oracle: expected a bool"),
    "another schema": (header(schema=2), "was written in schema 2"),
    "another plan's hash": (header(plan_hash="0"), "plan.json is not the plan that header.json names"),
    "another suite": (header(suite={"name": "core", "version": 1, "task": "x"}), "is not the plan that header.json"),
    "other conditions": (header(conditions=["nominal"]), "is not the plan that header.json names"),
    "no plan": (lambda run: (run / "plan.json").unlink(), "plan.json cannot be read: there is no such file"),
    "a plan that is not JSON": (lambda run: (run / "plan.json").write_text("{"), "plan.json cannot be read"),
    "a plan that is a list": (lambda run: (run / "plan.json").write_text("[]"), "it has no list of episodes"),
    "a plan without episodes": (plan(lambda p: p["episodes"].clear()), "is not the plan that header.json names"),
    "a plan's episode edited": (plan(lambda p: p["episodes"][1].update(seed=9)), "it was edited"),
    "a plan's episode of a wrong type": (plan(lambda p: p["episodes"].__setitem__(1, 3)), r"episodes\[1\]: expected"),
    "a plan's suite edited": (plan(lambda p: p["suite"].update(colour="red")), "There is no key 'colour'"),
    "results that are a folder": (
        lambda run: [(run / "episodes.jsonl").unlink(), (run / "episodes.jsonl").mkdir()], "episodes.jsonl cannot be read"
    ),
}  # fmt: skip
DAMAGES = {name: (spoil, says) for name, (spoil, _, says) in LINE_DAMAGES.items()} | FILE_DAMAGES


@pytest.mark.parametrize("name", DAMAGES)
def test_everything_that_reads_a_damaged_run_says_the_same(run, whole, name):
    spoil, says = DAMAGES[name]
    spoil(run)
    said = {}
    for reader, function in READERS.items():
        with pytest.raises(RunError, match=says) as caught:
            function(run, whole)
        said[reader] = str(caught.value)
    assert len(set(said.values())) == 1, said
    assert len(said["report"].splitlines()) == 1 and str(run) in said["report"]


@pytest.mark.parametrize("name", LINE_DAMAGES)
def test_a_damaged_line_is_repaired_by_what_the_sentence_says(run, whole, name):
    spoil, number, _ = LINE_DAMAGES[name]
    spoil(run)
    with pytest.raises(RunError, match=f"line {number}.*{REPAIR_A_LINE.format(number)}") as caught:
        episodes.read(run)
    command = re.search(r"\((sed .*?)\), which", str(caught.value))[1]
    subprocess.run(shlex.split(command), check=True)
    results = go(run, Stepper())
    assert results.keys() == PLAN.by_id.keys() and {one["outcome"] for one in results.values()} == {"success"}


def test_a_lost_plan_is_written_again_by_the_command_of_the_sentence(run):
    (run / "plan.json").unlink()
    with pytest.raises(RunError, match="Write it again: vlagen plan") as caught:
        episodes.read(run)
    command = shlex.split(str(caught.value).partition("Write it again: ")[2])
    assert call(*command, cwd=run).returncode == 0
    assert episodes.read(run).plan.hash == PLAN.hash


@pytest.mark.parametrize("tail", [b'{"id": "' + b"a" * 16, b"\0" * 300])
def test_a_last_line_without_its_end_does_not_count(run, whole, tail):
    """A killed process leaves one; resuming removes it."""
    complete = (run / "episodes.jsonl").read_bytes()
    (run / "episodes.jsonl").write_bytes(complete + tail)
    for reader in ("report", "load_run", "compare", "replay", "until", "submit", "resume"):
        READERS[reader](run, whole)
    assert (run / "episodes.jsonl").read_bytes() == complete


def test_a_record_that_breaks_off_is_played_again(run):
    path = run / "episodes.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    assert len(episodes.read(run).results) == 5
    assert len(go(run, Stepper())) == 6


def test_lost_or_damaged_actions_are_said_with_the_repair(run):
    name = PLAN.episodes[0].id
    (run / "actions" / f"{name}.npz").write_bytes(b"")
    with pytest.raises(RunError, match=r"is damaged.*To have the episode played again: sed -i"):
        list(episodes.of_run(run))
    (run / "actions" / f"{name}.npz").unlink()
    with pytest.raises(RunError, match="has no recorded actions") as caught:
        list(episodes.of_run(run))
    command = re.search(r"(sed -i .*), then repeat", str(caught.value))[1]
    subprocess.run(shlex.split(command), check=True)
    assert set(PLAN.by_id) - set(episodes.read(run).results) == {name}
    go(run, Stepper())
    assert len(list(episodes.of_run(run))) == 6


def test_every_attempt_is_kept(run):
    lines = lines_of(run)
    first = json.loads(lines[0])
    failed = first | {"outcome": "error", "success_once": None, "success_at_end": None, "error": "it broke"}
    write_lines(run, [json.dumps(failed) + "\n", *lines])
    found = episodes.read(run)
    assert [one.outcome for one in found.attempts[first["id"]]] == ["error", "success"]
    assert found.results[first["id"]].outcome == "success" and len(found.results) == 6


def test_the_parts_of_a_run_are_typed(run):
    found = episodes.read(run)
    assert found.header.policy.name == "fake" and found.header.suite.name == "quick"
    assert found.plan == PLAN and found.plan.hash == found.header.plan_hash
    (take,) = found.takes(PLAN.episodes[2].id)
    assert take.episode == PLAN.episodes[2] and take.actions.shape == (4, 7) and len(take.state_hashes) == 5


@pytest.mark.sim
def test_the_metrics_of_the_simulator_have_the_types_that_are_checked():
    import dataclasses
    import typing

    from vlagen_bench.tasks.put_on import PutOnStatus as Status

    hints = typing.get_type_hints(Status)
    names = {field.name for field in dataclasses.fields(Status)} - {"success", "success_once"}
    assert set(METRICS) == names
    assert {name for name in names if hints[name] is bool} == {name for name in METRICS if METRICS[name] == (bool,)}
