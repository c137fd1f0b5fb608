"""Interaction is counted on the same draws, and never made up where there is none."""

import numpy as np
import pytest

from vlagen_bench.report.interaction import interactions

NAMES = ("a_l1", "b_l1", "a_l1+b_l1")


def run(outcomes: dict[str, list[bool | None]]):
    """Episodes and records; `clean` are the twins. None: ended as an error."""
    planned, results = [], {}
    for name, successes in outcomes.items():
        for index, success in enumerate(successes):
            episode = {"id": f"{name}{index}", "condition": name, "index": index}
            episode["twin"] = None if name == "clean" else f"clean{index}"
            planned.append(episode)
            outcome = "error" if success is None else "success" if success else "failure"
            results[episode["id"]] = {"outcome": outcome}
    return planned, results


def test_more_than_the_sum():
    good, bad = [True] * 10, [False] * 10
    (found,) = interactions(*run({"clean": good, "a_l1": good, "b_l1": good, "a_l1+b_l1": bad}))
    assert (found.joint_drop, found.summed_drops, found.excess, found.n) == (1.0, 0.0, 1.0, 10)
    assert found.low is None, "ten equal numbers say nothing of their spread"


def test_an_error_anywhere_leaves_its_index_out():
    outcomes = {name: [True, True, False] for name in NAMES} | {"clean": [True, True, True]}
    outcomes["b_l1"] = [None, True, True]
    (found,) = interactions(*run(outcomes))
    assert found.n == 2


def test_no_parts_no_interaction():
    assert interactions(*run({"clean": [True], "a_l1": [True], "a_l1+b_l1": [True]})) == ()


def test_the_interval_covers():
    rng, excess, covered = np.random.RandomState(3), 0.2, 0
    for _ in range(300):
        a, b = rng.random_sample(40) < 0.1, rng.random_sample(40) < 0.1
        both = a | b | (rng.random_sample(40) < excess / 0.81)
        outcomes = {"clean": [True] * 40, "a_l1": list(~a), "b_l1": list(~b), "a_l1+b_l1": list(~both)}
        (found,) = interactions(*run(outcomes))
        covered += found.low <= 0.19 <= found.high  # 1 - 0.9 * 0.9 * (1 - 0.2 / 0.81) - 0.2
    assert covered / 300 == pytest.approx(0.95, abs=0.04)
