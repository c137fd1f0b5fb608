"""Forged and damaged submissions: every one is refused, each for the right reason, and none breaks the verifier."""

import dataclasses
import io
import json
import lzma
import stat
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from helpers.fuzz_leaderboard import fuzz
from helpers.submissions import (  # noqa: F401
    CARD,
    LIMIT,
    members,
    tiny,
    with_actions,
    with_header,
    with_member,
    with_record,
    with_records,
)  # fmt: skip
from vlagen_bench.harness.replay import Unseen, replay
from vlagen_bench.leaderboard import archive, codec, duplicates, limits, records, submission, verify
from vlagen_bench.leaderboard.codec import expand, shrink
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.plan import catalog, plan

pytestmark = pytest.mark.sim


def here(task, takes):
    """Re-simulates in this process, which is faster than a sandbox."""
    sim = Unseen(task)
    return (replay(take, sim, task) for take in takes)


def refused(data: bytes) -> str:
    """Why."""
    with pytest.raises(Refused) as caught:
        verify.verify(submission.read(data), published=[], resimulate=here)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
    return str(caught.value)


def header(*path, value):
    """The header with one value replaced, inside."""
    content = json.loads(members()["header.json"])
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return with_member("header.json", json.dumps(content).encode())


def zipped(change=None, *, extra=(), method=zipfile.ZIP_STORED, drop=(), only=None) -> bytes:
    """A zip that is made by hand."""
    honest = zipfile.ZipFile(io.BytesIO(archive.pack(members())))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicate names
        for info in honest.infolist():
            if info.filename in drop:
                continue
            new = zipfile.ZipInfo(info.filename, archive.STAMP)
            new.create_system, new.external_attr, new.compress_type = 3, info.external_attr, method
            if change and (only is None or info.filename == only):
                change(new)
            file.writestr(new, honest.read(info))
        for name, data in extra:
            file.writestr(name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, archive.STAMP), data)
    return buffer.getvalue()


def link():
    info = zipfile.ZipInfo("link", archive.STAMP)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def patched(find: bytes, offset: int, new: bytes, *, last: bool = False) -> bytes:
    """The honest archive with some bytes replaced, at an offset from where a mark stands."""
    data = bytearray(archive.pack(members()))
    at = (data.rfind if last else data.find)(find) + offset
    data[at : at + len(new)] = new
    return bytes(data)


def directory_of(size: int) -> bytes:
    data = bytearray(archive.pack(members()))
    struct.pack_into("<L", data, len(data) - 22 + 12, size)
    return bytes(data)


def two_files() -> bytes:
    """A zip within which another stands first."""
    return archive.pack(members()) + archive.pack(members())


CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"

