"""A small suite, a run of it that was really simulated, and submissions of that run, honest and forged."""

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vlagen_bench.harness import header
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.limits import Limits
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.leaderboard import archive
from vlagen_bench.leaderboard.codec import expand, shrink
from vlagen_bench.leaderboard.submit import members_of
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.scenes import specs
from vlagen_bench.utils import paths

TINY = """
name: tiny
version: 1
task: tabletop_put_on
episodes: 1
conditions: [nominal, lighting_l3, action_delay_l3, push_l3]
"""
CARD = b"""
name: my-model
model: A model of ours, 3B
training_data: 10k demonstrations
benchmark_seen: none
decoding: greedy
hardware: one GPU
contact: me@example.org
licence: Apache-2.0
notes: [It is small.]
"""
LIMIT = 1 << 26


class Mine:
    """The name that the fixture's policy goes by; its actions are a script's."""

    def act(self, obs, instr):
        return np.zeros(7, np.float32)


@functools.cache
def tasks_with_tiny() -> Path:
    """The shipped tasks, and the suite `tiny`."""
    folder = Path(tempfile.mkdtemp(prefix="vlagen-tasks-"))
    (folder / "suites").mkdir()
    for path in paths.tasks_dir().glob("*.yaml"):
        (folder / path.name).symlink_to(path)
    for name in ("quick.yaml", "paper.yaml"):
        (folder / "suites" / name).symlink_to(paths.tasks_dir() / "suites" / name)
    (folder / "suites" / "tiny.yaml").write_text(TINY)
    return folder


@functools.cache
def recorded() -> Path:
    """A run folder of `tiny`: the expert's actions, all of which succeed, under another policy's name."""
    from vlagen_bench.policies.expert.policy import Expert
    from vlagen_bench.sim.simulator import Simulator

    class Dark(Simulator):
        def observe(self):
            return {}

    made = plan.make_plan(catalog.suite("tiny"))
    task = catalog.task(made.suite.task)
    scene = specs.scene(task.scene)
    mine = LoadedPolicy(name="mine:Model", policy=Mine(), arguments={})
    head = header.make(made, mine, scene, "none", (), execution=Execution(), limits=Limits(), workers=1)
    path = Path(tempfile.mkdtemp(prefix="vlagen-run-")) / "run"
    sim = Dark.of(task, drawn=False)
    solo = SerialExecutor(
        task, sim, PolicyCaller(LoadedPolicy(name="expert", policy=Expert(), arguments={}), action_dim=7, sim=sim)
    )
    with RunFolder.writing(path, head, made) as folder:
        for played in solo.plays(made.episodes):
            folder.add(played.result, played.actions, played.state_hashes)
    return path


@functools.cache
def _members() -> dict[str, bytes]:
    return members_of(recorded(), CARD)


def members() -> dict[str, bytes]:
    """What an honest submission is made of; yours to change."""
    return dict(_members())


def with_header(**changes) -> bytes:
    """An archive whose header says otherwise."""
    parts = members()
    parts["header.json"] = json.dumps(json.loads(parts["header.json"]) | changes).encode()
    return archive.pack(parts)


def with_records(change: Callable[[list[dict]], None]) -> bytes:
    """An archive whose records were changed in place."""
    parts = members()
    lines = [json.loads(line) for line in expand(parts["episodes.jsonl.xz"], "", LIMIT).splitlines()]
    change(lines)
    parts["episodes.jsonl.xz"] = shrink("".join(json.dumps(line) + "\n" for line in lines).encode())
    return archive.pack(parts)


def with_record(number: int = 0, **changes) -> bytes:
    """An archive one of whose records says otherwise."""
    return with_records(lambda lines: lines[number].update(changes))


def with_actions(change: Callable[[np.ndarray], np.ndarray | None]) -> bytes:
    """An archive whose actions, float32 (7, steps of all episodes), were changed in place or by what is returned."""
    parts = members()
    table = np.frombuffer(expand(parts["actions.xz"], "", LIMIT), "<f4").reshape(7, -1).copy()
    changed = change(table)
    parts["actions.xz"] = shrink((table if changed is None else changed).tobytes())
    return archive.pack(parts)


def with_member(name: str, data: bytes) -> bytes:
    """An archive with one member replaced."""
    return archive.pack(members() | {name: data})


def hidden_members(seed: int, policy: str) -> dict[str, bytes]:
    """Members of a run of another seed: header and records of its plan, with actions and states of the recorded one."""
    made = plan.make_plan(plan.select(catalog.suite("tiny"), conditions=None, episodes=None, seed=seed))
    parts = members()
    head = json.loads(parts["header.json"])
    head |= {"seed": seed, "plan_hash": made.hash, "policy": {**head["policy"], "name": policy}}
    lines = [json.loads(line) for line in expand(parts["episodes.jsonl.xz"], "", LIMIT).splitlines()]
    records = [line | episode.to_dict() for line, episode in zip(lines, made.episodes, strict=True)]
    parts["header.json"] = json.dumps(head).encode()
    parts["episodes.jsonl.xz"] = shrink("".join(json.dumps(record) + "\n" for record in records).encode())
    return parts
