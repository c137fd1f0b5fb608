"""Pledges to a hidden split: a hash of the policy's weights, before the seeds are revealed."""

import dataclasses
import hashlib
import json

import pytest

from helpers.submissions import CARD, hidden_members
from vlagen_bench.cli import hidden_split
from vlagen_bench.cli import leaderboard as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import archive, card, commitment, pledge, provenance, submission, verify
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.plan import catalog

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]

SEED = 12
WEIGHTS = hashlib.sha256(b"weights").hexdigest()


@pytest.fixture
def opening():
    return commitment.commit(catalog.suite("tiny"), (SEED,), dated="2026-01-31", reveal_on="2026-03-31")


def pledged(opening, **changes):
    made = pledge.pledge(opening.commitment(), "my-model", WEIGHTS, "2026-02-28")
    return dataclasses.replace(made, **changes)


def late(*, weights=WEIGHTS, policy="mine:Model") -> bytes:
    """A submission of a run of the revealed seed."""
    return archive.pack(hidden_members(SEED, policy) | {"card.yaml": CARD + f"weights_sha256: {weights}\n".encode()})


def deviation(*arguments, **how):
    read = submission.read(*arguments, **how)
    (said,) = read.protocol.deviations
    return said


def test_a_run_of_a_revealed_seed_says_what_is_known_of_its_policy(opening):
    assert deviation(late(), opening).endswith("after it was revealed, by a policy that may have known them")
    assert "weights were pledged before, which only who runs" in deviation(late(), opening, pledged(opening))
    served = late(policy="ws://10.0.0.7:8000")
    assert "played by the maintainers" in deviation(served, opening, hosted=True)
    with pytest.raises(Refused, match="'mine:Model', which is no address of a server"):
        submission.read(late(), opening, hosted=True)


def test_the_entry_names_the_pledge_and_what_it_does_not_prove(opening):
    read = submission.read(late(), opening, pledged(opening))
    entry = verify.verify(read, published=[], sample=0).entry()
    assert (entry.proof.weights_sha256, entry.proof.pledged) == (WEIGHTS, "2026-02-28")
    assert f"That the pledged weights (sha256 {WEIGHTS}, 2026-02-28) made" in provenance.not_proven(entry)[-1]


@pytest.mark.parametrize(("changes", "says"), [
    ({"commitment": "0" * 64}, "is to the commitment 0000"), ({"suite_version": 2}, "version 2, and not to"),
    ({"dated": "2026-01-30"}, "a pledge is made between"), ({"dated": "2026-03-31"}, "a pledge is made between"),
    ({"dated": "soon"}, "dated 'soon'"), ({"dated": "2026-W06-1"}, "Write the day as"), ({"weights_sha256": "abc"}, "not 64 hex digits"), ({"name": 5}, "expected a str"),
    ({"more": 1}, "no key 'more'"),
])  # fmt: skip
def test_a_wrong_pledge_is_a_sentence(opening, changes, says):
    given = json.dumps(vars(pledged(opening)) | changes).encode()
    with pytest.raises(Refused, match=says):
        pledge.read(given, opening.commitment())


def test_only_what_was_pledged_is_accepted(opening):
    with pytest.raises(Refused, match="pledge is of the entry 'other', and the card is of 'my-model'"):
        submission.read(late(), opening, pledged(opening, name="other"))
    with pytest.raises(Refused, match=f"have the SHA-256 {WEIGHTS}, and the card says 'none'"):
        submission.read(late(weights="none"), opening, pledged(opening))
    with pytest.raises(Refused, match="the suite's own seed, 0, whose episodes are public"):
        submission.read(archive.pack(hidden_members(0, "mine:Model")), opening, pledged(opening))


def test_the_commands_go_through_it(tmp_path, monkeypatch, capsys):
    """Commit, pledge, reveal, verify; each side keeps its files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds.txt").write_text(f"{SEED}\n")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.safetensors").write_bytes(b"weights")
    hidden_split.commit("tiny", tmp_path / "seeds.txt", "2099-01-31")
    published = tmp_path / "commitment.json"
    assert hidden_split.pledge(published, name="my-model", weights=tmp_path / "weights") == 0
    digest = json.loads((tmp_path / "pledge.json").read_text())["weights_sha256"]
    assert digest == hashlib.sha256(f"{WEIGHTS}  a.safetensors\n".encode()).hexdigest()
    assert f"weights_sha256: {digest}" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="already, and is not written over"):
        hidden_split.pledge(published, name="my-model", sha256=WEIGHTS)
    (tmp_path / "late.zip").write_bytes(late(weights=digest))
    how = {"opening": tmp_path / "opening.json", "commitment": published, "pledge": tmp_path / "pledge.json"}
    assert commands.verify(tmp_path / "late.zip", sample=0, **how) == 0
    assert "weights were pledged before" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="Give --commitment with --pledge"):
        commands.verify(tmp_path / "late.zip", sample=0, pledge=tmp_path / "pledge.json")


@pytest.mark.parametrize(("given", "says"), [
    ({}, "Give one of --weights PATH and --sha256"), ({"sha256": "xyz"}, "'xyz' is not a SHA-256"),
    ({"sha256": WEIGHTS, "name": "a.html"}, "no dots"), ({"weights": "nowhere"}, "cannot be read"),
    ({"weights": "."}, "has no files"),
])  # fmt: skip
def test_a_pledge_of_nothing_is_a_sentence(tmp_path, monkeypatch, opening, given, says):
    monkeypatch.chdir(tmp_path)
    later = dataclasses.replace(opening, dated="2020-01-01", reveal_on="2099-01-01").commitment()
    place = tmp_path.parent / f"{tmp_path.name}.json"
    place.write_text(json.dumps(vars(later)))
    with pytest.raises(ConfigError, match=says):
        from pathlib import Path

        given = {key: Path(value) if key == "weights" else value for key, value in given.items()}
        hidden_split.pledge(place, **{"name": "my-model"} | given)


def test_a_card_may_say_the_hash_of_the_weights():
    assert card.read(CARD).weights_sha256 == "none"
    assert card.read(CARD + f"weights_sha256: {WEIGHTS}\n".encode()).weights_sha256 == WEIGHTS
