"""What a replay says of records that differ."""

import dataclasses
import json

import pytest

from vlagen_bench.cli.replay import replay as command
from vlagen_bench.harness.replay import Resimulation, compare
from vlagen_bench.runs.actions import write_actions

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def again(take, **changes):
    record = take.record
    same = {
        "state_hashes": take.state_hashes, "ended": True, "success": record.success_at_end,
        "success_once": record.success_once, "metrics": record.metrics,
    }  # fmt: skip
    return Resimulation(**{**same, **changes})


@pytest.mark.parametrize(("changes", "at", "says"), [
    ({}, None, ()),
    ({"state_hashes": ()}, 0, ()),
    ({"state_hashes": (), "metrics": {}}, 0, ("source_target_m is recorded as",)),
    ({"state_hashes": (), "metrics": {"source_target_m": 0.009}}, 0, ()),
    ({"state_hashes": (), "metrics": {"source_target_m": 0.011}}, 0, ("further apart than 0.01 m",)),
    ({"state_hashes": (), "metrics": {"source_target_m": "0"}}, 0, ("further apart",)),
    ({"state_hashes": (), "metrics": {"source_target_m": float("nan")}}, 0, ("further apart",)),
    ({"metrics": {"source_target_m": 0.0001}}, None, ("the metric source_target_m",)),
    ({"metrics": {}}, None, ("the metric",)),
    ({"success": False}, None, ("success is recorded as true and is false",)),
    ({"success_once": False}, None, ("success_once is recorded as true and is false",)),
    ({"ended": False}, None, ("is not over after the",)),
    ({"error": "simulator: it broke"}, None, ("it broke",)),
])  # fmt: skip
def test_what_is_scored_otherwise(found, changes, at, says):
    if "state_hashes" in changes:
        changes = changes | {"state_hashes": ("0" * 16,) * len(found[0].state_hashes)}
    if changes.get("metrics"):  # beyond what is recorded
        recorded, moved = found[0].record.metrics, changes["metrics"]["source_target_m"]
        moved = recorded["source_target_m"] + moved if isinstance(moved, float) else moved
        changes = changes | {"metrics": recorded | {"source_target_m": moved}}
    one = compare(found[0], again(found[0], **changes))
    assert one.diverges_at == at
    assert bool(one.disagreements) == bool(says) and all(word in " ".join(one.disagreements) for word in says)


def test_behaviour_is_compared_where_states_are_the_same_and_only_there(found):
    """Forces and jerk depend on the last bits of a contact."""
    recorded = found[0].record.metrics
    other = recorded | {"jerk_rms_m_s3": (recorded["jerk_rms_m_s3"] or 0) + 5, "path_m": recorded["path_m"] + 0.5}
    says = " ".join(compare(found[0], again(found[0], metrics=other)).disagreements)
    assert "the metric jerk_rms_m_s3" in says and "the metric path_m" in says
    states = ("0" * 16,) * len(found[0].state_hashes)
    assert compare(found[0], again(found[0], metrics=other, state_hashes=states)).disagreements == ()


def test_an_error_has_no_score_and_is_compared_as_far_as_it_goes(found):
    """Whatever broke: before the first state, between two, or again in the repetition."""
    take = found[0]
    record = dataclasses.replace(
        take.record, outcome="error", success_once=None, success_at_end=None, metrics={}, error="simulator: it broke"
    )
    for states, actions in ((0, 0), (1, 0), (4, 3)):
        short = dataclasses.replace(
            take, record=record, actions=take.actions[:actions], state_hashes=take.state_hashes[:states]
        )
        for other in (again(take, ended=False), again(take, state_hashes=(), error="simulator: it broke")):
            one = compare(short, other)
            assert one.exact and one.disagreements == () and not one.scored
    parted = compare(dataclasses.replace(take, record=record, state_hashes=("0" * 16,)), again(take))
    assert parted.where == "in the scene itself"


def test_errors_are_counted_apart(run, capsys):
    lines = [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]
    lines[1].update(
        outcome="error", success_at_end=None, success_once=None, steps=0, metrics={}, error="simulator: it broke"
    )
    (run / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_actions(run, lines[1]["id"], [], [])
    assert command(run) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "diverges" not in said and "the score of 3 stands, of 0 it does not; 1 were recorded as errors" in said


def test_an_episode_that_ends_earlier_diverges_where_it_ends(found):
    one = compare(found[0], again(found[0], state_hashes=found[0].state_hashes[:5]))
    assert one.diverges_at == 5
    assert f"over after 4 actions, and {len(found[0].actions)} are recorded" in one.disagreements[0]