CONTAINERS = {
    "no zip": (lambda: b"hello", "is no zip archive"),
    "empty": (lambda: b"", "is no zip archive"),
    "truncated": (lambda: archive.pack(members())[:-100], "truncated zip"),
    "half": (lambda: archive.pack(members())[:2000], "truncated zip"),
    "something at its end": (lambda: archive.pack(members()) + b"\0", "truncated zip, or something was added"),
    "something at its beginning": (lambda: b"MZ" + archive.pack(members()), "is no zip archive"),
    "two in one": (two_files, "packing its members again gives other bytes"),
    "too large": (lambda: b"PK\x03\x04" + bytes(limits.ARCHIVE_BYTES), "at most 67108864 are allowed"),
    "long directory": (lambda: directory_of(1 << 30), "directory has 1073741824 bytes"),
    "zip bomb": (
        lambda: zipped(extra=[("manifest.json.bomb", b"")], method=zipfile.ZIP_DEFLATED), "is compressed by the zip"
    ),
    "lzma member": (lambda: zipped(method=zipfile.ZIP_LZMA), "is compressed by the zip"),
    "symlink": (lambda: zipped(extra=[(link(), b"/etc/passwd")]), "'link' is a link"),
    "absolute path": (lambda: zipped(extra=[("/etc/passwd", b"x")]), "leads out of the archive"),
    "parent path": (lambda: zipped(extra=[("../../x", b"x")]), "leads out of the archive"),
    "backslash path": (lambda: zipped(extra=[("..\\x", b"x")]), "leads out of the archive"),
    "drive": (lambda: zipped(extra=[("C:x", b"x")]), "leads out of the archive"),
    "case": (lambda: zipped(extra=[("Header.json", b"{}")]), "stands twice; names that differ in case"),
    "duplicate": (lambda: zipped(extra=[("header.json", b"{}")]), "stands twice"),
    "nested archive": (lambda: zipped(extra=[("inner.zip", archive.pack(members()))]), "'inner.zip' is none of"),
    "extra member": (lambda: zipped(extra=[("actions.pkl", b"x")]), "'actions.pkl' is none of"),
    "homoglyph": (lambda: zipped(extra=[("heаder.json", b"{}")]), "is none of a submission's"),
    "control characters": (lambda: zipped(extra=[("a\x1b[2J", b"")]), "'a?[2J' is none of"),
    "missing member": (lambda: zipped(drop=["card.yaml"]), "'card.yaml' is missing"),
    "missing manifest": (lambda: zipped(drop=["manifest.json"]), "'manifest.json' is missing"),
    "encrypted": (lambda: patched(CENTRAL, 8, b"\x01\x00"), "is encrypted"),
    "wrong CRC": (lambda: patched(CENTRAL, 16, b"\0\0\0\0", last=True), "is a damaged zip: Bad CRC-32"),
    "damaged member": (lambda: patched(b"my-model", 0, b"x"), "is a damaged zip: Bad CRC-32"),
    "another time": (lambda: zipped(lambda i: setattr(i, "date_time", (2024, 5, 1, 0, 0, 0))), "gives other bytes"),
    "a comment": (lambda: zipped(lambda i: setattr(i, "comment", b"hi"), only="header.json"), "gives other bytes"),
    "an extra field": (lambda: zipped(lambda i: setattr(i, "extra", b"\x99\x99\0\0")), "gives other bytes"),
    "a device": (lambda: zipped(lambda i: setattr(i, "external_attr", 0o060644 << 16)), "gives other bytes"),
    "local name": (lambda: patched(LOCAL, 30, b"x"), "is a damaged zip"),
    "offset": (lambda: patched(CENTRAL, 42, b"\xff\xff\xff\x7f"), "is a damaged zip"),
    "claimed size": (lambda: patched(CENTRAL, 24, b"\xff\xff\xff\x7f"), "is compressed by the zip"),
    "method 99": (lambda: patched(CENTRAL, 10, b"\x63\x00"), "is compressed by the zip"),
    "nonsense for a manifest": (
        lambda: zipped(drop=["manifest.json"], extra=[("manifest.json", b"[]")]), "of another format"
    ),
}  # fmt: skip


def swap(lines):
    lines[0], lines[1] = lines[1], lines[0]


def copied_first(table):
    table[:, -5:] = table[:, :5]


def flipped() -> bytes:
    """The first episode is played to its end without moving, and called a success."""
    parts = members()
    lines = [json.loads(line) for line in expand(parts["episodes.jsonl.xz"], "", LIMIT).splitlines()]
    steps = [one["steps"] for one in lines]
    actions = codec.actions_from_bytes(expand(parts["actions.xz"], "", LIMIT), steps)
    states = codec.states_from_bytes(parts["states.bin"], steps)
    lines[0]["steps"] = 80
    actions[0] = np.zeros((80, 7), np.float32)
    states[0] = ("0" * 16,) * 81
    parts["episodes.jsonl.xz"] = shrink("".join(json.dumps(line) + "\n" for line in lines).encode())
    parts["actions.xz"] = shrink(codec.actions_to_bytes(actions))
    parts["states.bin"] = codec.states_to_bytes(states)
    return archive.pack(parts)


def last_bit(table):
    table[0, 0] = np.nextafter(table[0, 0], np.float32(9))


def text(**changes):
    """A header with JSON that Python would write and JSON does not have."""
    raw = members()["header.json"].decode()
    for old, new in changes.items():
        raw = raw.replace(f'"{old}": ', f'"{old}": {new}, "{old}_": ', 1)
    return with_member("header.json", raw.encode())


def line(raw: bytes) -> bytes:
    """The first record is this text."""
    rest = expand(members()["episodes.jsonl.xz"], "", LIMIT).split(b"\n", 1)[1]
    return with_member("episodes.jsonl.xz", shrink(raw + b"\n" + rest))


