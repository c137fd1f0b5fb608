"""Certificates of a suite's episodes: solvable, unsolved at the start, visible, clearly instructed."""

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.axes.shared.referring import meant
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.policies.expert.native import as_planned
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.sim.backends import simulator_of
from vlagen_bench.sim.maniskill.any_task.simulator import NativeSimulator
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import draft
from vlagen_bench.types import Episode, Plan, Task
from vlagen_bench.utils import spawned

VISIBLE_PX = 20
"""a thing with fewer pixels in the first picture cannot be found in it"""
STRAYED_M = 0.10
# Slots, ids, file names, and number sequences such as those that leaked into prompts elsewhere.
UNCLEAN = re.compile(r"[{}_$<>]|\d{2,}|\.(png|glb|obj)")


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What was found about one episode."""

    id: str
    condition: str
    index: int
    instruction: str
    solved: bool
    """by the privileged expert, as the task judges"""
    steps: int
    """until the expert's first success, or all that it took"""
    trouble: str | None
    """what went wrong for the expert"""
    source_px: int
    target_px: int | None
    """None: the task has no target"""
    problems: tuple[str, ...]
    """what is wrong with the episode itself, under any policy"""


def certify(plan: Plan, task: Task, path: Path, *, workers: int = 1) -> Iterator[Certificate]:
    """Looks at every episode of the plan, twins included, and lets the expert play it.

    Each certificate is written to `path` as it is made: JSON, one line an episode after a line about the plan. A file
    that holds certificates of the same plan already is gone on with.

    Args:
        plan: the episodes.
        task: theirs.
        path: of the file.
        workers: processes that work side by side; with more than one, lines come in the order in which they are done.

    Raises:
        ConfigError: the file is another plan's, or no file of certificates.
    """
    known, end = _known(plan, path)
    wanted = [episode for episode in plan.episodes if episode.id not in known]
    with open(path, "ab") as file:
        file.truncate(end)  # what an interrupted writer left of its last line
        if not end:
            suite = {"name": plan.suite.name, "version": plan.suite.version, "seed": plan.suite.seed}
            file.write((json.dumps({"suite": suite, "plan_hash": plan.hash}, sort_keys=True) + "\n").encode())
        yield from known.values()
        for made in _all(wanted, task, workers):
            file.write(_line(made).encode())
            file.flush()
            yield made


def _all(episodes: list[Episode], task: Task, workers: int) -> Iterator[Certificate]:
    if workers == 1:
        simulator, expert = _simulator(task), Expert()
        yield from (certify_one(episode, task, simulator, expert) for episode in episodes)
        return
    with spawned.pool(workers, _begin, task.name) as pool:
        running = [pool.submit(_one, episode) for episode in episodes]
        try:
            yield from (done.result() for done in as_completed(running))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _simulator(task: Task) -> Simulator | NativeSimulator:
    """Of a task of ManiSkill, in the control mode of its oracle."""
    return simulator_of(task if task.native is None else as_planned(task))


_HERE: dict[str, Any] = {}
"""of a worker process: its task, simulator and expert"""


def _begin(task_name: str) -> None:
    task = catalog.task(task_name)
    _HERE.update(task=task, simulator=_simulator(task), expert=Expert())


def _one(episode: Episode) -> Certificate:
    return certify_one(episode, **_HERE)


def _known(plan: Plan, path: Path) -> tuple[dict[str, Certificate], int]:
    """The certificates of this very plan that a file holds, and where its last whole line ends; none without a file."""
    if not path.exists():
        return {}, 0
    lines = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    if not lines:
        return {}, 0
    try:
        head, *rest = map(json.loads, lines)
        if head["plan_hash"] != plan.hash:
            raise ConfigError(f"{path} has certificates of another plan. Name another file: --out FILE")
        certificates = [Certificate(**{**record, "problems": tuple(record["problems"])}) for record in rest]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{path} is not a file of certificates. Name another file: --out FILE") from None
    return {certificate.id: certificate for certificate in certificates}, sum(map(len, lines))


def _line(certificate: Certificate) -> str:
    return json.dumps(asdict(certificate), sort_keys=True, ensure_ascii=False) + "\n"


def certify_one(episode: Episode, task: Task, simulator: Simulator | NativeSimulator, expert: Expert) -> Certificate:
    """The certificate of one episode."""
    status = simulator.reset(episode)
    simulator.observe()
    seen = {role: simulator.seen_px(role) for role in simulator.shown_roles}
    problems = ["done before the first action"] if status.solved_already else []
    problems += [*_unseen(seen), *_unclear(episode, task), *_strayed(simulator)]
    expert.attach(simulator)
    expert.reset([episode.id])
    for _ in range(task.max_steps):
        status = simulator.advance(expert.act(None, simulator.instruction))
        if status.success and task.ends_on_success:
            break
    expert.close()
    return Certificate(
        id=episode.id,
        condition=episode.condition,
        index=episode.index,
        instruction=episode.instruction,
        solved=status.success,
        steps=status.first_success_step or simulator.steps,
        trouble=status.trouble,
        source_px=seen["source"],
        target_px=seen.get("target"),
        problems=tuple(problems),
    )


def _unseen(seen_px: dict[str, int]) -> Iterable[str]:
    """Things that cannot be found in the first picture."""
    for role, pixels in seen_px.items():
        if pixels < VISIBLE_PX:
            yield f"the {role} is not visible ({pixels} pixels)"


def _unclear(episode: Episode, task: Task) -> Iterable[str]:
    """Words that are no clean English or fit several things, and things that are there twice."""
    if UNCLEAN.search(episode.instruction):
        yield "the instruction has an id or an unfilled slot"
    values = episode.values
    if "reference" in values:
        fitting = meant(draft(task, values))
        if fitting != ("source",):
            yield f"'{values['reference']['text']}' fits {' and '.join(fitting) or 'nothing'}, not just the source"
    for key, asked in (("distractor_object", "object"), ("distractor_receptacle", "receptacle")):
        if key in values and values[key]["id"] == values.get(asked):
            yield f"no distractor: it is the {asked} that is asked for"
    extra = [thing["id"] for thing in values.get("clutter", ())]
    others = [values.get("object"), *(values[key]["id"] for key in ("distractor_object",) if key in values)]
    for twice in sorted({word for word in extra if extra.count(word) > 1 or word in others}):
        yield f"no clutter: {twice} is on the table already"


def _strayed(simulator: Simulator | NativeSimulator) -> Iterator[str]:
    """Things that rolled, or were pushed by another as both fell, far from where the episode puts them."""
    for role, away_m in simulator.strayed_m().items():
        if away_m > STRAYED_M:
            yield f"the {role} came to rest {100 * away_m:.0f} cm from its place"
