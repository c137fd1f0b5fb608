"""Findings: paired differences, their tests, Holm's adjustment, and what they say of the paper."""

import dataclasses

import pytest

from helpers.studied import evaluation, small
from vlagen_bench.statistics.paired import mcnemar, tango
from vlagen_bench.train.study import contrasts
from vlagen_bench.train.study.config import Hypothesis

NOMINAL = ("nominal",)


def test_one_condition_is_tested_by_pairs():
    better, base = evaluation({"nominal": "1" * 12 + "0" * 8}), evaluation({"nominal": "1" * 3 + "0" * 17})
    found = contrasts.difference(better, base, NOMINAL)
    assert (found.value, found.pairs, found.scenes) == (0.45, 20, 20)
    assert found.p == mcnemar(9, 0) and (found.low, found.high) == tango(9, 0, 20)


def test_errors_and_missing_episodes_enter_no_pair():
    found = contrasts.difference(evaluation({"nominal": "11e1"}), evaluation({"nominal": "0-01"}), NOMINAL)
    assert (found.pairs, found.value) == (2, 0.5)


def test_pooled_conditions_are_tested_over_scenes():
    better = evaluation({"a": "1111110000", "b": "1111110000"})
    base = evaluation({"a": "0000000000", "b": "0000000000"})
    found = contrasts.difference(better, base, ("a", "b"))
    assert (found.pairs, found.scenes, found.value) == (20, 10, 0.6)
    assert found.p >= 2 * 0.5**6, "twelve pairs that differ are no more than six scenes"
    assert mcnemar(12, 0) < found.p < 0.05


def test_the_interval_holds_0_where_p_is_not_small():
    better, base = evaluation({"a": "1100", "b": "1010"}), evaluation({"a": "0100", "b": "0011"})
    found = contrasts.difference(better, base, ("a", "b"))
    assert found.p >= 0.05 and found.low <= 0 <= found.high


def test_a_gain_beyond_another_is_the_difference_of_both():
    better = evaluation({"far": "1" * 15 + "0" * 5, "near": "1" * 10 + "0" * 10})
    base = evaluation({"far": "0" * 20, "near": "1" * 8 + "0" * 12})
    found = contrasts.gain_beyond(better, base, ("far",), ("near",))
    assert found.value == pytest.approx(0.75 - 0.1) and found.p < 0.01 and found.low > 0
    equal = contrasts.gain_beyond(better, base, ("far",), ("far",))
    assert equal is None, "scenes that all agree show no spread"


def test_a_gain_beyond_another_needs_whole_scenes():
    better, base = evaluation({"far": "1101", "near": "1-01"}), evaluation({"far": "0010", "near": "0011"})
    assert contrasts.gain_beyond(better, base, ("far",), ("near",)).scenes == 3


def hypothesis(id="H1", **more):
    said = {"says": "It helps.", "paper": "+15.7", "better": "ppo", "than": "sft", "conditions": NOMINAL}
    return Hypothesis(id=id, **{**said, **more})


def verdict(better, base, **more):
    config = small()
    config = dataclasses.replace(config, hypotheses=(hypothesis(**more),))
    (finding,) = contrasts.findings(
        config, {"ppo": evaluation({"nominal": better}), "sft": evaluation({"nominal": base})}
    )
    return finding


def test_a_clear_gain_agrees():
    finding = verdict("1" * 40 + "0" * 10, "1" * 20 + "0" * 30)
    assert finding.verdict == "agrees" and finding.adjusted < 0.05 and finding.is_replicated is None


def test_a_clear_loss_contradicts():
    assert verdict("1" * 20 + "0" * 30, "1" * 40 + "0" * 10).verdict == "contradicts"


def test_no_difference_in_many_pairs_contradicts():
    assert verdict("1" * 200 + "0" * 200, "1" * 200 + "0" * 200).verdict == "contradicts"


def test_no_difference_in_few_pairs_is_undecided():
    assert verdict("1" * 10 + "0" * 10, "1" * 10 + "0" * 10).verdict == "undecided"


def test_what_lacks_a_policy_or_a_condition_is_not_run():
    config = dataclasses.replace(
        small(), hypotheses=(hypothesis(), hypothesis(id="H2", conditions=("nominal", "other")))
    )
    first, second = contrasts.findings(config, {"sft": evaluation({"nominal": "1"})})
    assert (first.verdict, first.difference, second.verdict) == ("not run", None, "not run")


def test_holm_counts_hypotheses_that_were_not_run():
    config = dataclasses.replace(small(), hypotheses=(hypothesis(), hypothesis(id="H2", conditions=("other",))))
    both = {"ppo": evaluation({"nominal": "1" * 6}), "sft": evaluation({"nominal": "0" * 6})}
    first, _ = contrasts.findings(config, both)
    assert first.adjusted == 2 * first.difference.p == 2 * mcnemar(6, 0)
    assert first.verdict == "undecided", "of two tests"


def test_exploratory_hypotheses_are_not_adjusted():
    finding = verdict("1" * 40 + "0" * 10, "1" * 20 + "0" * 30, family="exploratory")
    assert finding.adjusted is None and finding.difference.p < 0.05


@pytest.mark.parametrize(("second", "replicated"), [("1" * 40 + "0" * 10, True), ("1" * 20 + "0" * 30, False)])
def test_a_second_seed_replicates_or_does_not(second, replicated):
    config = dataclasses.replace(small(), hypotheses=(hypothesis(replicate="ppo-2"),))
    outcomes = {"ppo": "1" * 40 + "0" * 10, "ppo-2": second, "sft": "1" * 20 + "0" * 30}
    (finding,) = contrasts.findings(config, {name: evaluation({"nominal": said}) for name, said in outcomes.items()})
    assert finding.verdict == "agrees" and finding.is_replicated is replicated
