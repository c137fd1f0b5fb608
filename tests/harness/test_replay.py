"""Runs happen again, wherever they are replayed; where they do not, it is said."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.submissions import recorded
from vlagen_bench.axes import AXES, variant_name
from vlagen_bench.cli.replay import replay as command
from vlagen_bench.errors import RunError
from vlagen_bench.harness import header
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.replay import UnrenderedSimulator, replay
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies import base
from vlagen_bench.runs import episodes
from vlagen_bench.runs.actions import read_actions, write_actions
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.records import ADDED
from vlagen_bench.scenes import specs

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]
HASHES = """
import sys
from vlagen_bench.runs import episodes
from vlagen_bench.plan.plan import task_of
from vlagen_bench.harness.replay import UnrenderedSimulator, replay
from pathlib import Path
found = list(episodes.of_run(Path(sys.argv[1])))
task = task_of(found[0].episode.task)
sim = UnrenderedSimulator(task)
for take in found[:: int(sys.argv[2])]:
    print(take.episode.id, replay(take, sim, task).diverges_at)
"""


def test_every_episode_goes_the_same_way_in_any_order(found):
    task = catalog.task("tabletop_put_on")
    sim = UnrenderedSimulator(task)
    for take in (*reversed(found), found[-1]):
        one = replay(take, sim, task)
        assert one.exact and one.disagreements == () and one.steps == len(take.actions) > 5
    assert all(take.record.success_at_end for take in found) and len(found) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "env"),
    [
        (1, {"LP_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}),
        (-1, {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}),
        (1, {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"}),
    ],
)
def test_other_processes_threads_orders_and_mathematics_change_nothing(order, env):
    command = [sys.executable, "-c", HASHES, str(recorded()), str(order)]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=True)
    assert done.stdout.count("None") == 4, done.stdout


@pytest.mark.slow
def test_every_axis_at_its_worst_goes_the_same_way_in_another_process_and_order(tmp_path):
    """Pushes, delays, dropped frames, drawn noise ...: whatever acts while an episode runs comes from its values alone."""
    worst = [variant_name(axis.name, list(axis.variants())[-1]) for axis in AXES]
    suite = dataclasses.replace(catalog.suite("quick"), conditions=tuple(worst), episodes=1)
    made = plan.make_plan(suite)
    path = _recorded(made, catalog.task(suite.task), tmp_path / "run")
    done = subprocess.run(
        [sys.executable, "-c", HASHES, str(path), "-1"],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(worst) > 30 and done.stdout.count(" None\n") == len(made.episodes), done.stdout


def _recorded(made, task, path):
    """A run of random actions, and nothing drawn."""
    wild = base.load("random", {})
    head = header.make(
        made, wild, specs.scene(task.scene), "none", (), execution=Execution(), limits=Limits(), workers=1
    )
    sim = UnrenderedSimulator(task)
    with RunFolder.writing(path, head, made) as folder:
        for played in SerialExecutor(task, sim, PolicyCaller(wild, action_dim=7, sim=sim)).plays(made.episodes):
            folder.add(played.result, played.actions, played.state_hashes)
    return path


@pytest.mark.slow
def test_under_load_nothing_changes():
    """More busy processes than cores, and two replays at once."""
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(1 + (os.cpu_count() or 1))]
    try:
        ran = [
            subprocess.Popen([sys.executable, "-c", HASHES, str(recorded()), order], stdout=subprocess.PIPE, text=True)
            for order in ("1", "-1")
        ]
        said = [one.communicate(timeout=600)[0] for one in ran]
    finally:
        for one in load:
            one.kill()
            one.wait()
    assert [text.count("None") for text in said] == [4, 4], said


@pytest.mark.slow
def test_a_state_that_is_rounded_otherwise_is_seen(run):
    """The tests above can fail: a last bit in an action is another state, a hash that is another is told."""
    first = episodes.read(run).plan.episodes[0]
    actions, hashes = read_actions(run, first.id)
    actions[3, 0] = np.nextafter(actions[3, 0], np.float32(1))
    write_actions(run, first.id, list(actions), [*hashes[:-1], "0" * 16])
    done = subprocess.run([sys.executable, "-c", HASHES, str(run), "1"], capture_output=True, text=True, check=True)
    assert done.stdout.count("None") == 3, done.stdout


@pytest.mark.slow
def test_what_is_drawn_changes_no_state(found):
    from vlagen_bench.sim.simulator import Simulator

    task = catalog.task("tabletop_put_on")
    assert replay(found[1], Simulator.of(task), task).exact


def test_an_edited_action_is_found_in_the_episode_and_step_where_it_stands(run, capsys):
    first = episodes.read(run).plan.episodes[0]
    actions, hashes = read_actions(run, first.id)
    actions[7] += 0.02
    write_actions(run, first.id, list(actions), hashes)
    command(run)
    said = " ".join(capsys.readouterr().out.split())
    assert f"nominal 0 ({first.id}): diverges at step 8 of {len(actions)}" in said
    assert "Re-simulated: 4, of which 3 the same" in said


def test_a_flipped_success_is_found_before_anything_is_simulated(run):
    """The run has the number of steps of a success, which no failure has."""
    lines = [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]
    gone = {"success_once": False, "success_at_end": False}
    lines[2].update(outcome="failure", **gone)
    lines[2]["metrics"].update(first_success_step=None, trouble="still_held")
    (run / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(
        RunError, match=r"line 3: steps is \d+, and an episode of tabletop_put_on with this outcome has 80"
    ):
        command(run, lines[2]["id"])


def test_an_edit_that_contradicts_nothing_is_found_by_simulating(run, capsys):
    lines = [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]
    lines[2]["metrics"].update(wrong_object_moved=True)
    (run / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert command(run, lines[2]["id"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "the metric wrong_object_moved is recorded as True and is False" in said


def test_states_that_differ_count_unless_that_is_said(run, capsys):
    """A flipped bit of the last state's hash, and then a distance that nobody would believe."""
    first = episodes.read(run).plan.episodes[0]
    actions, hashes = read_actions(run, first.id)
    write_actions(run, first.id, list(actions), [*hashes[:-1], f"{int(hashes[-1], 16) ^ 1:016x}"])
    assert command(run, first.id) == 1 and "--states rescored" in capsys.readouterr().out
    assert command(run, first.id, states="rescored") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "its score is the same; its distances differ by 0.0000 m at most, and may by 0.01 m" in said
    lines = [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]
    lines[0]["metrics"]["source_target_m"] = 9.0
    (run / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert command(run, first.id, states="rescored") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "source_target_m is recorded as 9.0 and is 0.0" in said and "further apart than 0.01 m" in said
    assert "the score of 0 stands, of 1 it does not" in said


@pytest.mark.slow
def test_a_film_is_made_of_one_episode(run, tmp_path):
    assert command(run, episodes.read(run).plan.episodes[0].id[:8], video=True, out=tmp_path / "films") == 0
    assert len(list((tmp_path / "films").glob("nominal-*.mp4"))) == 1


def test_a_run_of_an_earlier_release_is_replayed_without_what_it_did_not_record(found):
    """Metrics that were added since are not known there; one that was always recorded, and is gone, is a contradiction."""
    task = catalog.task("tabletop_put_on")
    sim, take = UnrenderedSimulator(task), found[0]
    assert set(ADDED) <= set(take.record.metrics)

    def without(*names):
        metrics = {key: value for key, value in take.record.metrics.items() if key not in names}
        return dataclasses.replace(take, record=dataclasses.replace(take.record, metrics=metrics))

    assert replay(without(*ADDED), sim, task).disagreements == ()
    (why,) = replay(without("grasped"), sim, task).disagreements
    assert "the metric grasped is recorded as None" in why
    forged = dataclasses.replace(take.record, metrics=take.record.metrics | {"progress": 0.5})
    (why,) = replay(dataclasses.replace(take, record=forged), sim, task).disagreements
    assert "the metric progress is recorded as 0.5 and is 1.0" in why
