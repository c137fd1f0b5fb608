"""Published results: read strictly, and averaged as their authors do."""

import copy
import dataclasses
import json

import pytest

from helpers.entries import content
from vlagen_bench.calibration import validate
from vlagen_bench.errors import ConfigError
from vlagen_bench.report import entries
from vlagen_bench.report.averages import ALL, GROUPS, SETTINGS, averages
from vlagen_bench.utils import paths

PAPER = {entry.name: entry for entry in entries.load("paper")}
GROUPS_OF_PAPER = entries.groups_of("paper")


@pytest.mark.parametrize(
    ("name", "ind", "vision", "semantics", "execution", "settings", "groups"),
    [
        ("openvla-sft-16k", 0.781, 0.642, 0.540, 0.398, 0.545, 0.526),
        ("openvla-rl-ppo", 0.938, 0.766, 0.728, 0.783, 0.751, 0.759),
    ],
)
def test_the_papers_averages(name, ind, vision, semantics, execution, settings, groups):
    entry = PAPER[name]
    found = entry.averages_over(GROUPS_OF_PAPER)
    assert list(found) == ["vision", "semantics", "execution", SETTINGS, GROUPS, ALL]
    assert [len(found[group].members) for group in ("vision", "semantics", "execution", SETTINGS)] == [5, 7, 3, 15]
    rounded = [round(average.value, 3) for average in found.values()][:5]
    assert [round(entry.conditions["in_distribution"].value, 3), *rounded] == [
        ind, vision, semantics, execution, settings, groups,
    ]  # fmt: skip


def test_the_papers_rows_have_every_count():
    for name in ("openvla-sft-16k", "openvla-rl-ppo"):
        cells = PAPER[name].conditions
        assert list(cells) == list(GROUPS_OF_PAPER)
        assert {cell.n for cell in cells.values()} == {192}


def test_the_papers_cells():
    published = {
        "texture_strong": (0.557, 0.630), "multi_object_unseen": (0.297, 0.578), "unseen_robot_pose": (0.339, 0.797),
        "reposition": (0.286, 0.745), "unseen_instructions": (0.672, 0.891), "noise_strong": (0.505, 0.667),
    }  # fmt: skip
    for condition, rates in published.items():
        found = [PAPER[name].conditions[condition].value for name in ("openvla-sft-16k", "openvla-rl-ppo")]
        assert found == pytest.approx(rates, abs=0.0005)


def test_rlinfs_average_is_over_all_settings():
    """What RLinf calls the average of OOD follows from its columns only with the in-distribution setting in it."""
    rows = [entry for name, entry in PAPER.items() if name.startswith("rlinf-")]
    assert len(rows) == 7
    for entry in rows:
        nominal, stated = entry.conditions["in_distribution"].value, entry.averages
        own = (nominal + 5 * stated["vision"] + 7 * stated["semantics"] + 3 * stated["execution"]) / 16
        assert own == pytest.approx(stated[ALL], abs=0.00015), entry.name
        assert entry.averages_over(GROUPS_OF_PAPER)[SETTINGS].value < stated[ALL] + 0.02


def test_rates_without_counts_make_no_averages_that_look_whole():
    found = PAPER["pirl-pi05-flow-sde"].averages_over(GROUPS_OF_PAPER)
    assert found["vision"].complete and found["vision"].value == pytest.approx(0.662)
    assert not any(found[name].complete for name in ("semantics", "execution", SETTINGS, GROUPS, ALL))


def test_no_data_is_no_average():
    found = averages({}, GROUPS_OF_PAPER)
    assert {(average.value, average.known) for average in found.values()} == {(None, 0)}
    some = averages({"unseen_table": 0.5, "texture_weak": 0.7, "unseen_objects": None}, GROUPS_OF_PAPER)
    assert some["vision"].value == some[SETTINGS].value == pytest.approx(0.6)
    assert (some["vision"].known, some["semantics"].value) == (2, None)


@pytest.mark.parametrize(("published", "own", "says"), [
    ({}, {}, ()),
    ({"success": "once"}, {}, ("any step",)),
    ({"settling": False}, {}, ("still fall",)),
    ({"suite_version": 1}, {"suite_version": 2}, ("version 1",)),
    ({"success": "once", "settling": False}, {}, ("any step", "still fall")),
    ({"deviations": ("it is odd",)}, {"deviations": ("so is the run",)}, ("odd", "so is the run")),
    ({"episodes_per_condition": 192, "notes": ("a note",), "decoding": "greedy"}, {}, ()),
])  # fmt: skip
def test_what_forbids_to_rank(published, own, says):
    base = {"suite_version": 1, "success": "at_end", "settling": True}
    found = entries.differences(
        entries.Protocol(**{**base, "suite_version": own.get("suite_version", 1), **published}),
        entries.Protocol(**{**base, **own}),
    )
    assert len(found) == len(says) and all(word in clause for word, clause in zip(says, found, strict=True))


