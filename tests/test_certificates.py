"""Are the committed certificates those of the present suites, whole, and what their page says?"""

import json
from pathlib import Path

import pytest

from vlagen_bench import catalog, plan

FOLDER = Path(__file__).parents[1] / "docs" / "certificates"


def read(suite: str):
    head, *rest = map(json.loads, (FOLDER / f"{suite}.jsonl").read_text(encoding="utf-8").splitlines())
    return head, rest


@pytest.mark.parametrize(("suite", "episodes"), [("core", 16), ("paper", 64), ("paper-fixed", 64)])
def test_they_are_of_these_episodes(suite, episodes):
    head, certificates = read(suite)
    made = plan.make_plan(plan.select(catalog.suite(suite), conditions=None, episodes=episodes, seed=None))
    assert head["plan_hash"] == made.hash
    assert {one["id"] for one in certificates} == {episode.id for episode in made.episodes}
    assert len(certificates) == len(made.episodes)


def test_the_page_says_what_is_in_core():
    _, certificates = read("core")
    solved = sum(one["solved"] for one in certificates)
    assert f"**{solved} of {len(certificates)}**" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert solved / len(certificates) > 0.99
