"""The sentence that a report opens with."""

import pytest

from helpers.fabricated import fabricate
from vlagen_bench.report import load
from vlagen_bench.report.html.answer import answer
from vlagen_bench.report.html.data import gather

FEW, ALL = ("nominal", "lighting_l3", "mass_l3", "table_test"), None


@pytest.fixture
def said(tmp_path):
    """What the report of a run with these outcomes opens with."""

    def say(outcome, suite="quick", **options):
        run = load.read(fabricate(tmp_path / "run", suite, outcome, **{"episodes": 24, "conditions": FEW, **options}))
        return answer(run.report, gather(run))

    return say


def light_hurts(episode):
    """Light costs three of four episodes, and nothing else costs any."""
    return (
        "failure" if episode.index % 4 == 3 or (episode.condition == "lighting_l3" and episode.index % 4) else "success"
    )


def test_the_axis_that_costs_most_is_named_with_its_interval(said):
    text = said(light_hurts)
    assert text.startswith(
        "On unchanged scenes the policy succeeds in 75 % of 24 episodes; lighting costs it most: 50 points (95 %: "
    )
    assert text.endswith(").") and " to " in text


def test_axes_that_cost_alike_are_named_together(said):
    text = said(lambda e: "failure" if e.condition in ("lighting_l3", "mass_l3") and e.index % 2 else "success")
    assert "what costs it most is among lighting: 50 points (95 %: " in text and " and mass: 50 points (" in text


def test_an_axis_with_the_largest_estimate_is_not_named_unless_a_test_says_so(said):
    text = said(lambda e: "failure" if e.condition == "mass_l3" and e.index < 3 else "success", episodes=8)
    assert "mass" not in text and "succeeds in 8 of 8 episodes" in text
    assert "no change has a drop that can be told from chance: with 8 scenes, an average drop of up to" in text


def test_a_cost_of_all_changes_together_is_said_where_no_single_one_can_be_named(said):
    names = ("lighting_l3", "mass_l3", "table_test", "object_test", "reposition_l3", "camera_pose_l3", "instruction_l3")

    def outcome(episode):
        return (
            "failure"
            if episode.condition in names and (names.index(episode.condition) + episode.index) % 8 < 3
            else "success"
        )

    text = said(outcome, episodes=16, conditions=ALL)
    assert "changes cost it" in text and "on average, but no single one of 9 changes can be named" in text


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (
            "success",
            "The policy succeeds in all 40 episodes, on changed scenes as on unchanged ones; no change has a drop that can be told from "
            "chance: with 4 scenes, an average drop of up to 72 points cannot be excluded.",
        ),
        (
            "failure",
            "The policy fails in all 40 episodes, on changed scenes as on unchanged ones; without success on unchanged scenes, what "
            "changes cost cannot be measured.",
        ),
        ("error", "Nothing is known of the policy yet: none of 40 episodes has an outcome."),
        (None, "Nothing is known of the policy yet: none of 40 episodes has an outcome."),
    ],
)
def test_all_alike(said, outcome, text):
    assert said(lambda _: outcome, episodes=4, conditions=ALL) == text


def test_an_incomplete_run_is_provisional(said):
    text = said(lambda e: None if e.index == 3 else "error" if e.index == 2 else "success", episodes=4, conditions=ALL)
    assert text.startswith("Provisional, from 20 of 40 episodes: the policy succeeds in all 20 episodes")


def test_an_oracle_is_called_one(said):
    assert said(light_hurts, oracle=True).startswith("On unchanged scenes the oracle succeeds in 75 %")


def test_a_run_without_changes_says_nothing_of_them(said):
    text = said(lambda _: "success", conditions=("nominal",))
    assert text.endswith("only unchanged scenes were planned, so nothing is known of changes.")


def test_what_succeeds_only_where_scenes_are_changed_has_no_cost(said):
    text = said(lambda e: "success" if e.condition == "mass_l3" else "failure", episodes=4)
    assert text.startswith(
        "On unchanged scenes the policy succeeds in 0 of 4 episodes; on changed ones in 4 of 12 episodes; without"
    )


def test_changes_that_help_cost_nothing(said):
    text = said(lambda e: "failure" if e.condition == "nominal" and e.index < 18 else "success")
    assert "changes cost it nothing: on changed scenes it succeeds more often, by 75 points (95 %: " in text


def test_without_twins_no_axis_is_named(said):
    text = said(
        lambda e: "failure" if e.condition != "in_distribution" and e.index % 2 else "success",
        "paper",
        episodes=16,
        conditions=("in_distribution", "unseen_table", "noise_weak"),
    )
    assert "on changed ones in 50 % of 32 episodes: changes cost it 50 points (95 %: " in text
