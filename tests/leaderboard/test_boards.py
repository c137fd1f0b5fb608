"""Standings: what can be ranked is ranked, and nothing else."""

import re

import pytest

from helpers.entries import built, content
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.provenance import MEANINGS, not_proven, proven
from vlagen_bench.leaderboard.site import boards, pages
from vlagen_bench.plan import catalog, rotation
from vlagen_bench.report import entries
from vlagen_bench.report.estimates import Estimate
from vlagen_bench.statistics.scene_means import rate_interval


def of(page, name):
    return next(one for one in page.standings if one.entry.name == name)


def test_protocols_stand_apart(full):
    own, *others, never = boards.page("paper").blocks
    assert not own.differences and {one.entry.name for one in own.standings} == {
        "openvla-rl-ppo", "openvla-sft-16k", "ours-checked", "ours-sampled", "theirs", "attack",
    }  # fmt: skip
    assert [len(block.standings) for block in others] == [7, 6]
    for block in others:
        assert block.differences and not block.ties and all(one.place is None for one in block.standings)
        names = [one.entry.name for one in block.standings]
        assert names == sorted(names)
        assert len({one.entry.name.split("-")[0].rstrip("05") for one in block.standings}) <= 2
    assert never.privileged


def test_protocols_have_names_that_tell_them_apart(full):
    blocks = boards.page("paper").blocks
    assert blocks[0].name == f"version {catalog.suite('paper').version}, success at the last step, objects at rest"
    others = [block.name for block in blocks if not block.privileged]
    assert len(set(others)) == len(others) > 1 and any(
        name.endswith("success at any step, objects still falling") for name in others
    )
    for _, html in pages.render([boards.page("paper")]):
        assert not re.search(r"Protocol \d", html)


def test_what_cannot_be_told_apart_is_tied(full):
    own = boards.page("paper").blocks[0]
    assert own.ties[0] == ("ours-checked", "ours-sampled", "theirs")
    places = {one.entry.name: (one.place.first, one.place.last) for one in own.standings}
    assert places["ours-checked"] == places["theirs"] == (1, 3)
    assert places["attack"] == (6, 6) and own.standings[-1].entry.name == "attack"


@pytest.mark.parametrize("how", [{"resimulated": 3072}, {"resimulated": 300}, {}, {"kind": "reported", "proof": None}])
@pytest.mark.parametrize("note", [
    "policy: expert", "policy: replay", "policy: vlagen_bench.policies.expert:Expert", "policy: copies/Expert.py:P",
    "Policy:expert", " POLICY :  Replay ",
])  # fmt: skip
def test_who_sees_the_state_is_never_ranked(shelf, tmp_path, note, how):
    """However the entry came: checked, taken at its word, or written by hand."""
    shelf("best", successes=192, notes=(note,), **how)
    page = boards.page("paper")
    never = page.blocks[-1]
    assert never.privileged and not never.ties and of(page, "best").place is None
    assert "best" not in {name for block in page.blocks for group in block.ties for name in group}
    built(tmp_path)
    text = (tmp_path / "site/entries/paper/best.html").read_text()
    assert "<b>Never ranked.</b>" in text and "place <b>" not in text
    assert "At the top" in (index := (tmp_path / "site/index.html").read_text()) and "best.html" not in index


def test_the_expert_by_name_is_never_ranked(shelf):
    shelf("expert", successes=192)
    assert of(boards.page("paper"), "expert").place is None


def test_a_policy_that_is_called_like_one_is_ranked(shelf):
    shelf("experts-distilled", successes=150, notes=("policy: experts.py:Student", "trained on: expert"))
    assert of(boards.page("paper"), "experts-distilled").place


def test_parts_and_uneven_counts_are_not_ranked(shelf):
    shelf("part", conditions={"in_distribution": {"n": 192, "successes": 192}})
    uneven = content("uneven")["conditions"] | {"reposition": {"n": 100, "successes": 100}}
    shelf("uneven", conditions=uneven)
    page = boards.page("paper")
    assert of(page, "part").place is None and of(page, "uneven").place is None
    assert len(page.blocks[0].ties) == 2


def test_one_entry_is_at_no_top(shelf, tmp_path):
    shelf("one", "quick", successes=0, n=4)
    built(tmp_path)
    assert (tmp_path / "site/index.html").read_text().count("At the top") == 1  # of the suite `paper`
    assert "The only one that can be ranked" in (tmp_path / "site/index.html").read_text()
    assert "none is there to compare it with" in (tmp_path / "site/suites/quick.html").read_text()


def test_shared_scenes_are_counted_not_episodes(shelf):
    """By episodes 4/4 of 9 conditions against 2/4 were far apart; by four scenes they are not."""
    shelf("one", "quick", successes=4, n=4)
    shelf("other", "quick", successes=2, n=4)
    (block,) = boards.page("quick").blocks
    assert not block.differences and block.ties == (("one", "other"),)
    assert block.standings[0].estimates[0] == Estimate(value=1.0, n=36)  # and no interval of the mean


def test_means_are_whole_or_none(full):
    page = boards.page("paper")
    names = [column.name for column in page.columns]
    row = of(page, "openvla-rl-ppo").estimates
    vision = row[names.index("vision")]
    assert vision.value == pytest.approx((162 + 160 + 121 + 164 + 128) / 5 / 192) and vision.low < vision.value
    assert of(page, "rlinf-openvla-ppo").estimates[names.index("semantics")] == Estimate(value=0.7835)
    assert of(page, "pirl-pi0-sft").estimates[names.index("semantics")] == Estimate()
    assert len(names) == 1 + 4 + 15 and {column.shelf for column in page.columns} == {
        "overview", "vision", "semantics", "execution"
    }  # fmt: skip


