"""Measures the oracles: plays seeds of a task in fresh scenes and keeps one line for each.

    python -m vlagen_bench.sim.maniskill.oracles.measure play [--task PickCube-v1 ...] [--seeds 0:40]
    python -m vlagen_bench.sim.maniskill.oracles.measure table

The first adds what is missing to docs/data/maniskill_oracles.jsonl and may be stopped at any time; the second prints the
table of docs/maniskill_oracles.md.
"""

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from vlagen_bench.sim.maniskill.oracles.oracle import Oracle
from vlagen_bench.sim.maniskill.oracles.table import ORACLES
from vlagen_bench.statistics.intervals import wilson

RECORDS = Path("docs/data/maniskill_oracles.jsonl")
PAGE = Path("docs/maniskill_oracles.md")
FIRST, OTHER = range(0, 20), range(20, 40)
"""seeds of the two columns; no routine was written or corrected on any of them"""
HEAD = """| task | solution | limit | of ManiSkill | seeds 0-19: solved | interval | seeds 20-39: solved | interval | first success | CPU s |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One episode of an oracle."""

    task: str
    version: int
    """of the oracle"""
    seed: int
    success_step: int | None
    """the first step after which the task's own test says success; None: none within the limit"""
    num_steps: int
    done_at_start: bool
    """whether the test says success before the first action"""
    cpu_s: float


def play(oracle: Oracle, env: Any, seed: int) -> Attempt:
    """Plays one episode in a fresh scene, up to its first success."""
    begun = time.process_time()
    env.reset(seed=seed, options={"reconfigure": True})
    done_at_start = bool(env.unwrapped.evaluate()["success"])
    actions = oracle.actions(env)
    num_steps, solved = 0, False
    for action in islice(actions, oracle.step_limit):
        num_steps, solved = num_steps + 1, bool(env.step(action)[4]["success"])
        if solved:
            break
    actions.close()
    return Attempt(
        task=oracle.env_id,
        version=oracle.version,
        seed=seed,
        success_step=num_steps if solved else None,
        num_steps=num_steps,
        done_at_start=done_at_start,
        cpu_s=round(time.process_time() - begun, 2),
    )


def made(oracle: Oracle) -> Any:
    """The untouched task, without pictures."""
    import gymnasium
    import mani_skill.envs  # noqa: F401 (registers the tasks)

    return gymnasium.make(
        oracle.env_id,
        obs_mode="none",
        reward_mode="none",
        control_mode=oracle.control_mode,
        render_backend="none",
        sim_backend="cpu",
        max_episode_steps=oracle.step_limit,
    )


def missing(oracle: Oracle, seeds: Iterable[int], known: Iterable[Attempt]) -> list[int]:
    """The seeds that this version of the oracle has not played."""
    played = {one.seed for one in known if (one.task, one.version) == (oracle.env_id, oracle.version)}
    return [seed for seed in seeds if seed not in played]


def attempts(oracle: Oracle, seeds: list[int]) -> Iterator[Attempt]:
    """Plays the seeds, one after the other."""
    env = made(oracle)
    for seed in seeds:
        yield play(oracle, env, seed)
    env.close()


def read(path: Path) -> list[Attempt]:
    """What was measured so far; nothing where there is no file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Attempt(**json.loads(line)) for line in lines]


def table(known: Iterable[Attempt]) -> str:
    """The table of the page: a row for each oracle whose present version was measured on all seeds."""
    latest = [one for one in known if ORACLES.get(one.task).version == one.version]
    rows = [_row(oracle, [one for one in latest if one.task == oracle.env_id]) for oracle in ORACLES]
    return HEAD + "".join(rows)


def _row(oracle: Oracle, known: list[Attempt]) -> str:
    by_seed = {one.seed: one for one in known}
    if any(seed not in by_seed for seed in (*FIRST, *OTHER)):
        return f"| {oracle.env_id} | {_solution(oracle)} | {oracle.step_limit} | {oracle.registered_limit} | not measured | | | | | |\n"
    cells = [_solved([by_seed[seed] for seed in seeds]) for seeds in (FIRST, OTHER)]
    steps = sorted(one.success_step for one in by_seed.values() if one.success_step)
    first = f"{steps[0]}-{median(steps):.0f}-{steps[-1]}" if steps else "never"
    cpu_s = median(one.cpu_s for one in by_seed.values())
    name, limits = oracle.env_id, f"{oracle.step_limit} | {oracle.registered_limit}"
    return f"| {name} | {_solution(oracle)} | {limits} | {cells[0]} | {cells[1]} | {first} | {cpu_s:.1f} |\n"


def _solution(oracle: Oracle) -> str:
    return "ours" if oracle.routine else "ManiSkill's"


def _solved(known: list[Attempt]) -> str:
    solved = sum(one.success_step is not None for one in known)
    low, high = wilson(solved, len(known))
    started = sum(one.done_at_start for one in known)
    note = f" ({started} done at the start)" if started else ""
    return f"{solved} of {len(known)}{note} | {100 * low:.0f}-{100 * high:.0f} %"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = ArgumentParser(prog="python -m vlagen_bench.sim.maniskill.oracles.measure")
    commands = parser.add_subparsers(required=True)
    player = commands.add_parser("play")
    player.add_argument("--task", nargs="*", default=list(ORACLES.names()))
    player.add_argument("--seeds", default="0:40", help="first:end")
    player.add_argument("--records", type=Path, default=RECORDS)
    player.set_defaults(command=_play)
    printer = commands.add_parser("table")
    printer.add_argument("--records", type=Path, default=RECORDS)
    printer.set_defaults(command=lambda options: print(table(read(options.records)), end=""))
    options = parser.parse_args(arguments)
    options.command(options)


def _play(options: Namespace) -> None:
    first, end = map(int, options.seeds.split(":"))
    for task in options.task:
        oracle = ORACLES.get(task)
        for attempt in attempts(oracle, missing(oracle, range(first, end), read(options.records))):
            with options.records.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(attempt)) + "\n")
            print(f"{task} {attempt.seed}: {attempt.success_step or 'not solved'}", flush=True)


if __name__ == "__main__":
    main()
