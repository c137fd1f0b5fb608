"""Forged submissions: every one is refused, each for the right reason."""

import json
import lzma

import numpy as np
import pytest

from helpers.forged import here, refused, zipped
from helpers.submissions import (
    LIMIT,
    members,
    with_actions,
    with_header,
    with_member,
    with_record,
    with_records,
)
from vlagen_bench.leaderboard import archive, codec, submission, verify
from vlagen_bench.leaderboard.codec import expand, shrink
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.base import BUILT_IN

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def header(*path, value):
    """The header with one value replaced, inside."""
    content = json.loads(members()["header.json"])
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return with_member("header.json", json.dumps(content).encode())


def swap(lines):
    lines[0], lines[1] = lines[1], lines[0]


def copied_first(table):
    table[:, -5:] = table[:, :5]


def flipped() -> bytes:
    """The first episode is played to its end without moving, and called a success."""
    parts = members()
    lines = [json.loads(line) for line in expand(parts["episodes.jsonl.xz"], "", LIMIT).splitlines()]
    steps = [one["steps"] for one in lines]
    actions = codec.actions_from_bytes(expand(parts["actions.xz"], "", LIMIT), steps, 7)
    states = codec.states_from_bytes(parts["states.bin"], steps)
    lines[0]["steps"] = 80
    actions[0] = np.zeros((80, 7), np.float32)
    states[0] = ("0" * 16,) * 81
    parts["episodes.jsonl.xz"] = shrink("".join(json.dumps(line) + "\n" for line in lines).encode())
    parts["actions.xz"] = shrink(codec.actions_to_bytes(actions))
    parts["states.bin"] = codec.states_to_bytes(states)
    return archive.pack(parts)


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
    "expert by its module, flag removed": (
        lambda: header("policy", "name", value=BUILT_IN["expert"]), "is called 'vlagen_bench.policies.expert.policy:Expert'",
    ),
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
    "a camera that is none": (
        lambda: with_header(cameras={"front 256 x 256. The best": [256, 256]}), "cameras: The scene tabletop has no camera",
    ),
    "a picture without pixels": (lambda: with_header(cameras={"front": [0, -5]}), "cameras: image size (0, -5)"),
    "cameras without the primary one": (lambda: with_header(cameras={"wrist": [128, 128]}), "is not what the scene tabletop draws"),
    "an axis from outside": (
        lambda: with_header(outside=[{"kind": "axis", "name": "gloom", "sha256": "0", "path": "mine"}]),
        "the axis 'gloom' came from outside this package, and is not here",
    ),
    "a suite from outside": (
        lambda: with_header(
            suite={"name": "own", "version": 1, "task": "own"},
            outside=[{"kind": "suite", "name": "own", "sha256": "0", "path": "mine"}],
        ),
        "the suite 'own' came from outside this package",
    ),
    "outside of a wrong type": (lambda: with_header(outside=[3]), "expected a mapping"),
    "other schema": (lambda: with_header(schema=2), "expected one of 1"),
    "wrong type": (lambda: with_header(seed="0"), "expected an int"),
    "true for a number": (lambda: with_header(seed=False), "expected an int"),
    "list for a name": (lambda: header("suite", "name", value=["tiny"]), "expected a str"),
    "header is a list": (lambda: with_member("header.json", b"[]"), "expected a mapping"),
    "header is cut": (lambda: with_member("header.json", b'{"a": '), "header.json is not JSON"),
    "NaN in the header": (lambda: text(seed="NaN"), "NaN is not a number"),
    "a key twice": (lambda: text(seed='1, "seed": 2'), "'seed' stands twice"),
    "huge number": (lambda: text(seed="9" * 500), "more than 63 bits"),
    "number beyond parsing": (lambda: text(seed="9" * 9000), "is not JSON"),
    "infinite by exponent": (lambda: text(seed="1e999"), "is infinite"),
    "deep": (lambda: with_member("header.json", b"[" * 30000), "nested deeper"),
    "deep, whole": (lambda: with_member("header.json", b"[" * 50 + b"]" * 50), "nested deeper"),
    "long": (lambda: with_member("header.json", b" " * 270000), "at most 262144 are allowed"),
    "no UTF-8": (lambda: with_member("header.json", b'{"a": "\xff"}'), "is not JSON"),
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
    "an error": (
        lambda: with_record(outcome="error", error="x", success_once=None, success_at_end=None), "ended as an error",
    ),
    "an error with success": (lambda: with_record(outcome="error", error="x"), "it says a success flag"),
    "an error that counts": (lambda: with_record(error="x"), "there is an error"),
    "an attempt hidden": (lambda: with_record(restarts=-1), "-1 restarts are not possible"),
    "attempts too many": (lambda: with_record(restarts=2), "4 episodes were tried 6 times"),
    "unknown outcome": (lambda: with_record(outcome="triumph"), "expected one of 'success'"),
    "duplicated": (lambda: with_records(lambda lines: lines.append(lines[0])), "2 times. Every episode counts once"),
    "duplicate instead of another": (lambda: with_records(lambda lines: lines.__setitem__(1, lines[0])), "2 times"),
    "dropped": (lambda: with_records(lambda lines: lines.pop()), "lacks 1 of 4 episodes"),
    "all dropped": (lambda: with_records(lambda lines: lines.clear()), "lacks 4 of 4"),
    "many lines": (lambda: with_records(lambda lines: lines.extend(lines * 9)), "40 lines, and the plan has 4"),
    "other order of records": (lambda: with_records(swap), "in another order than the plan"),
    "foreign episode": (lambda: with_record(id="0" * 16), "is not an episode of the plan"),
    "id is a list": (lambda: with_record(id=["a"]), "is not an episode of the plan"),
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
        lambda: with_records(lambda ls: ls[0]["metrics"].update({f"{i}" + "x" * 300: "y" * 300 for i in range(9)})),
        "the metric 0xxx",
    ),
    "timings with depth": (
        lambda: with_records(lambda ls: ls[0]["timings"].update(a=[{}] * 2000)), "the timings are at most 40 plain values"
    ),
    "many timings": (
        lambda: with_records(lambda ls: ls[0]["timings"].update({str(i): i for i in range(900)})), "the timings are at most 40"
    ),
    "NaN in a record": (lambda: line(b'{"id": NaN}'), "NaN is not a number"),
    "a record of nothing": (lambda: line(b"null"), "line 1 is of 'None'"),
    "an unknown key": (lambda: with_record(bonus=1), "There is no key 'bonus'"),
    "a long record": (lambda: line(b'"' + b"x" * 20000 + b'"'), "at most 16384 are allowed"),
    "a record cut off": (
        lambda: with_member("episodes.jsonl.xz", shrink(expand(members()["episodes.jsonl.xz"], "", LIMIT)[:-9])), "breaks off"
    ),
    # streams
    "xz bomb": (lambda: with_member("actions.xz", shrink(bytes(50_000_000))), "holds more than the 8960 bytes"),
    "bomb of records": (lambda: with_member("episodes.jsonl.xz", shrink(bytes(50_000_000))), "holds more than the 131072"),
    "xz truncated": (lambda: with_member("actions.xz", members()["actions.xz"][:-20]), "breaks off"),
    "xz and more": (lambda: with_member("actions.xz", members()["actions.xz"] + b"PK\x03\x04"), "bytes after its end"),
    "two xz streams": (lambda: with_member("actions.xz", members()["actions.xz"] * 2), "bytes after its end"),
    "no xz": (lambda: with_member("actions.xz", b"\x80\x04cos\nsystem\n"), "is not an xz stream"),
    "an archive for actions": (lambda: with_member("actions.xz", archive.pack(members())), "is not an xz stream"),
    "xz that wants memory": (
        lambda: with_member(
            "actions.xz", lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}])
        ),
        "is not an xz stream, or is damaged",
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


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name):
    make, says = FORGERIES[name]
    assert says in refused(make())
