"""What the results of a run say, by condition and by factor."""

import pytest

from vlagen_bench.report.rows import rows, shares
from vlagen_bench.statistics.paired import mcnemar, tango


def test_no_data_is_no_rate():
    row = rows([{"id": "a", "condition": "c"}], {}, {"c": "vision"})[0]
    assert (row.rate, row.interval, row.drop, row.planned, row.n) == (None, None, None, 1, 0)
    assert (row.drop_interval, row.drop_p) == (None, None)


def test_errors_are_neither_failures_nor_pairs():
    planned = [{"id": i, "condition": "c"} for i in "ab"] + [{"id": i, "condition": "clean"} for i in "xy"]
    results = {
        "a": {"outcome": "failure", "index": 0, "twin": "x", "success_once": False},
        "b": {"outcome": "error", "index": 1, "twin": "y", "success_once": None},
        "x": {"outcome": "success", "twin": None, "success_once": True},
        "y": {"outcome": "success", "twin": None, "success_once": True},
    }
    row = rows(planned, results, {"c": "vision"})[0]
    assert (row.n, row.successes, row.errors, row.pairs, row.lost, row.gained, row.drop) == (1, 0, 1, 1, 1, 0, 1.0)
    assert (row.drop_interval, row.drop_p) == (tango(1, 0, 1), mcnemar(1, 0))


def test_grasps_are_counted_where_every_record_has_them():
    planned = [{"id": i, "condition": "c"} for i in "ab"]
    scored = {"outcome": "failure", "index": 0, "twin": None, "success_once": False}
    grasped, touched = ({"grasped": yes, "consecutive_grasp": False} for yes in (True, False))
    results = {"a": {**scored, "metrics": grasped}, "b": {**scored, "metrics": touched}}
    row = rows(planned, results, {"c": "vision"})[0]
    assert (row.grasped, row.held) == (1, 0)
    row = rows(planned, results | {"b": {**scored, "metrics": {}}}, {"c": "vision"})[0]
    assert (row.grasped, row.held) == (None, None)


def composed(outcomes: dict[str, list[bool | None]]):
    """Episodes of conditions, with twins that always succeed; None: an error."""
    planned, results = [], {}
    for name, successes in outcomes.items():
        for index, success in enumerate(successes):
            twin = {"id": f"clean{index}", "condition": "nominal", "index": index, "twin": None}
            episode = {"id": f"{name}{index}", "condition": name, "index": index, "twin": twin["id"]}
            outcome = "error" if success is None else "success" if success else "failure"
            results |= {twin["id"]: {"outcome": "success", **twin}, episode["id"]: {"outcome": outcome, **episode}}
            planned += [twin, episode]
    return planned, results


def test_shares_are_of_conditions_that_were_run_together():
    half, good = [True, False] * 10, [True] * 20
    found = {share.factor: share for share in shares(*composed({"a_l1": half, "b_l1": good, "a_l1+b_l1": half}))}
    assert set(found) == {"a_l1", "b_l1"}, "the nominal condition is no factor"
    assert (found["a_l1"].drop, found["b_l1"].drop) == (pytest.approx(0.5), pytest.approx(0.0))
    assert found["a_l1"].n == 40 and 0.2 < found["a_l1"].low < 0.5 < found["a_l1"].high < 0.8


def test_an_error_is_no_share():
    (found,) = shares(*composed({"a_l1": [True, False, None]}))
    assert (found.n, found.drop) == (2, pytest.approx(0.5))
