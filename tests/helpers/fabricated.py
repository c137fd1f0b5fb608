"""Run folders that nobody ran: a plan, a header, and outcomes by rule."""

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.actions import write_actions
from vlagen_bench.scenes import specs
from vlagen_bench.types import Episode, Plan


def fabricate(
    path: Path,
    suite: str,
    outcome: Callable[[Episode], str | None],
    *,
    episodes: int,
    conditions: tuple[str, ...] | None = None,
    oracle: bool = False,
    stand_ins: tuple[str, ...] = (),
    seed: int | None = None,
) -> Path:
    """A run folder; `outcome` says success, failure, once (a success that was lost), error, or None: not run."""
    made = plan.make_plan(plan.select(catalog.suite(suite), conditions=conditions, episodes=episodes, seed=seed))
    path.mkdir(parents=True)
    plan.write(made, path / "plan.json")
    header = header_of(made, "fabricated", oracle=oracle, stand_ins=stand_ins)
    (path / "header.json").write_text(json.dumps(header))
    records = [_record(episode, what) for episode in made.episodes if (what := outcome(episode)) is not None]
    (path / "episodes.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (path / "actions").mkdir()
    for record in records:
        (path / "actions" / f"{record['id']}.npz").write_bytes(_zeros(record["steps"]))
    return path


@functools.cache
def _zeros(steps: int) -> bytes:
    """The file of so many actions that do nothing."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "actions").mkdir()
        write_actions(Path(folder), "a", [np.zeros(7)] * steps, ["0"] * (steps + 1))
        return (Path(folder) / "actions" / "a.npz").read_bytes()


def header_of(made: Plan, policy: str, *, oracle: bool = False, stand_ins: tuple[str, ...] = ()) -> dict:
    """The keys of a header that no run is without."""
    return {
        "schema": 1,
        "suite": {"name": made.suite.name, "version": made.suite.version, "task": made.suite.task},
        "conditions": list(made.suite.conditions),
        "episodes_per_condition": made.suite.episodes,
        **({"groups": {name: list(members) for name, members in made.suite.groups.items()}} if made.suite.groups else {}),
        "plan_hash": made.hash,
        "policy": {"name": policy, "arguments": {}},
        "oracle": oracle,
        "pack": {
            "name": specs.of_task(catalog.task(made.suite.task)).pack, "version": 1, "stand_ins": list(stand_ins),
        },
    }  # fmt: skip


def _record(episode: Episode, what: str) -> dict:
    error = what == "error"
    trouble = {"failure": "dropped", "once": "placed_then_lost"}.get(what)
    return {
        **episode.to_dict(),
        "outcome": "failure" if what == "once" else what,
        "success_once": None if error else what in ("success", "once"),
        "success_at_end": None if error else what == "success",
        "steps": 80,
        "metrics": {} if error else {"trouble": trouble},
        "timings": {},
        "error": "it broke" if error else None,
    }
