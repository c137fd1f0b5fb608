"""Runs of hostile policies in the fake world, compared record by record."""

import dataclasses

from helpers import hostile
from helpers.fabricated import header_of
from helpers.fakes import FakeSim, loaded
from helpers.workers import compared
from vlagen_bench.harness import run
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.folder import RunFolder

PLAN = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("table_test",), episodes=60, seed=0))
TASK = dataclasses.replace(catalog.task("tabletop_put_on"), ends_on_success=True)
HEADER = header_of(PLAN, "fake")
EPISODES = [episode.id for episode in PLAN.episodes]
FEW = PLAN.episodes[:6]


def go(path, policy, episodes=FEW, *, workers=None, make_sim=FakeSim, task=TASK, notes=None, **limits):
    """The results by id, without times, but with actions and state hashes."""
    made = policy if hasattr(policy, "policy") else loaded(policy)
    making = make_executor(
        task, make_sim, made, workers=workers, film=None, execution=Execution(), limits=Limits(**limits),
        note=[].append if notes is None else notes.append,
    )  # fmt: skip
    part = dataclasses.replace(PLAN, episodes=tuple(episodes))
    with RunFolder.writing(path, HEADER, part) as folder, making as who:
        run.run(part, who, folder, max_errors=1000, retry_errors=False)
        results = folder.results
    return compared(path, results, part)


HERE_S = APART_S = 1.5
"""for a step; a busy machine may hold up a good one, too"""


def assert_like(results, good, expected, limit_s):
    """Each result is as expected of its sin, or as the good policy's."""
    for key, record in results.items():
        says = expected.get(key, hostile.FINE)
        if says.startswith("no harm"):
            assert record == good[key], says
        else:
            assert record["outcome"] == "error" and record["success_once"] is None, (says, record["outcome"])
            sentence = says.format(limit=f"{limit_s:g}")
            assert record["error"].startswith("policy: ") and sentence in record["error"], (says, record["error"])
            assert record["error"].isprintable() and len(record["error"]) < 1500
            assert record["actions"] == good[key]["actions"][: len(record["actions"])]
