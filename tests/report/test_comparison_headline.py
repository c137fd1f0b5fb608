"""The sentence that a comparison's page opens with."""

import pytest

from helpers.compared import bad, good, weak
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.comparison_answer import headline


@pytest.fixture
def said(made):
    """What is said of runs with these outcomes."""

    def say(*outcomes, **options):
        found = compare([made(f"run-{number}", outcome, **options) for number, outcome in enumerate(outcomes)])
        return headline(found, {label: f"policy {label}" for label in found.runs})

    return say


@pytest.mark.parametrize("order", [(good, bad), (bad, good)])
def test_the_better_one_is_named_with_both_rates_and_the_interval(said, order):
    text = said(*order)
    winner, loser = ("A", "B") if order[0] is good else ("B", "A")
    assert text.startswith(
        f"policy {winner} is better: it succeeds in 92 % of the same 36 episodes on 12 scenes, policy {loser} in 0 %, 92 points more (95 %: "
    )
    low, high = text.rpartition("95 %: ")[2].removesuffix(").").split(" to ")
    assert 0 < int(low) < 92 <= int(high) <= 100


def test_runs_that_no_test_tells_apart_are_not_ranked(said):
    text = said(good, lambda e: "failure" if e.index == 1 else good(e))
    assert text.startswith(
        "policy A and policy B cannot be told apart: they succeed in 92 % and 83 % of the same 36 episodes on 12 scenes, a difference of −"
    )
    assert "better" not in text


def test_equal_runs_are_not_ranked(said):
    assert "cannot be told apart: they succeed in 92 % and 92 %" in said(good, good)


@pytest.mark.parametrize(
    ("outcomes", "text"),
    [
        ((good, bad, bad), "policy A is the best of 3 policies on the same 36 episodes on 12 scenes."),
        (
            (good, good, bad),
            "Of 3 policies on the same 36 episodes on 12 scenes, policy A and policy B may be the best; policy C is worse.",
        ),
        (
            (good, good, good),
            "Any of 3 policies on the same 36 episodes on 12 scenes may be the best: none is told apart from all others.",
        ),
    ],
)
def test_of_many_the_best_is_named_only_if_it_is_alone(said, outcomes, text):
    assert said(*outcomes) == text


def test_episodes_that_are_left_out_make_it_provisional(said):
    text = said(good, lambda e: "error" if e.index == 3 else bad(e))
    assert text.startswith("Provisional, without 3 episodes: policy A is better")


def test_without_a_common_episode_nothing_is_said(said):
    assert said(good, lambda _: None) == "Nothing can be compared yet: no episode has an outcome in every run."


def test_an_oracle_is_not_ranked(said):
    assert said(good, weak, oracle=True) == "Nothing is ranked: that needs two runs of policies that are not oracles."
