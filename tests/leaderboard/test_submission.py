"""An honest submission becomes an entry."""

import json
import os

import numpy as np
import pytest

from helpers.submissions import CARD, members, recorded
from vlagen_bench.cli import leaderboard as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import archive, codec, provenance, submission, verify
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.report import entries
from vlagen_bench.runs import outside
from vlagen_bench.utils import paths

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


@pytest.fixture
def filled(tmp_path):
    (tmp_path / "card.yaml").write_bytes(CARD)
    return tmp_path / "card.yaml"


def test_submit_verify_publish(tmp_path, filled, capsys, monkeypatch):
    assert commands.submit(recorded(), card=filled, out=tmp_path / "a.zip") == 0
    assert commands.verify(tmp_path / "a.zip", out=tmp_path / "my-model.json") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "4 of 4 episodes were simulated again from their actions alone" in said and "4 went the same way" in said
    assert "Who made the actions" in said and "The entry is verified, with 4 of 4 episodes simulated again." in said
    board = tmp_path / "boards" / "tiny"
    board.mkdir(parents=True)
    (tmp_path / "my-model.json").rename(board / "my-model.json")
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path / "boards")
    (entry,) = entries.load("tiny")
    assert entry.kind == "verified" and (entry.proof.resimulated, entry.proof.exact) == (4, 4)
    assert {name: (cell.successes, cell.n) for name, cell in entry.conditions.items()} == dict.fromkeys(
        ("nominal", "lighting_l3", "action_delay_l3", "push_l3"), (1, 1)
    )
    assert commands.verify(tmp_path / "a.zip", sample=0) == 0  # the same file may come again
    assert "The entry of this very file is published already." in capsys.readouterr().out
    assert entry.proof.successes == 4 and entry.proof.known_successes == entry.proof.resembling_successes == 0
    assert {cell.outcomes for cell in entry.conditions.values()} == {"1"}
    copied = archive.pack(members() | {"card.yaml": CARD.replace(b"my-model", b"your-model")})
    with pytest.raises(Refused, match=r"of the entry 'my-model' in 100\.0% of .* and so has the same policy run again"):
        verify.verify(submission.read(copied), published=[entry], sample=0)


def test_equal_runs_are_equal_bytes(tmp_path, filled):
    for name in "ab":
        commands.submit(recorded(), card=filled, out=tmp_path / name)
        os.utime(filled, (0, 0))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == archive.pack(members())


def test_a_card_is_looked_for_where_one_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigError, match=r"no card card\.yaml\. `vlagen leaderboard card --out card\.yaml` writes one"
    ):
        commands.submit(recorded(), out=tmp_path / "a.zip")
    commands.card()
    (tmp_path / "card.yaml").write_bytes(CARD)
    assert commands.submit(recorded(), out=tmp_path / "a.zip") == 0


def test_nothing_resimulated_is_a_self_run():
    found = verify.verify(submission.read(archive.pack(members())), published=[], sample=0)
    assert found.kind == "self-run" and "Whether the actions do" in provenance.not_proven(found.entry())[0]
    assert found.entry().proof.resimulated == 0


def test_a_sample_says_what_it_leaves_open():
    read = submission.read(archive.pack(members()))
    played = []

    def resimulate(task, takes):
        played.extend(takes)
        return (
            verify.ReplayComparison(episode=t.episode, steps=80, diverges_at=None, disagreements=(), scored=True)
            for t in takes
        )

    found = verify.verify(read, published=[], sample=2, seed=3, resimulate=resimulate)
    assert len(played) == 2 and found.sample_seed == 3 and "with the seed 3" in provenance.proven(found.entry())[3]
    assert found.kind == "self-run", "two of four say nothing of the others"
    assert provenance.not_proven(found.entry())[0].endswith("`verified` takes 4 of 4 episodes.")
    assert verify.draw(read.takes, 2, 3) == verify.draw(read.takes, 2, 3) != verify.draw(read.takes, 2, 5)
    assert verify.draw(read.takes, 2, None)[1] is not None
    with pytest.raises(Refused, match="not negative"):
        verify.draw(read.takes, -1, None)


def test_one_episode_of_all_makes_no_verified_entry(tmp_path, capsys):
    (tmp_path / "a.zip").write_bytes(archive.pack(members()))
    assert commands.verify(tmp_path / "a.zip", sample=1, out=tmp_path / "my-model.json") == 0
    said = capsys.readouterr().out
    assert "self-run, with 1 of 4 episodes simulated again: 4 or more make it verified (--sample 4)." in said
    assert json.loads((tmp_path / "my-model.json").read_text())["kind"] == "self-run"
    assert "Of its 4 successes, 0 (0.0%) have the actions" in said


def test_states_of_another_machine_count_only_if_that_is_said():
    read = submission.read(archive.pack(members()))
    other = [
        verify.ReplayComparison(episode=t.episode, steps=80, diverges_at=9, disagreements=(), scored=True)
        for t in read.takes
    ]
    with pytest.raises(Refused, match=r"diverge at step 9 of 80.*--states rescored"):
        verify.verify(read, published=[], resimulate=lambda task, takes: iter(other))
    found = verify.verify(read, published=[], states="rescored", resimulate=lambda task, takes: iter(other))
    assert found.exact == 0 and "4 by their score alone" in provenance.proven(found.entry())[2]


