"""The page of the training on a task of ManiSkill says what its records say."""

import importlib.util

import pytest

from helpers.places import DOCS, TOP


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("any_task_training", TOP / "scripts" / "any_task_training.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_facts_and_scores_are_made_again_from_the_records(script):
    page = script.PAGE.read_text(encoding="utf-8")
    shown = page.split(script.BEGIN)[1].split(script.END)[0]
    assert shown == f"\n{script.facts(script.read('curve'))}\n{script.table(script.read('score'))}"


def test_the_figure_is_made_again_from_the_curve(script, tmp_path):
    script.save(script.figure(script.read("curve")), tmp_path / script.FIGURE.name)
    assert (tmp_path / script.FIGURE.name).read_bytes() == script.FIGURE.read_bytes()
    assert f"images/{script.FIGURE.name}" in script.PAGE.read_text(encoding="utf-8")


def test_the_training_took_less_than_two_hours_of_a_core_and_the_page_says_how_many_nominal_episodes_are_solved(script):
    assert int(script.read("curve")[-1]["cpu_s"]) < 2 * 3600
    solved = script.outcomes(script.read("score"))["nominal"]
    assert len(solved) >= 30
    page = " ".join(script.PAGE.read_text(encoding="utf-8").split())
    assert f"the score has {sum(solved.values())} of {len(solved)} nominal episodes" in page


def test_a_drop_is_that_of_the_pairs(script):
    rows = [
        {"condition": name, "index": str(scene), "outcome": outcome, "steps": "9"}
        for name, outcomes in (("nominal", ["success"] * 4), ("mass_l3", ["success", "failure", "failure", "success"]))
        for scene, outcome in enumerate(outcomes)
    ]
    *_, nominal, heavy = script.table(rows).splitlines()
    assert nominal.startswith("| nominal | - | - | 4 of 4 |") and nominal.endswith("| - | - |")
    assert heavy.startswith("| `mass` | dynamics | 3 | 2 of 4 |") and "| +50 |" in heavy
    assert (DOCS / "data" / "any_task_training" / "score.csv").is_file()