def records_of(seed: int) -> bytes:
    """Header and records of another seed's plan, whose actions are these."""
    made = plan.make_plan(plan.select(catalog.suite("tiny"), conditions=None, episodes=None, seed=seed))
    content = json.loads(members()["header.json"]) | {"seed": seed, "plan_hash": made.hash}
    return with_member("header.json", json.dumps(content).encode())


FORGERIES = {
    # header
    "oracle": (lambda: with_header(oracle=True), "is an oracle"),
    "expert, flag removed": (lambda: header("policy", "name", value="expert"), "is called 'expert'"),
    "expert by its module": (
        lambda: header("policy", "name", value="vlagen_bench.policies.expert:Expert"), "sees the simulator's state"
    ),
    "expert by its file": (lambda: header("policy", "name", value="/x/expert.py:Expert"), "sees the simulator's state"),
    "replay": (lambda: header("policy", "name", value=" Replay"), "or repeats another run"),
    "other seed": (lambda: records_of(7), "the seed is 7, and the suite's is 0"),
    "other suite": (lambda: header("suite", "name", value="quick"), "that of the suite 'quick' is"),
    "unknown suite": (lambda: header("suite", "name", value="tinny"), "Did you mean 'tiny'?"),
    "suite with a path": (lambda: header("suite", "name", value="../tiny"), "There is no suite"),
    "other version": (lambda: header("suite", "version", value=2), "the version is 2"),
    "other task": (lambda: header("suite", "task", value="bridge_put_on"), "the task is bridge_put_on"),
    "fewer episodes": (lambda: with_header(episodes_per_condition=0), "number of episodes per condition is 0"),
    "fewer conditions": (lambda: with_header(conditions=["nominal"]), "conditions are not those of the suite 'tiny'"),
    "other order": (
        lambda: with_header(conditions=["lighting_l3", "nominal", "action_delay_l3", "push_l3"]), ", in their order"
    ),
    "edited plan hash": (lambda: with_header(plan_hash="0" * 64), "this release makes"),
    "stand-ins": (lambda: header("pack", "stand_ins", value=["a.png"]), "were stand-ins"),
    "other pack": (lambda: header("pack", "version", value=9), "the asset pack is household 9"),
    "other schema": (lambda: with_header(schema=2), "expected one of 1"),
    "wrong type": (lambda: with_header(seed="0"), "expected a int"),
    "true for a number": (lambda: with_header(seed=False), "expected a int"),
    "list for a name": (lambda: header("suite", "name", value=["tiny"]), "expected a str"),
    "header is a list": (lambda: with_member("header.json", b"[]"), "expected a mapping"),
    "header is cut": (lambda: with_member("header.json", b'{"a": '), "header.json is no JSON"),
    "NaN in the header": (lambda: text(seed="NaN"), "NaN is no number"),
    "a key twice": (lambda: text(seed='1, "seed": 2'), "'seed' stands twice"),
    "huge number": (lambda: text(seed="9" * 500), "more than 63 bits"),
    "number beyond parsing": (lambda: text(seed="9" * 9000), "is no JSON"),
    "infinite by exponent": (lambda: text(seed="1e999"), "is infinite"),
    "deep": (lambda: with_member("header.json", b"[" * 30000), "nested deeper"),
    "deep, whole": (lambda: with_member("header.json", b"[" * 50 + b"]" * 50), "nested deeper"),
    "long": (lambda: with_member("header.json", b" " * 70000), "at most 65536 are allowed"),
    "no UTF-8": (lambda: with_member("header.json", b'{"a": "\xff"}'), "is no JSON"),
    "lone surrogate": (lambda: text(seed='"\\ud800"'), "U+D800, which cannot be seen"),
    "right to left": (lambda: text(seed='"a\\u202eb"'), "U+202E, which cannot be seen"),
    "null character": (lambda: text(seed='"\\u0000"'), "U+0000, which cannot be seen"),
    # card
    "huge card": (lambda: with_member("card.yaml", b"a: b\n" * 9000), "at most 16384"),
    "anchors": (lambda: with_member("card.yaml", b"a: &a [x]\nb: [*a, *a]"), "anchor or an alias"),
    "tags": (lambda: with_member("card.yaml", b"name: !!python/name:os.system"), "has a tag"),
    # records
    "flipped success": (flipped, "success is recorded as true and is false"),
    "a success that is hidden": (
        lambda: with_record(outcome="failure", success_at_end=False), "with this outcome has 80"
    ),
    "success without success_at_end": (lambda: with_record(success_at_end=False), "success_at_end says otherwise"),
    "success without success_once": (lambda: with_record(success_once=False), "success_once says that it never did"),
    "success unknown": (lambda: with_record(success_once=None), "is not said"),
    "an error": (lambda: with_record(outcome="error", error="x"), "ended as an error"),
    "an error that counts": (lambda: with_record(error="x"), "ended as an error"),
    "unknown outcome": (lambda: with_record(outcome="triumph"), "expected one of 'success'"),
    "duplicated": (lambda: with_records(lambda lines: lines.append(lines[0])), "2 times. Every episode counts once"),
    "duplicate instead of another": (lambda: with_records(lambda lines: lines.__setitem__(1, lines[0])), "2 times"),
    "dropped": (lambda: with_records(lambda lines: lines.pop()), "lacks 1 of 4 episodes"),
    "all dropped": (lambda: with_records(lambda lines: lines.clear()), "lacks 4 of 4"),
    "many lines": (lambda: with_records(lambda lines: lines.extend(lines * 9)), "40 lines, and the plan has 4"),
    "other order of records": (lambda: with_records(swap), "in another order than the plan"),
    "foreign episode": (lambda: with_record(id="0" * 16), "is no episode of the plan"),
    "id is a list": (lambda: with_record(id=["a"]), "is no episode of the plan"),
    "edited twin": (lambda: with_record(1, twin=None), "'twin' is not that of the episode"),
    "edited condition": (lambda: with_record(1, condition="nominal"), "'condition' is not that"),
    "edited index": (lambda: with_record(1, index=5), "'index' is not that"),
    "edited values": (lambda: with_record(1, values={}), "'values' is not that"),
    "edited task": (lambda: with_record(task="tabletop_put_on@9"), "'task' is not that"),
    "too few steps": (lambda: with_record(outcome="failure", success_at_end=False, steps=3), "3 steps are recorded"),
    "too long an episode": (lambda: with_record(steps=81), "81 steps are recorded, and an episode"),
    "no steps": (lambda: with_record(steps=0), "0 steps are recorded"),
    "negative steps": (lambda: with_record(steps=-5), "-5 steps are recorded"),
    "one step fewer": (lambda: with_records(lambda ls: ls[0].update(steps=ls[0]["steps"] - 1)), "The actions take"),
    "steps moved to another": (
        lambda: with_records(lambda ls: (ls[0].update(steps=ls[0]["steps"] - 1), ls[1].update(steps=ls[1]["steps"] + 1))),
        "is not over after the",
    ),
    "edited metric": (
        lambda: with_records(lambda ls: ls[0]["metrics"].update(source_target_m=0.0)), "the metric source_target_m"
    ),
    "new metric": (lambda: with_records(lambda ls: ls[0]["metrics"].update(beauty=1)), "the metric beauty"),
    "metric with depth": (lambda: with_records(lambda ls: ls[0]["metrics"].update(a=[1])), "at most 40 plain values"),
    "metrics that flood a terminal": (
        lambda: with_records(lambda ls: ls[0]["metrics"].update({f"{i}" + "x" * 300: "y" * 300 for i in range(20)})),
        "the metric 0xxx",
    ),
    "timings with depth": (
        lambda: with_records(lambda ls: ls[0]["timings"].update(a=[{}] * 2000)), "the timings are at most 40 plain values"
    ),
    "many timings": (
        lambda: with_records(lambda ls: ls[0]["timings"].update({str(i): i for i in range(900)})), "the timings are at most 40"
    ),
    "NaN in a record": (lambda: line(b'{"id": NaN}'), "NaN is no number"),
    "a record of nothing": (lambda: line(b"null"), "line 1 is of 'None'"),
    "an unknown key": (lambda: with_record(bonus=1), "There is no key 'bonus'"),
    "a long record": (lambda: line(b'"' + b"x" * 20000 + b'"'), "at most 16384 are allowed"),
    "a record cut off": (
        lambda: with_member("episodes.jsonl.xz", shrink(expand(members()["episodes.jsonl.xz"], "", LIMIT)[:-9])), "breaks off"
    ),
    # streams
    "xz bomb": (lambda: with_member("actions.xz", shrink(bytes(50_000_000))), "holds more than the 8960 bytes"),
    "bomb of records": (lambda: with_member("episodes.jsonl.xz", shrink(bytes(50_000_000))), "holds more than the 65536"),
    "xz truncated": (lambda: with_member("actions.xz", members()["actions.xz"][:-20]), "breaks off"),
    "xz and more": (lambda: with_member("actions.xz", members()["actions.xz"] + b"PK\x03\x04"), "bytes after its end"),
    "two xz streams": (lambda: with_member("actions.xz", members()["actions.xz"] * 2), "bytes after its end"),
    "no xz": (lambda: with_member("actions.xz", b"\x80\x04cos\nsystem\n"), "is no xz stream"),
    "an archive for actions": (lambda: with_member("actions.xz", archive.pack(members())), "is no xz stream"),
    "xz that wants memory": (
        lambda: with_member(
            "actions.xz", lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}])
        ),
        "is no xz stream, or is damaged",
    ),
    # actions and states
    "an edited action": (lambda: with_actions(lambda t: t.__setitem__((0, 3), 0.04)), "states diverge at step 4"),
    "actions of another episode": (lambda: with_actions(copied_first), "re-simulated from its actions, "),
    "all actions nought": (lambda: with_actions(lambda t: t.__imul__(0)), "is not over after the"),
    "NaN for an action": (lambda: with_actions(lambda t: t.__setitem__((1, 1), np.nan)), "row 1 is NaN or infinite"),
    "an infinite action": (lambda: with_actions(lambda t: t.__setitem__((6, 2), -np.inf)), "row 2 is NaN or infinite"),
    "float64": (lambda: with_actions(lambda t: t.astype("<f8")), "or too few, or other numbers"),
    "float16": (lambda: with_actions(lambda t: t.astype("<f2")), "or too few, or other numbers"),
    "six columns": (lambda: with_actions(lambda t: t[:6]), "or too few, or other numbers"),
    "rows for columns": (lambda: with_actions(lambda t: np.ascontiguousarray(t.T)), "re-simulated from its actions, "),
    "a longer episode": (lambda: with_actions(lambda t: np.pad(t, ((0, 0), (0, 1)))), "or too few, or other numbers"),
    "no actions": (lambda: with_actions(lambda t: t[:, :0]), "or too few, or other numbers"),
    "huge actions": (lambda: with_actions(lambda t: t.__setitem__((slice(3), 5), 3e38)), "re-simulated from its actions, "),
    "edited states": (
        lambda: with_member("states.bin", b"\0" * 8 + members()["states.bin"][8:]), "diverge in the scene itself"
    ),
    "no states": (lambda: with_member("states.bin", b""), "The states take 0 bytes"),
    "one state more": (lambda: with_member("states.bin", members()["states.bin"] + bytes(8)), "The states take"),
}  # fmt: skip