def test_the_paper_suite_fits_into_10_mb():
    """With noise for actions, which nothing compresses; records are added in docs/submit.md."""
    rng = np.random.default_rng(0)
    actions = [rng.uniform(-1, 1, (80, 7)).astype(np.float32) for _ in range(3072)]
    packed = len(codec.shrink(codec.actions_to_bytes(actions))) + 3072 * 81 * 8
    assert packed < 8_600_000


def test_actions_survive_bit_for_bit():
    rng = np.random.default_rng(0)
    actions = [rng.normal(size=(steps, 7)).astype(np.float32) for steps in (3, 1, 80)]
    back = codec.actions_from_bytes(codec.actions_to_bytes(actions), [3, 1, 80], 7)
    assert all(np.array_equal(one, other) for one, other in zip(actions, back, strict=True))
    states = [["00ff" * 4, "f" * 16], ["0" * 16]]
    assert codec.states_from_bytes(codec.states_to_bytes(states), [1, 0]) == [tuple(one) for one in states]


def test_an_entry_of_another_submission_is_not_written_over(tmp_path, monkeypatch):
    """Neither where its name is published, nor where the file is merely there."""
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path / "boards")
    board = tmp_path / "boards" / "tiny" / "my-model.json"
    for name, contact in (("mine.zip", b"me@"), ("thief.zip", b"thief@")):
        (tmp_path / name).write_bytes(archive.pack(members() | {"card.yaml": CARD.replace(b"me@", contact)}))
    for _ in range(2):  # a second look at the same file writes the same entry again
        assert commands.verify(tmp_path / "mine.zip", sample=0, out=board) == 0
    published = board.read_bytes()
    with pytest.raises(ConfigError, match=r"my-model\.json exists already, and is not the entry of this submission"):
        commands.verify(tmp_path / "thief.zip", sample=0, out=board)
    with pytest.raises(Refused, match=r"'my-model' is published already, of another file.*boards/tiny/my-model\.json"):
        commands.verify(tmp_path / "thief.zip", sample=0, out=tmp_path / "elsewhere.json")
    assert board.read_bytes() == published and not (tmp_path / "elsewhere.json").exists()
    (tmp_path / "notes.json").write_text("mine")
    with pytest.raises(ConfigError, match="it is not written over"):
        commands.verify(tmp_path / "mine.zip", sample=0, out=tmp_path / "notes.json")
    assert (tmp_path / "notes.json").read_text() == "mine"


def test_an_entry_in_any_script_can_be_read_again(tmp_path, monkeypatch):
    """Beyond 16 bits JSON escapes a character as two, which YAML takes for two; one entry would close its leaderboard."""
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path)
    model = 'Ours 😀 模型 "7B" \\ & <b>: {x} # — é'
    quoted = model.replace("\\", "\\\\").replace('"', '\\"')
    filled = CARD.replace(b"A model of ours, 3B", f'"{quoted}"'.encode())
    read = submission.read(archive.pack(members() | {"card.yaml": filled}))
    file = tmp_path / "tiny" / "my-model.json"
    (tmp_path / "a.zip").write_bytes(archive.pack(members() | {"card.yaml": filled}))
    commands.verify(tmp_path / "a.zip", sample=0, out=file)
    assert entries.load("tiny")[0].model == read.card.model == model
    assert json.loads(file.read_text(encoding="utf-8"))["model"] == model


def test_a_policy_may_come_from_outside():
    parts = members()
    taken = {"kind": "policy", "name": "mine:Model", "sha256": "0" * 64, "path": "mine"}
    parts["header.json"] = json.dumps(json.loads(parts["header.json"]) | {"outside": [taken]}).encode()
    assert submission.read(archive.pack(parts)).plan.suite.name == "tiny"


@pytest.mark.parametrize(("claimed", "ok"), [({"rules.py": "1"}, True), ({}, True), ({"rules.py": "2"}, False)])
def test_what_a_task_from_outside_imports_has_to_be_here_with_the_same_content(monkeypatch, claimed, ok):
    """Runs of former releases name no imports."""
    here = {"kind": "task", "name": "Mine-v1", "sha256": "0", "path": "mine.py"}
    monkeypatch.setattr(outside, "used", lambda plan, policy: [here | {"imports": {"rules.py": "1"}}])
    parts = members()
    taken = here | ({"imports": claimed} if claimed else {})
    parts["header.json"] = json.dumps(json.loads(parts["header.json"]) | {"outside": [taken]}).encode()
    if ok:
        assert submission.read(archive.pack(parts)).plan.suite.name == "tiny"
        return
    with pytest.raises(Refused, match=r"what it imports is not here with the same content: rules.py"):
        submission.read(archive.pack(parts))