def test_levels_of_an_axis_are_one_column():
    columns = {column.name: column for column in boards.page("core").columns}
    assert columns["lighting"].conditions == tuple(f"lighting_l{level}" for level in (1, 3, 5))
    shifted = len(boards.page("core").suite.conditions) - 1
    assert sum(len(one.conditions) for one in columns.values() if one.shelf != "overview") == shifted


def test_the_sentences_say_what_was_proven(full):
    found = {one.entry.name: one.entry for one in boards.page("paper").standings}
    assert "3072 of 3072 episodes were simulated again" in proven(found["ours-checked"])[2]
    assert "more than 29 of the 3072 records were false" in proven(found["ours-sampled"])[3]
    assert len(proven(found["theirs"])) == 2 and "Whether the actions do" in not_proven(found["theirs"])[0]
    assert proven(found["openvla-rl-ppo"]) == ()
    for name in ("ours-checked", "ours-sampled", "theirs"):
        assert any(said.startswith("Who made the actions") for said in not_proven(found[name]))
    assert "Not: who made the actions" in MEANINGS["verified"]


def lists(share, *, scenes=16, suite="quick"):
    """Outcomes of each condition: in every scene a success until this share of the conditions is reached, shifted by scene."""
    names = list(entries.groups_of(suite))
    won = round(share * len(names))
    return {
        name: "".join("1" if (number + scene) % len(names) < won else "0" for scene in range(scenes))
        for number, name in enumerate(names)
    }


def test_entries_of_one_plan_are_compared_scene_by_scene(shelf, tmp_path):
    """Six entries from 35 to 95 %: unpaired, by 16 scenes, none could be told from its neighbours."""
    for number, share in enumerate((0.4, 0.5, 0.6, 0.7, 0.8, 0.9)):
        shelf(f"entry-{number}-end", "quick", outcomes=lists(share), resimulated=144)
    (block,) = boards.page("quick").blocks
    places = [(row.entry.name, row.place.first, row.place.last) for row in block.standings]
    assert places == [(f"entry-{5 - number}-end", number + 1, number + 1) for number in range(6)]
    assert (block.ranked.paired, block.ranked.unpaired) == (15, 0)
    built(tmp_path)
    text = " ".join((tmp_path / "site/suites/quick.html").read_text().split())
    assert "15 pairs have the same episodes" in text and "over 144 shifted episodes" in text
    assert "<small>16 scenes</small>" in text
    assert "<small>16 scenes</small>" in (tmp_path / "site/index.html").read_text()
    assert "They rest on 16 scenes" in (tmp_path / "site/entries/quick/entry-0-end.html").read_text()


def test_episodes_without_a_result_are_said(shelf, tmp_path):
    holed = {name: "-" + text[1:] for name, text in lists(0.9).items()}
    shelf("holed", "quick", outcomes=holed)
    shelf("whole", "quick", outcomes=lists(0.4))
    (block,) = boards.page("quick").blocks
    assert block.ranked.shared == (135, 144) and len(block.ties) == 2
    built(tmp_path)
    text = " ".join((tmp_path / "site/suites/quick.html").read_text().split())
    assert "over the 135 to 144 shifted episodes of which both have a result" in text


def test_means_over_shared_scenes_have_intervals_of_scenes(shelf):
    shelf("mixed", "quick", outcomes=lists(0.5))
    outcomes = {name: "1" * 16 for name in lists(0.5)}
    shelf("all", "quick", outcomes=outcomes)
    (block,) = boards.page("quick").blocks
    perfect, mixed = (row.estimates[0] for row in block.standings)
    assert mixed.low < mixed.value < mixed.high
    assert (perfect.value, perfect.high) == (1.0, 1.0) and perfect.low == pytest.approx(rate_interval([(1, 1)] * 16)[0])


@pytest.mark.parametrize("change", ["2", "", "1"])
def test_outcomes_that_do_not_make_up_the_counts_are_a_sentence(shelf, change):
    outcomes = lists(0.5)
    wrong = {name: {**cell, "outcomes": cell["outcomes"][1:] + change} for name, cell in content(
        "wrong", "quick", outcomes=outcomes
    )["conditions"].items()}  # fmt: skip
    shelf("wrong", "quick", conditions=wrong)
    with pytest.raises(ConfigError, match="outcomes: `1`, `0` and `-` that make up"):
        boards.page("quick")


def test_entries_of_conditions_that_take_turns_are_compared_over_their_own_scenes(shelf):
    """An outcome's place in the list of its condition is not its scene: conditions have different ones."""
    suite = catalog.suite("core-small")
    indices = rotation.indices_of(suite)
    chosen = {  # one succeeds in the even scenes, one in the first half
        "even-end": {name: "".join("01"[scene % 2 == 0] for scene in own) for name, own in indices.items()},
        "half-end": {name: "".join("01"[scene < 26] for scene in own) for name, own in indices.items()},
    }
    for name, outcomes in chosen.items():
        shelf(name, "core-small", n=52, outcomes=outcomes)
    (block,) = boards.page("core-small").blocks
    assert block.ranked.shared == (13 * 52, 13 * 52) and block.ranked.paired == 1
    row = next(row for row in block.standings if row.entry.name == "half-end")
    shifted = dict(zip((column.name for column in boards.page("core-small").columns), row.estimates, strict=True))
    assert row.scenes == 52 and shifted["ood_settings"].value == 0.5 and shifted["light"].n == 52
    wanted = rate_interval([(13.0, 13.0)] * 26 + [(0.0, 13.0)] * 26)
    assert (shifted["ood_settings"].low, shifted["ood_settings"].high) == wanted
    assert len(block.ties) == 1, "scenes that all agree are 52, and not 676, independent ones"