def test_an_honest_submission_is_not_refused():
    found = verify.verify(submission.read(archive.pack(members())), published=[], resimulate=here)
    assert (len(found.compared), found.exact) == (4, 4)
    assert zipped() == archive.pack(members())  # so that what is made by hand differs by the attack alone


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_strange_container_is_refused(name):
    make, says = CONTAINERS[name]
    assert says in refused(make())


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name):
    make, says = FORGERIES[name]
    assert says in refused(make())


def test_a_manifest_that_is_not_of_its_members_is_refused():
    """Of each member alone: another member under the old manifest."""
    honest = members()
    for name in archive.MEMBERS:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for each in ("manifest.json", *archive.MEMBERS):
                data = archive.manifest(honest) if each == "manifest.json" else honest[each]
                file.writestr(zipfile.ZipInfo(each, archive.STAMP), data + b" " * (each == name))
        assert f"the hash of '{name}' is not the member's" in refused(buffer.getvalue())


def test_lines_of_nothing_take_no_memory():
    """As many as the limit allows: a list of them would be eight times as long, and their values more."""
    made = plan.make_plan(catalog.suite("tiny"))
    task = catalog.task(made.suite.task)
    room = len(made.episodes) * limits.RECORD_BYTES
    for data in (b"\n" * room, (b"[" + b"{}," * 5000 + b"0]\n") * len(made.episodes)):
        tracemalloc.start()
        with pytest.raises(Refused, match=r"65536 lines|line 1 is of"):
            records.read(data, made, task)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(data) <= room and most < 8 * room, most


