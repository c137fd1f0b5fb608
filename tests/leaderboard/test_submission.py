"""An honest submission becomes an entry; cards, hidden seeds and ties."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from helpers.submissions import CARD, members, recorded, tiny  # noqa: F401
from vlagen_bench.cli import leaderboard as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import archive, card, claims, codec, commitment, provenance, ranking, submission, verify
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.sandbox import Sandbox
from vlagen_bench.plan import catalog, plan
from vlagen_bench.report import entries
from vlagen_bench.utils import paths

pytestmark = pytest.mark.sim


@pytest.fixture
def filled(tmp_path):
    (tmp_path / "card.yaml").write_bytes(CARD)
    return tmp_path / "card.yaml"


def test_submit_verify_publish(tmp_path, filled, capsys, monkeypatch):
    assert commands.submit(recorded(), card=filled, out=tmp_path / "a.zip") == 0
    assert commands.verify(tmp_path / "a.zip", out=tmp_path / "my-model.json") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "4 of 4 episodes were simulated again from their actions alone" in said and "4 went the same way" in said
    assert "Who made the actions" in said and "The entry is verified." in said
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
            verify.Comparison(episode=t.episode, steps=80, diverges_at=None, disagreements=(), scored=True)
            for t in takes
        )

    found = verify.verify(read, published=[], sample=2, seed=3, resimulate=resimulate)
    assert len(played) == 2 and found.sample_seed == 3 and "with the seed 3" in provenance.proven(found.entry())[-1]
    assert verify.draw(read.takes, 2, 3) == verify.draw(read.takes, 2, 3) != verify.draw(read.takes, 2, 5)
    assert verify.draw(read.takes, 2, None)[1] is not None
    with pytest.raises(Refused, match="not negative"):
        verify.draw(read.takes, -1, None)


def test_states_of_another_machine_count_only_if_that_is_said():
    read = submission.read(archive.pack(members()))
    other = [
        verify.Comparison(episode=t.episode, steps=80, diverges_at=9, disagreements=(), scored=True) for t in read.takes
    ]
    with pytest.raises(Refused, match=r"diverge at step 9 of 80.*--states rescored"):
        verify.verify(read, published=[], resimulate=lambda task, takes: iter(other))
    found = verify.verify(read, published=[], states="rescored", resimulate=lambda task, takes: iter(other))
    assert found.exact == 0 and "4 by their score alone" in provenance.proven(found.entry())[2]


@pytest.mark.parametrize(("total", "sampled", "left"), [(10, 10, 0), (10, 9, 1), (100, 95, 0), (3072, 300, 29)])
def test_how_many_false_records_a_sample_allows(total, sampled, left):
    """Against the definition, by counting."""
    from scipy.stats import hypergeom

    assert provenance.undetected(total, sampled) == left
    assert hypergeom.pmf(0, total, left + 1, sampled) <= 0.05 < hypergeom.pmf(0, total, left, sampled)


def test_the_paper_suite_fits_into_10_mb():
    """With noise for actions, which nothing compresses; records are added in docs/submit.md."""
    rng = np.random.default_rng(0)
    actions = [rng.uniform(-1, 1, (80, 7)).astype(np.float32) for _ in range(3072)]
    packed = len(codec.shrink(codec.actions_to_bytes(actions))) + 3072 * 81 * 8
    assert packed < 8_600_000


def test_actions_survive_bit_for_bit():
    rng = np.random.default_rng(0)
    actions = [rng.normal(size=(steps, 7)).astype(np.float32) for steps in (3, 1, 80)]
    back = codec.actions_from_bytes(codec.actions_to_bytes(actions), [3, 1, 80])
    assert all(np.array_equal(one, other) for one, other in zip(actions, back, strict=True))
    states = [["00ff" * 4, "f" * 16], ["0" * 16]]
    assert codec.states_from_bytes(codec.states_to_bytes(states), [1, 0]) == [tuple(one) for one in states]


@pytest.mark.slow
def test_the_sandbox_has_no_network_and_cannot_write(tmp_path):
    import subprocess
    import sys

    script = (
        "import resource, socket, sys; from vlagen_bench.leaderboard import sandbox_child as inmate\n"
        "cut = inmate.without_network(); inmate.limit(60, 8 << 30, 64)\n"
        "try: open(sys.argv[1], 'w').write('x' * 9999); print('wrote')\n"
        "except OSError: print('no file')\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[2])), 2); print('connected')\n"
        "except OSError: print('no network' if cut else 'open')\n"
        "try: bytearray(9 << 30); print('took memory')\n"
        "except MemoryError: print('no memory')\n"
    )
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", script, str(tmp_path / "file"), str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "no file" and "took memory" not in done.stdout
    assert done.stdout.split("\n")[1] in ("no network", "open")  # open: this kernel allows no namespaces
    assert Path(tmp_path / "file").stat().st_size == 0


@pytest.mark.slow
def test_a_simulator_that_hangs_or_dies_is_a_sentence(monkeypatch):
    from vlagen_bench.leaderboard import limits

    read = submission.read(archive.pack(members()))
    monkeypatch.setattr(limits, "SANDBOX_START_S", 0)
    monkeypatch.setattr(limits, "SANDBOX_EPISODE_S", 0)
    with pytest.raises(Refused, match="cannot be re-simulated: the simulator was stopped"):
        list(Sandbox()(read.task, read.takes[:1]))
    monkeypatch.setattr(limits, "SANDBOX_EPISODE_S", 30)
    monkeypatch.setattr(limits, "SANDBOX_MEMORY_BYTES", 200 << 20)
    with pytest.raises(Refused, match=r"cannot be re-simulated: the simulator (ended|died|was)"):
        list(Sandbox()(read.task, read.takes[:1]))


@pytest.mark.slow
def test_the_sandbox_ends_with_its_reader(monkeypatch):
    import subprocess

    children = []

    class Seen(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    read = submission.read(archive.pack(members()))
    played = Sandbox()(read.task, read.takes)
    assert next(played).exact
    played.close()  # as after a refusal, with episodes left to be played
    assert [child.returncode is None for child in children] == [False]


def test_the_template_has_to_be_filled_in(tmp_path):
    commands.card(tmp_path / "card.yaml")
    with pytest.raises(ConfigError, match="exists already"):
        commands.card(tmp_path / "card.yaml")
    text = (tmp_path / "card.yaml").read_text()
    with pytest.raises(Refused, match="expected one of 'none'"):
        card.read(text.encode())
    with pytest.raises(Refused, match="'name' is not filled in"):
        card.read(text.replace('benchmark_seen: "FILL IN"', "benchmark_seen: none").encode())
    text = text.replace('benchmark_seen: "FILL IN"', "benchmark_seen: none").replace("FILL IN", "abc")
    assert card.read(text.encode()).name == "abc"


CARDS = [
    (b"model: &a x\nname: *a", "anchor or an alias"),
    (b"a: &a [x,x]\nb: &b [*a,*a]", "anchor or an alias"),
    (b"name: !!python/object/apply:os.system ['id']", "has a tag"),
    (b"name: !!binary aGk=", "has a tag"),
    (b"name: {a: b}", "is nested"),
    (b"name: [[a]]", "is nested"),
    (b"[" * 16000, "is nested"),
    (b"- - - - a", "is nested"),
    (b"{a: " * 3000 + b"}" * 3000, "is nested"),
    (b"? [a, b]\n: c", "a key is no text"),
    (b"name: a\nname: b", "stands twice"),
    (b"name: a\n---\nname: b", "more than one document"),
    (b"", "no mapping"),
    (b"just text", "no mapping"),
    (b"- a", "no mapping"),
    (b"\xff\xfe\x00", "is not valid YAML"),
    (b"name: \x07", "is not valid YAML"),
    (b"a: b\n" * 9000, "at most 16384 are allowed"),
    (b"name: 'a", "is not valid YAML"),
    (b"colour: red", "There is no key 'colour'"),
    (CARD.replace(b"benchmark_seen: none", b"benchmark_seen: never"), "expected one of 'none'"),
    (CARD.replace(b"my-model", b"../my-model"), "is none: lower case"),
    (CARD.replace(b"my-model", b"My-Model"), "is none: lower case"),
    (CARD.replace(b"my-model", b"nul.v2"), "is none: lower case"),  # a device to Windows
    (CARD.replace(b"my-model", "my-mоdel".encode()), "is none: lower case"),  # a Cyrillic o
    (CARD.replace(b"A model", b'"A\\u202Emodel"'), "is not valid YAML"),
    (CARD.replace(b"A model of ours, 3B", '"A \u202emodel"'.encode()), "U+202E, which cannot be seen"),
    (CARD.replace(b"A model of ours, 3B", '"mode\u0301l"'.encode()), "Unicode's NFC"),
    (CARD.replace(b"A model of ours, 3B", b'"\\x1b[2J"'), "U+001B, which cannot be seen"),
    (CARD.replace(b"A model of ours, 3B", b"x" * 3000), "3000 characters"),
    (CARD.replace(b"[It is small.]", b"[a, {b: c}]"), "is nested"),
    (CARD.replace(b"notes: [It is small.]", b"notes: text"), "expected a list"),
    (CARD.replace(b"model: A model of ours, 3B\n", b""), "the key 'model' is missing"),
]


@pytest.mark.parametrize(("text", "says"), CARDS, ids=range(len(CARDS)))
def test_a_wrong_card_is_a_sentence(text, says):
    with pytest.raises(Refused) as caught:
        card.read(text)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        commands.verify(tmp_path / "gone.zip")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        commands.submit(recorded(), card=tmp_path, out=tmp_path / "a.zip")


def test_seeds_are_hidden_and_fixed(tmp_path, capsys):
    (tmp_path / "seeds").write_text("11\n12\n13\n")
    files = (tmp_path / "commitment.json", tmp_path / "opening.json")
    commands.commit("tiny", tmp_path / "seeds", *files)
    published, opening = (json.loads(path.read_text()) for path in files)
    assert set(published) == {"suite", "seeds", "sha256"} and published["seeds"] == 3
    assert (tmp_path / "opening.json").stat().st_mode & 0o077 == 0
    assert commands.reveal(files[1], files[0]) == 0
    assert capsys.readouterr().out.split()[-3:] == ["11", "12", "13"]
    with pytest.raises(ConfigError, match="Give both"):
        commands.verify(tmp_path / "x", opening=files[1])
    for edit in ({"seeds": [11, 12, 14]}, {"seeds": [12, 11, 13]}, {"salt": "0" * 64}, {"suite": "quick"}):
        with pytest.raises(Refused, match="not those that were committed to"):
            commitment.reveal(json.dumps(opening | edit).encode(), files[0].read_bytes())


@pytest.mark.parametrize(("edit", "says"), [
    ({"seeds": [1, 1]}, "different whole numbers"), ({"seeds": []}, "different whole numbers"),
    ({"seeds": [-1]}, "different whole numbers"), ({"seeds": [True]}, "expected a int"),
    ({"salt": ""}, "the opening's salt has 0"), ({"salt": 5}, "expected a str"), ({"more": 1}, "no key 'more'"),
])  # fmt: skip
def test_a_wrong_opening_is_a_sentence(edit, says):
    right = commitment.commit("tiny", [1, 2])
    given = json.dumps({"suite": "tiny", "seeds": [1, 2], "salt": right.salt} | edit).encode()
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
    assert claims.plan_of(hidden_run, commitment.commit("tiny", (11, 12))).hash == other.hash
    with pytest.raises(Refused, match=r"the suite's is 0\. Who may choose a seed"):
        claims.plan_of(hidden_run)
    with pytest.raises(Refused, match=r"or one of the revealed\. Who may choose a seed"):
        claims.plan_of(hidden_run, commitment.commit("tiny", (11, 13)))
    with pytest.raises(Refused, match="the revealed ones are of the suite 'quick'"):
        claims.plan_of(hidden_run, commitment.commit("quick", (11, 12)))


def test_a_run_of_a_revealed_seed_says_so_and_stands_apart():
    """Its episodes are others, one list of seeds to choose from."""
    from vlagen_bench.leaderboard.site import boards

    read = submission.read(archive.pack(members()))
    suite = catalog.suite("tiny")
    reseeded = plan.make_plan(plan.select(suite, conditions=None, episodes=None, seed=12))
    header = json.loads(members()["header.json"])
    protocol = submission.protocol_of(header, reseeded, read.task)
    (said,) = entries.differences(protocol, boards.own_protocol(suite))
    assert said == "its episodes are of the seed 12, revealed of a hidden split"
    assert entries.differences(read.protocol, boards.own_protocol(suite)) == ()


def test_published_episodes_cannot_be_hidden(tmp_path):
    (tmp_path / "seeds").write_text("11\n")
    with pytest.raises(ConfigError, match="'paper' has published episodes"):
        commands.commit("paper", tmp_path / "seeds", tmp_path / "commitment.json", tmp_path / "opening.json")
    assert not (tmp_path / "opening.json").exists()


def test_a_draw_that_can_be_foreseen_makes_no_entry(tmp_path):
    (tmp_path / "a.zip").write_bytes(archive.pack(members()))
    with pytest.raises(ConfigError, match="leave one of both out"):
        commands.verify(tmp_path / "a.zip", sample=1, seed=3, out=tmp_path / "entry.json")


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


def test_ties_are_groups_that_may_overlap():
    found = ranking.board({"a": (180, 192), "b": (170, 192), "c": (158, 192), "d": (20, 192), "none": (0, 0)})
    assert found.groups == (("a", "b"), ("b", "c"), ("d",))
    assert [(one.name, one.first, one.last) for one in found.places] == [
        ("a", 1, 2), ("b", 1, 3), ("c", 2, 3), ("d", 4, 4),
    ]  # fmt: skip


def test_equal_entries_are_one_group_and_few_episodes_tell_nothing():
    assert ranking.board({"b": (5, 10), "a": (5, 10)}).groups == (("a", "b"),)
    assert ranking.board({"a": (4, 4), "b": (1, 4)}).groups == (("a", "b"),)
    assert ranking.board({}).groups == () and ranking.board({"a": (1, 2)}).groups == (("a",),)


def test_holm_makes_more_entries_harder_to_tell_apart():
    pair = {"a": (104, 192), "b": (80, 192)}
    assert len(ranking.board(pair).groups) == 2
    assert len(ranking.board(pair | {f"c{i}": (92, 192) for i in range(8)}).groups) == 1
