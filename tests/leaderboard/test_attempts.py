"""Attempts in submissions: all of them are carried, counted and limited."""

import json
import shutil

import pytest

from helpers.submissions import CARD, LIMIT, members, recorded, with_header, with_records
from vlagen_bench.leaderboard import archive, records, submission, verify
from vlagen_bench.leaderboard.codec import expand
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.provenance import not_proven, proven
from vlagen_bench.leaderboard.submit import submit
from vlagen_bench.report.entries import Proof

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def failed(record, **changes):
    """An attempt that ended as an error before this result."""
    error = {"outcome": "error", "error": "policy: it broke", "success_once": None, "success_at_end": None, "steps": 3}
    return {**record, **error, "metrics": {}, **changes}


def retried(*numbers):
    """An archive in which these episodes were tried once more, so often as they stand here."""

    def change(lines):
        first = lines[0]
        for number in sorted(numbers, reverse=True):
            lines.insert(number, failed(lines[number]))
        assert first in lines

    return with_records(change)


def test_every_attempt_of_a_run_goes_along(tmp_path):
    run, card = tmp_path / "run", tmp_path / "card.yaml"
    shutil.copytree(recorded(), run)
    card.write_bytes(CARD)
    lines = (run / "episodes.jsonl").read_text().splitlines(keepends=True)
    error = json.dumps(failed(json.loads(lines[2]))) + "\n"
    (run / "episodes.jsonl").write_text("".join([error, *lines]))
    data, submitted = submit(run, card)
    sent = expand(archive.unpack(data)["episodes.jsonl.xz"], "episodes.jsonl.xz", LIMIT).splitlines()
    assert [json.loads(line)["outcome"] for line in sent].count("error") == 1 and len(sent) == 5
    assert sum(submitted.attempts.values()) == 5 and len(submitted.takes) == 4


def test_an_entry_says_how_many_attempts_there_were():
    submitted = submission.read(retried(1))
    entry = verify.verify(submitted, published=[], sample=0).entry()
    assert (entry.proof.episodes, entry.proof.attempts) == (4, 5)
    assert "4 episodes, 5 attempts" in proven(entry)[0]
    assert any("no other attempts" in said for said in not_proven(entry))
    assert sum(row.attempts for row in submitted.rows()) == 5
    assert submission.read(archive.pack(members())).attempts == dict.fromkeys(submitted.attempts, 1)


def test_an_entry_of_before_says_nothing_of_attempts():
    entry = verify.verify(submission.read(retried(1)), published=[], sample=0).entry()
    kept = {key: value for key, value in vars(entry.proof).items() if key != "attempts"}
    assert Proof(**kept).attempts is None


def test_more_attempts_than_are_ranked_are_refused():
    with pytest.raises(Refused, match="4 episodes were tried 6 times, and at most 5 attempts are ranked"):
        submission.read(retried(1, 2))
    with pytest.raises(Refused, match=r"has 9 lines, and the plan has 4 episodes: at most 5 attempts"):
        submission.read(retried(0, 0, 0, 0, 0))


def test_the_limit_is_five_in_a_hundred_and_three_at_one_episode(monkeypatch):
    assert [records.most_attempts(count) for count in (4, 20, 40, 3072)] == [5, 21, 42, 3226]
    monkeypatch.setattr(records, "ATTEMPTS_SHARE", 2.0)
    submission.read(retried(1, 1))
    with pytest.raises(Refused, match=r"the episode \w+ was tried 4 times, and at most 3 attempts are ranked"):
        submission.read(retried(1, 1, 1))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines.append(failed(lines[3])), "line 5: the episode ended as an error, which is not a result"),
        (lambda lines: lines.insert(0, failed(lines[1])), "line 1: the episode ended as an error"),
        (lambda lines: lines.insert(0, failed(lines[0], success_once=True)), "it says a success flag, or no error"),
        (lambda lines: lines.insert(0, failed(lines[0], error=None)), "it says a success flag, or no error"),
        (lambda lines: lines.insert(0, failed(lines[0], steps=81)), "an attempt of 81 steps"),
        (lambda lines: lines[0].update(error="it broke"), "the outcome is 'success', but there is an error"),
    ],
)
def test_attempts_that_cannot_be_are_refused(change, says):
    with pytest.raises(Refused, match=says):
        submission.read(with_records(change))


def changed(**what):
    return with_header(
        fingerprint_changes=[
            {"was": None, "at": "2026-01-01T00:00:00+00:00", "what": [], "episodes": 2, "policy": True} | what
        ]
    )


def test_a_run_of_two_policies_is_never_ranked():
    with pytest.raises(Refused, match="after 2 results the run went on with another policy"):
        submission.read(changed())
    submission.read(changed(episodes=0))
    noted = verify.verify(submission.read(changed(policy=False)), published=[], sample=0).entry()
    assert any("after 2 results, the product, the simulator" in note for note in noted.protocol.notes)
