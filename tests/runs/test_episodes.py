"""One reader: whatever is damaged in a run folder, everything that reads it says the same, and how to repair it."""

import importlib
import json
import re
import shlex
import shutil
import subprocess

import pytest

import vlagen_bench
from helpers.commands import call
from helpers.damages import DAMAGES, LINE_DAMAGES, LOSSES, header, lines_of, write_lines
from helpers.fakes import Stepper
from helpers.runs import HEADER, PLAN, go
from vlagen_bench.cli import leaderboard
from vlagen_bench.cli.compare import compare
from vlagen_bench.cli.replay import replay
from vlagen_bench.cli.report import report
from vlagen_bench.errors import RunError
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.policies import base
from vlagen_bench.runs import episodes
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.records import METRICS, ORACLES

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


def submit(run, whole):
    (run.parent / "card.yaml").write_text("name: mine\n")
    leaderboard.submit(run, out=run.parent / "mine.zip", card=run.parent / "card.yaml")


READERS = {
    "resume": resume,
    "report": lambda run, whole: report(run),
    "load_run": lambda run, whole: vlagen_bench.load_run(run),
    "compare": lambda run, whole: compare((whole, run)),
    "replay": lambda run, whole: replay(run),
    "submit": submit,
    "until": lambda run, whole: EarlyStopping(f"decided:{run}", PLAN),
}


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize("name", DAMAGES)
def test_everything_that_reads_a_damaged_run_says_the_same(run, whole, name, user):
    spoil, says = DAMAGES[name]
    spoil(run)
    with pytest.raises(RunError) as expected:
        episodes.read(run)
    with pytest.raises(RunError, match=says) as caught:
        READERS[user](run, whole)
    assert str(caught.value) == str(expected.value)
    assert len(str(caught.value).splitlines()) == 1 and str(run) in str(caught.value)


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


@pytest.mark.parametrize("tail", [b'{"id": "' + b"a" * 16, b"\0" * 300, b'{"id": "a\r{', b"\r"])
def test_a_last_line_without_its_end_does_not_count_and_that_is_said(run, whole, tail, capsys):
    """A killed process leaves one, and a power failure zeros; resuming removes it."""
    complete = (run / "episodes.jsonl").read_bytes()
    (run / "episodes.jsonl").write_bytes(complete + tail)
    says = f"is not complete ({len(tail)} bytes): it does not count. Repeating the command of the run removes it"
    with pytest.warns(UserWarning, match=re.escape(says)):
        assert vlagen_bench.load_run(run).complete
    for user in ("report", "compare"):
        READERS[user](run, whole)
        assert says in capsys.readouterr().out
    for remark in episodes.read(run).remarks:
        assert says in remark
    with RunFolder.writing(run, HEADER, PLAN) as folder:
        assert [f"was not complete ({len(tail)} bytes) and is removed" in said for said in folder.remarks] == [True]
    assert (run / "episodes.jsonl").read_bytes() == complete


def test_a_carriage_return_inside_a_line_loses_nothing(run):
    lines = lines_of(run)
    write_lines(run, [lines[0], lines[1].replace(": ", ":\r", 1), *lines[2:]])
    assert len(episodes.read(run).results) == 6


def test_a_record_that_breaks_off_is_played_again(run):
    path = run / "episodes.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    assert len(episodes.read(run).results) == 5
    assert len(go(run, Stepper())) == 6


@pytest.mark.parametrize("name", LOSSES)
def test_an_episode_whose_actions_are_lost_is_played_again_and_its_attempt_is_counted(run, name):
    lost = PLAN.episodes[0].id
    LOSSES[name](run / "actions" / f"{lost}.npz")
    with pytest.raises(RunError, match="--retry-lost") as caught:
        list(episodes.of_run(run))
    assert lost in str(caught.value)
    before = episodes.records(run).results
    results = go(run, Stepper(), retry_lost=True)
    assert results.keys() == PLAN.by_id.keys() and {one["outcome"] for one in results.values()} == {"success"}
    found = episodes.read(run)
    assert [len(records) for records in found.attempts.values()] == [2, 1, 1, 1, 1, 1]
    gone = found.attempts[lost][0]
    assert gone.outcome == "error" and "had ended as success" in gone.error and gone.timings == before[lost].timings
    assert len(list(found.takes())) == 6
    again = lines_of(run)
    assert go(run, Stepper(), retry_lost=True).keys() == results.keys() and lines_of(run) == again


def test_a_run_that_is_broken_off_before_a_lost_episode_was_played_says_so(run):
    lost = PLAN.episodes[0].id
    (run / "actions" / f"{lost}.npz").unlink()
    with RunFolder.writing(run, HEADER, PLAN, retry_lost=True) as folder:
        assert not folder.done(lost, retry_errors=False) and "The actions of 1 episodes are lost" in folder.remarks[0]
    with pytest.raises(RunError, match=f"lacks the actions of the episode {lost}"):
        episodes.read(run)
    assert go(run, Stepper(), retry_lost=True)[lost]["outcome"] == "success"
    assert "had ended as success" in episodes.read(run).attempts[lost][0].error


def test_the_command_for_lost_actions_is_that_of_the_run(run):
    (run / "actions" / f"{PLAN.episodes[0].id}.npz").unlink()
    own = "vlagen-eval --policy fake --suite quick --conditions table_test --episodes 3"
    with pytest.raises(RunError, match=re.escape(f"{own} --out {run} --retry-lost")):
        episodes.read(run)
    header(policy={"name": "fake", "arguments": {}, "live": True})(run)
    with pytest.raises(RunError, match=re.escape(f"episodes=3), with out='{run}' and retry_lost=True")):
        episodes.read(run)


def test_the_built_in_policies_that_see_the_state_are_known_to_the_reader():
    assert set(ORACLES) == set(base.BUILT_IN)
    for name, oracle in ORACLES.items():
        module, _, kind = base.BUILT_IN[name].partition(":")
        assert bool(getattr(getattr(importlib.import_module(module), kind), "privileged", False)) == oracle


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

    from vlagen_bench.tasks.behaviour import Behaviour
    from vlagen_bench.tasks.pick_up import PickUpStatus
    from vlagen_bench.tasks.put_on import PutOnStatus

    hints = typing.get_type_hints(PutOnStatus) | typing.get_type_hints(PickUpStatus)
    kinds = (PutOnStatus, PickUpStatus)
    names = {field.name for kind in kinds for field in dataclasses.fields(kind)} - {"success", "success_once"}
    behaviour = {
        field.name: hint
        for field, hint in zip(dataclasses.fields(Behaviour), typing.get_type_hints(Behaviour).values(), strict=True)
    }
    assert set(METRICS) == names | set(behaviour) | {"oversized_steps"}, "that one is the harness's"
    for name, hint in behaviour.items():
        assert (type(None) in METRICS[name]) == (type(None) in typing.get_args(hint)), name
        assert (float in METRICS[name]) == (hint is not int), name
    assert {name for name in names if hints[name] is bool} == {name for name in METRICS if METRICS[name] == (bool,)}
