"""Hidden seeds: committed, revealed, run."""

import dataclasses
import json

import pytest

from helpers.submissions import members
from vlagen_bench.cli import hidden_split
from vlagen_bench.cli import leaderboard as commands
from vlagen_bench.demonstrations import distribution
from vlagen_bench.envs import registration
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import archive, claims, commitment, submission
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.plan import catalog, plan
from vlagen_bench.report import entries

LATER = "2099-01-31"


def committed(suite, seeds):
    return commitment.commit(catalog.suite(suite), seeds, dated="2026-01-31", reveal_on=LATER)


pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def test_seeds_are_hidden_and_fixed(tmp_path, capsys):
    (tmp_path / "seeds").write_text("11\n12\n13\n")
    files = (tmp_path / "commitment.json", tmp_path / "opening.json")
    hidden_split.commit("tiny", tmp_path / "seeds", LATER, *files)
    published, opening = (json.loads(path.read_text()) for path in files)
    assert set(published) == {"suite", "suite_version", "seeds", "dated", "reveal_on", "sha256"}
    assert (published["seeds"], published["suite_version"], published["reveal_on"]) == (3, 1, LATER)
    assert (tmp_path / "opening.json").stat().st_mode & 0o077 == 0
    assert hidden_split.reveal(files[1], files[0]) == 0
    assert capsys.readouterr().out.split()[-3:] == ["11", "12", "13"]
    with pytest.raises(ConfigError, match="Give both"):
        commands.verify(tmp_path / "x", opening=files[1])
    for edit in ({"seeds": [11, 12, 14]}, {"seeds": [12, 11, 13]}, {"salt": "0" * 64}, {"suite": "quick"},
                 {"suite_version": 2}, {"dated": "2020-01-01"}, {"reveal_on": "2098-01-01"}):  # fmt: skip
        with pytest.raises(Refused, match="not the committed ones"):
            commitment.reveal(json.dumps(opening | edit).encode(), files[0].read_bytes())


@pytest.mark.parametrize(("seed", "says"), [
    (registration.TRAINING_SEED, "a seed of training"), (distribution.FIRST_SEED, "a seed of training"), (0, "the suite's own seed"),
])  # fmt: skip
def test_a_seed_that_is_public_or_trained_on_is_not_committed_to(tmp_path, seed, says):
    assert catalog.suite("tiny").seed == 0 and distribution.FIRST_SEED >= registration.TRAINING_SEED
    (tmp_path / "seeds").write_text(f"11\n{seed}\n")
    with pytest.raises(ConfigError, match=f"seeds: {seed} is {says}"):
        hidden_split.commit("tiny", tmp_path / "seeds", LATER, tmp_path / "commitment.json", tmp_path / "opening.json")
    assert not (tmp_path / "opening.json").exists()


@pytest.mark.parametrize(("edit", "says"), [
    ({"seeds": [1, 1]}, "different whole numbers"), ({"seeds": []}, "different whole numbers"),
    ({"seeds": [-1]}, "different whole numbers"), ({"seeds": [True]}, "expected an int"),
    ({"dated": "1 May"}, "'1 May' is not a day"), ({"reveal_on": "2026-01-31"}, "not after the commitment's day"),
    ({"dated": "2026-W01-1"}, "is not a day"), ({"salt": ""}, "the opening's salt has 0"), ({"salt": 5}, "expected a str"), ({"more": 1}, "no key 'more'"),
])  # fmt: skip
def test_a_wrong_opening_is_a_sentence(edit, says):
    right = committed("tiny", [1, 2])
    given = json.dumps(vars(right) | {"seeds": [1, 2]} | edit).encode()
    with pytest.raises(Refused, match=f"(?i){says}"):
        commitment.reveal(given, json.dumps(vars(right.commitment())).encode())


def test_a_list_of_seeds_is_numbers():
    assert commitment.seeds_of(b"1\n 22 \n", "f") == (1, 22)
    for text in ("1.5", "one", "", "1\n\n2", "٣", "99999999999"):
        with pytest.raises(ConfigError):
            commitment.seeds_of(text.encode(), "f")


def test_a_revealed_seed_may_be_run():
    claimed, _ = claims.read(members()["header.json"])
    other = plan.make_plan(plan.select(catalog.suite("tiny"), conditions=None, episodes=None, seed=12))
    hidden_run = dataclasses.replace(claimed, seed=12, plan_hash=other.hash)
    assert claims.plan_of(hidden_run, committed("tiny", (11, 12))).hash == other.hash
    with pytest.raises(Refused, match=r"the suite's is 0\. Who may choose a seed"):
        claims.plan_of(hidden_run)
    with pytest.raises(Refused, match=r"or one of the revealed\. Who may choose a seed"):
        claims.plan_of(hidden_run, committed("tiny", (11, 13)))
    with pytest.raises(Refused, match="the revealed ones are of the suite 'quick'"):
        claims.plan_of(hidden_run, committed("quick", (11, 12)))


def test_a_run_of_a_revealed_seed_says_so_and_stands_apart():
    """Its episodes are others, one list of seeds to choose from."""
    from vlagen_bench.leaderboard.site import boards

    read = submission.read(archive.pack(members()))
    suite = catalog.suite("tiny")
    reseeded = plan.make_plan(plan.select(suite, conditions=None, episodes=None, seed=12))
    header = json.loads(members()["header.json"])
    protocol = submission.protocol_of(header, reseeded, read.task)
    (said,) = entries.differences(protocol, boards.own_protocol(suite))
    assert said == (
        "its episodes are of the seed 12, revealed of a hidden split, played after it was revealed, by a policy that may have "
        "known them"
    )
    assert entries.differences(read.protocol, boards.own_protocol(suite)) == ()


def test_a_seed_of_another_version_of_the_suite_is_no_revealed_one():
    claimed, _ = claims.read(members()["header.json"])
    opening = dataclasses.replace(committed("tiny", (11, 12)), suite_version=2)
    with pytest.raises(Refused, match="are of version 2 of the suite 'tiny', and this release has version 1"):
        claims.plan_of(dataclasses.replace(claimed, seed=12), opening)


def test_published_episodes_cannot_be_hidden(tmp_path):
    (tmp_path / "seeds").write_text("11\n")
    with pytest.raises(ConfigError, match="'paper' has published episodes"):
        hidden_split.commit("paper", tmp_path / "seeds", LATER, tmp_path / "commitment.json", tmp_path / "opening.json")
    assert not (tmp_path / "opening.json").exists()


def test_a_draw_that_can_be_foreseen_makes_no_entry(tmp_path):
    (tmp_path / "a.zip").write_bytes(archive.pack(members()))
    with pytest.raises(ConfigError, match="leave one of both out"):
        commands.verify(tmp_path / "a.zip", sample=1, seed=3, out=tmp_path / "entry.json")