def named(data: bytes, name: str) -> submission.Submission:
    """What is submitted, under a name."""
    read = submission.read(data)
    return dataclasses.replace(read, card=dataclasses.replace(read.card, name=name))


def entry_of(data: bytes):
    """What was published of it."""
    return verify.verify(submission.read(data), published=[], sample=0).entry()


def other_in_the_first(table):
    """An action of the first episode, edited with an effect."""
    table[0, 5] += 0.5


def with_false_states(change) -> bytes:
    """Edited actions, and states that were made up for it."""
    parts = members()
    parts["actions.xz"] = archive.unpack(with_actions(change))["actions.xz"]
    parts["states.bin"] = bytes(len(parts["states.bin"]))
    return archive.pack(parts)


def last_bit_and_first(table):
    """All episodes edited, but only the first with an effect."""
    table[0] = np.nextafter(table[0], np.float32(9))
    other_in_the_first(table)


def first_states_false(data: bytes) -> bytes:
    parts = archive.unpack(data)
    parts["states.bin"] = bytes(8) + parts["states.bin"][8:]
    return archive.pack(parts)


@pytest.mark.parametrize("copy", [
    lambda: archive.pack(members()),
    lambda: with_actions(last_bit),  # what the physics does not notice hides no copy
    lambda: with_false_states(other_in_the_first),
    lambda: first_states_false(with_actions(last_bit_and_first)),  # passes a sample without the first episode
])  # fmt: skip
def test_a_copy_under_another_name_is_refused_without_a_simulator(copy):
    with pytest.raises(Refused, match="A copy has that, edited or not"):
        verify.check_new(named(copy(), "other"), [entry_of(archive.pack(members()))])


