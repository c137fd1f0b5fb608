"""Rules of `--until` that can never be fulfilled are refused before the first episode; scores other than success are compared."""

import json
import re

import pytest

from helpers.fabricated import fabricate
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.plan.selection import make_plan
from vlagen_bench.runs import episodes
from vlagen_bench.statistics.sequential import confidence_sequence


def short_plan(path, num_scenes, outcome="success", **metrics):
    """A plan of so many scenes, and the run of it in `path`, with the same outcome everywhere."""
    fabricate(path, "quick", lambda _: outcome, episodes=num_scenes, conditions=("table_test",))
    lines = [json.loads(line) for line in (path / "episodes.jsonl").read_text().splitlines()]
    text = "".join(json.dumps(line | {"metrics": line["metrics"] | metrics}) + "\n" for line in lines)
    (path / "episodes.jsonl").write_text(text)
    return episodes.read(path).plan


def test_a_plan_of_too_few_scenes_is_refused_before_it_starts(tmp_path):
    """Two policies of 4 scenes cannot be told apart, whatever they do."""
    few = short_plan(tmp_path / "a", 4)
    with pytest.raises(
        ConfigError, match=r"with 4 scenes, even if one .*p is at least 0\.125\. 6 scenes are the fewest"
    ):
        EarlyStopping(f"decided:{tmp_path / 'a'}", few)
    enough = short_plan(tmp_path / "b", 6)
    assert "after 6 of 6 scenes" in EarlyStopping(f"decided:{tmp_path / 'b'}", enough).outlook
    broken = short_plan(tmp_path / "c", 16, "error")
    with pytest.raises(ConfigError, match="in too few of the 16 scenes the other run leaves room"):
        EarlyStopping(f"decided:{tmp_path / 'c'}", broken)


def test_a_width_that_no_outcome_can_reach_is_refused_before_it_starts(tmp_path):
    few = short_plan(tmp_path / "a", 16)
    with pytest.raises(ConfigError, match=r"narrower than 0.27 .* 53 episodes of each condition are the fewest"):
        EarlyStopping("width<0.1", few)
    assert confidence_sequence(52, 52)[0] <= 0.9 < confidence_sequence(53, 53)[0]
    assert EarlyStopping("width<0.4", few).outlook is None


def test_the_rules_know_conditions_that_take_turns(tmp_path):
    fabricate(tmp_path / "a", "core-small", lambda one: "failure", episodes=12)
    few = episodes.read(tmp_path / "a").plan
    assert "of 12 scenes" in EarlyStopping(f"decided:{tmp_path / 'a'}", few).outlook


def test_the_width_of_conditions_that_take_turns_is_advised_in_scenes():
    with pytest.raises(
        ConfigError, match=r"7 episodes of each condition are the fewest: give --episodes (\d+)"
    ) as said:
        EarlyStopping("width<0.5", make_plan("core-small"))
    advised = int(re.search(r"--episodes (\d+)", str(said.value))[1])
    assert advised > 7 and EarlyStopping("width<0.5", make_plan("core-small", episodes=advised)).outlook is None


def test_runs_are_told_apart_by_their_scores(tmp_path):
    made = short_plan(tmp_path / "a", 16, "failure", progress=0.5)
    stop = EarlyStopping(f"decided-progress:{tmp_path / 'a'}", made)
    for episode in (e for e in stop._plan if e.condition == "table_test"):
        assert not stop.decided or episode.index >= 8
        stop.ended(episode.id, {"outcome": "failure", "metrics": {"progress": 0.7}})
    assert stop.decided and "+20 points of progress over 11 of 16 scenes" in stop.verdict
    with pytest.raises(ConfigError, match="episodes of this run have no number progress between 0 and 1"):
        stop.ended("anything", {"outcome": "failure", "metrics": {"progress": True}})
    without = short_plan(tmp_path / "b", 16)
    with pytest.raises(ConfigError, match="/b have no number progress between 0 and 1: it was recorded by a release"):
        EarlyStopping(f"decided-progress:{tmp_path / 'b'}", without)
