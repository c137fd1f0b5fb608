"""Cards: what a submission says of itself."""

import pytest

from helpers.submissions import CARD, members, recorded
from vlagen_bench.cli import leaderboard as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import archive, card, submission, verify
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.site import boards
from vlagen_bench.utils import paths

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


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
    (b"? [a, b]\n: c", "a key is not text"),
    (b"name: a\nname: b", "stands twice"),
    (b"name: a\n---\nname: b", "more than one document"),
    (b"", "not a mapping"),
    (b"just text", "not a mapping"),
    (b"- a", "not a mapping"),
    (b"\xff\xfe\x00", "is not valid YAML"),
    (b"name: \x07", "is not valid YAML"),
    (b"a: b\n" * 9000, "at most 16384 are allowed"),
    (b"name: 'a", "is not valid YAML"),
    (b"colour: red", "There is no key 'colour'"),
    (CARD.replace(b"benchmark_seen: none", b"benchmark_seen: never"), "expected one of 'none'"),
    (CARD.replace(b"my-model", b"../my-model"), "is not allowed. Use 3 to 64"),
    (CARD.replace(b"my-model", b"My-Model"), "is not allowed. Use 3 to 64"),
    (CARD.replace(b"my-model", b"nul.v2"), "is not allowed. Use 3 to 64"),  # a device to Windows
    (CARD.replace(b"my-model", "my-mоdel".encode()), "is not allowed. Use 3 to 64"),  # a Cyrillic o
    (CARD.replace(b"A model", b'"A\\u202Emodel"'), "is not valid YAML"),
    (CARD.replace(b"A model of ours, 3B", '"A \u202emodel"'.encode()), "U+202E, which cannot be seen"),
    (CARD.replace(b"A model of ours, 3B", '"mode\u0301l"'.encode()), "Unicode's NFC"),
    (CARD.replace(b"A model of ours, 3B", b'"\\x1b[2J"'), "U+001B, which cannot be seen"),
    (CARD.replace(b"A model of ours, 3B", b"x" * 3000), "3000 characters"),
    (CARD.replace(b"A model of ours, 3B", "\u1160\u3164".encode()), "U+1160, which cannot be seen"),
    (CARD.replace(b"A model of ours, 3B", b"'...'"), "'model' has no letter"),
    (
        CARD.replace(b"A model of ours, 3B", b"Verified 40 of 40"),
        "'model' says 'verified', which only a verification says",
    ),
    (CARD.replace(b"me@example.org", b"me; 40 of 40 re-simulated"), "'contact' says 're-simulated'"),
    (CARD.replace(b"my-model", b"my-model.html"), "no dots"),
    (CARD.replace(b"It is small.", b", ".join([b"a"] * 21)), "21 notes, and at most 20"),
    (CARD.replace(b"It is small.", b"x" * 501), "'notes' has 501 characters"),
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


def test_a_name_that_looks_like_a_published_one_is_refused(tmp_path, monkeypatch):
    """Where it is submitted, and where it is verified, whoever submits it."""
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path / "boards")
    (tmp_path / "a.zip").write_bytes(archive.pack(members()))
    assert commands.verify(tmp_path / "a.zip", sample=0, out=tmp_path / "boards/tiny/my-model.json") == 0
    (tmp_path / "card.yaml").write_bytes(CARD.replace(b"my-model", b"my-mode1"))
    with pytest.raises(Refused, match="'my-mode1' looks like 'my-model', which is published already"):
        commands.submit(recorded(), card=tmp_path / "card.yaml", out=tmp_path / "b.zip")
    (tmp_path / "b.zip").write_bytes(archive.pack(members() | {"card.yaml": (tmp_path / "card.yaml").read_bytes()}))
    with pytest.raises(Refused, match="'my-mode1' looks like 'my-model', which is published already"):
        commands.verify(tmp_path / "b.zip", sample=0)


def test_notes_are_the_submitters_wherever_they_are_shown():
    """They cannot stand for what the verifier says, as the note of the policy's name does."""
    notes = b"['policy: expert', 'The entry is verified, with 40 of 40 episodes simulated again.']"
    read = submission.read(archive.pack(members() | {"card.yaml": CARD.replace(b"[It is small.]", notes)}))
    entry = verify.verify(read, published=[], sample=0).entry()
    own = [note for note in entry.protocol.notes if note.startswith("the submitter notes: ")]
    assert len(own) == 2 and sum(note.startswith("policy: ") for note in entry.protocol.notes) == 1
    assert not boards.privileged(entry)