def test_whoever_edits_more_than_half_is_no_copy():
    table = np.frombuffer(expand(members()["actions.xz"], "", LIMIT), "<f4").reshape(7, -1)
    entry = entry_of(archive.pack(members()))
    noise = np.random.default_rng(0).uniform(-1, 1, table.shape).astype("<f4")
    verify.check_new(named(with_false_states(lambda _: noise), "other"), [entry])


def test_a_name_is_given_once():
    entry = entry_of(archive.pack(members()))
    verify.check_new(submission.read(archive.pack(members())), [entry])  # the very file
    for other in (with_actions(last_bit), with_member("card.yaml", CARD.replace(b"me@", b"thief@"))):
        with pytest.raises(Refused, match=r"'my-model' is published already, of another file.*remove .*my-model\.json"):
            verify.check_new(submission.read(other), [entry])


def standing_still(table):
    table[:] = np.array([0, 0, 0, 0, 0, 0, 1], "<f4")[:, None]


def test_whoever_never_looks_copies_nobody():
    """Two who stand still act the same: that is said, and neither is refused."""
    still = with_actions(standing_still)
    entry = entry_of(still)
    other = named(still, "other")
    verify.check_new(other, [entry])
    assert verify.alike(other, [entry]) == ("my-model",)
    moving = entry_of(with_member("states.bin", bytes(len(members()["states.bin"]))))
    assert verify.alike(other, [moving]) == verify.alike(named(still, "my-model"), [entry]) == ()


def test_who_stands_still_where_lost_is_no_copy_of_who_always_does():
    """Most episodes agree, but what differs between them does not."""
    takes = submission.read(archive.pack(members())).takes
    still = np.zeros((80, 7), np.float32)

    def acted(moves):
        return [
            dataclasses.replace(take, actions=actions, state_hashes=(str(actions.sum()),))
            for take, actions in zip(takes, moves, strict=True)
        ]

    mine = acted([still, still, still, takes[3].actions])
    always = dataclasses.replace(
        entry_of(archive.pack(members())).proof,
        actions_digests=duplicates.actions_of(acted([still] * 4)), states_digests=duplicates.states_of(acted([still] * 4)),
    )  # fmt: skip
    assert duplicates.share(mine, always) == 0.5 == duplicates.COPY and not duplicates.blind(mine)
    assert duplicates.share(acted([still] * 4), always) == 1 and duplicates.blind(
        acted([still, still[:9], still, still])
    )


def test_random_damage_ends_in_sentences():
    """For a longer time: python tests/fuzz_leaderboard.py --seconds 600 --seed 1"""
    found = fuzz(seconds=4, seed=0)
    assert found["refused"] > 100 and set(found) <= {"refused", "accepted"}, found
