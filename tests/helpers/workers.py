"""Runs in the fake world with workers, compared record by record."""

import dataclasses
import functools
import multiprocessing

from helpers.fakes import (
    FakeSim,
    TrapSim,
    loaded,
)
from helpers.runs import HEADER, PLAN
from vlagen_bench.harness import run
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.plan import catalog
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.runs.folder import RunFolder

TASK = dataclasses.replace(catalog.task("tabletop_put_on"), ends_on_success=True)
VICTIM = PLAN.episodes[1]


def go(
    path, policy, make_sim=FakeSim, *, workers=2, film=None, task=TASK, execution=None, notes=None, cluster=None,
    listener=None, **limits,
):  # fmt: skip
    """The results by id, without times, but with actions and state hashes."""
    made = policy if hasattr(policy, "policy") else loaded(policy)
    making = make_executor(
        task, make_sim, made, workers=workers, film=film, execution=execution or Execution(), limits=Limits(**limits),
        note=[].append if notes is None else notes.append, cluster=cluster,
    )  # fmt: skip
    listeners = (listener,) if listener else ()
    with RunFolder.writing(path, HEADER, PLAN) as folder, making as who:
        run.run(PLAN, who, folder, listeners, max_errors=100, retry_errors=False)
        results = folder.results
    return compared(path, results, PLAN)


def compared(path, results, plan):
    """Records of a whole run without times and attempts, but with actions and state hashes."""
    assert len((path / "episodes.jsonl").read_text().splitlines()) == len(results) == len(plan.episodes)
    records = {}
    for key, record in results.items():
        actions, hashes = read_actions(path, key)
        records[key] = {**record, "actions": actions.tolist(), "hashes": hashes}
        for uneven in ("timings", "attempts", "restarts"):
            records[key].pop(uneven, None)
    return records


def trapped(what, folder, *, times=1):
    folder.mkdir()
    return functools.partial(*TrapSim.set(what, VICTIM, folder, times=times))


def outcomes(results):
    return [results[episode.id]["outcome"] for episode in PLAN.episodes]


def children():
    return len(multiprocessing.active_children())
