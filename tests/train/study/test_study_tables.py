"""The tables on the page of a study: rates by condition, and how episodes fail."""

from helpers.studied import ALL, evaluation, records_of
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.train.study import page, page_failures, page_tables


def test_rates_have_wilsons_interval():
    rows = evaluation({"nominal": "1" * 12 + "0" * 4}).rows
    low, high = wilson(12, 16)
    assert page_tables.rate_text(rows) == f"75 % ({100 * low:.0f} – {100 * high:.0f})"
    assert page_tables.rate_text(()) == "–"


def test_every_condition_has_a_dimension(study):
    kinds = page_tables.dimensions(study)
    assert list(kinds) == ["nominal", "vision", "semantics", "execution", "untouched"]
    assert kinds["vision"] == ["table_test", "texture_l3", "noise_l3", "lighting_l3", "camera_pose_l3"]
    assert kinds["execution"] == ["object_position_l3", "robot_pose_l3", "reposition_l3", "base_pose_l3"]
    assert kinds["untouched"][-1] == "push_l3", "which is a change of execution too, but decides nothing"
    assert page_tables.compared(study) == ["sft", "ppo-1", "ppo-2", "grpo", "dpo"]
    assert page_tables.scaled_under(study) == [
        "nominal",
        "table_test",
        "object_test",
        "receptacle_test",
        *kinds["execution"],
    ]
    assert page_tables.is_ablation(study, "ppo-short") and not page_tables.is_ablation(study, "grpo")
    assert page_tables.sizes_of(study) == {"sft-250": 250, "sft-500": 500, "sft": 1000, "sft-2000": 2000}


def test_failures_are_compared_in_the_episodes_that_all_played(study):
    tables = {
        "sft": evaluation({"nominal": "0011", "noise_l3": "0000"}),
        "ppo-1": evaluation({"nominal": "0e11", "noise_l3": "1111"}),
        "grpo": evaluation({"nominal": "1111"}),
    }
    text = "\n".join(page_failures.failures(study, tables))
    assert "of the 3 episodes, under 1 of the conditions, that all of these policies played" in text
    assert "| all failures | 1 | 1 | 0 |" in text and "| missed grasp | 100 % | 100 % | – |" in text
    assert "all of these policies" not in "\n".join(
        page_failures.failures(study, tables | {"dpo": evaluation({"noise_l3": "1"})})
    )


def test_the_page_has_both_seeds_by_condition_and_what_no_hypothesis_asks(study):
    text = page.text(study, records_of(study, ALL | {"ppo-short": 0.5}))
    assert "| `ppo-1` gains | p | `ppo-2` gains | p |" in text
    assert "here it is `sft` +0.0 %, `ppo-1` +0.0 % and `ppo-2` +0.0 %, over 5 conditions" in text
    assert "here it is" not in page.text(study, records_of(study, {"sft": 0.5}))
    assert "| `ppo-short` | 50 % (43 – 57) |" in text