def _without_source(entry):
    del entry["source"]


WRONG = [
    (lambda e: e["conditions"].update(unseen_tabel={"n": 1, "successes": 1}), "Did you mean 'unseen_table'?"),
    (lambda e: e["conditions"].update(reposition={"n": 10, "successes": 11}), "11 successes of 10 episodes"),
    (lambda e: e["conditions"].update(reposition={"n": 0, "successes": 0}), "are not possible"),
    (lambda e: e["conditions"].update(reposition={"n": 10, "successes": -1}), "are not possible"),
    (lambda e: e["conditions"].update(reposition={"n": 10}), "either `n` and `successes`, or `rate`"),
    (lambda e: e["conditions"].update(reposition={"n": 10, "rate": 0.5}), "either `n` and `successes`, or `rate`"),
    (lambda e: e["conditions"].update(reposition={}), "either `n` and `successes`, or `rate`"),
    (lambda e: e["conditions"].update(reposition={"rate": 74.5}), "between 0 and 1"),
    (lambda e: e["conditions"].update(reposition={"n": True, "successes": 1}), "expected an int"),
    (lambda e: e.update(averages={"visoin": 0.5}), "Did you mean 'vision'?"),
    (lambda e: e.update(averages={"vision": 0.766}), "follows from the conditions"),
    (lambda e: e.update(conditions={}, averages={"vision": 1.2}), "between 0 and 1"),
    (lambda e: e.update(conditions={}), "has no results"),
    (lambda e: e.update(kind="rumoured"), "expected one of 'reported'"),
    (lambda e: e.update(schema=2), "expected one of 1"),
    (lambda e: e["protocol"].update(success="sometimes"), "expected one of 'at_end'"),
    (lambda e: e.update(rank=1), "There is no key 'rank'"),
    (lambda e: e.update(name="other"), "is paper/other inside"),
    (_without_source, "the key 'source' is missing"),
]


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A leaderboards folder with one right entry."""
    (tmp_path / "paper").mkdir()
    shipped = paths.leaderboards_dir() / "paper" / "openvla-rl-ppo.json"
    (tmp_path / "paper" / shipped.name).write_bytes(shipped.read_bytes())
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path)
    return tmp_path / "paper" / shipped.name


@pytest.mark.parametrize(("spoil", "says"), WRONG, ids=[says for _, says in WRONG])
def test_a_wrong_entry_is_a_sentence(board, spoil, says):
    entry = copy.deepcopy(json.loads(board.read_text()))
    spoil(entry)
    board.write_text(json.dumps(entry))
    with pytest.raises(ConfigError) as caught:
        entries.load("paper")
    assert says in str(caught.value) and str(board) in str(caught.value)


def test_a_key_that_stands_twice_is_refused(board):
    board.write_text(board.read_text().replace('"kind":', '"kind": "verified", "kind":'))
    with pytest.raises(ConfigError, match="stands twice"):
        entries.load("paper")


def test_validate_reads_every_entry(board):
    def found():
        return [finding for finding in validate.validate() if finding.what.startswith("entry ")]

    assert [(f.what, f.problem) for f in found()] == [("entry paper/openvla-rl-ppo", None)]
    board.write_text("{}")
    assert "is missing" in found()[0].problem


def test_a_suite_without_entries_has_none():
    assert entries.load("quick") == ()


def test_every_episode_has_its_digests():
    proof = entries.Proof(
        archive_sha256="a", actions_sha256="b", states_sha256="c", plan_hash="d", episodes=2, resimulated=2, exact=2,
        release="0.1.0", actions_digests="01234567", states_digests="0123",
    )  # fmt: skip
    entry = dataclasses.replace(PAPER["openvla-rl-ppo"], kind="verified", proof=proof)
    with pytest.raises(ConfigError, match="states_digests: 4 characters are not 4 hex digits for each of 2 episodes"):
        entries._check_proof(entry, "file")


def _more(entry):
    entry["conditions"]["nominal"] = {"n": 400, "successes": 400}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_more, "400 successes of 400 episodes|and the proof is of"),
        (lambda entry: entry["proof"].update(successes=1), "with 1 successes: one of both was edited"),
        (lambda entry: (entry["conditions"].pop("nominal"), entry.update(averages={"shifted": 1.0})), "averages"),
        (lambda entry: entry["proof"].update(release="0\u202e"), "U\\+202E, which cannot be seen"),
    ],
)
def test_what_was_edited_beside_its_proof_is_a_sentence(tmp_path, monkeypatch, spoil, says):
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path)
    made = content("mine", "quick", n=4, successes=4)
    (tmp_path / "quick").mkdir()
    file = tmp_path / "quick" / "mine.json"
    file.write_text(json.dumps(made))
    assert len(entries.load("quick")) == 1
    spoil(made)
    file.write_text(json.dumps(made))
    with pytest.raises(ConfigError, match=says):
        entries.load("quick")
