"""Short runs in the fake world, in this process."""

from pathlib import Path

from helpers.fabricated import header_of
from helpers.fakes import FakeSim, loaded
from vlagen_bench.harness import run
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.folder import RunFolder

SUITE = plan.select(catalog.suite("quick"), conditions=("table_test",), episodes=3, seed=0)
PLAN = plan.make_plan(SUITE)
TASK = catalog.task("tabletop_put_on")
HEADER = header_of(PLAN, "fake")


def go(path, policy, **options):
    settings = {"max_errors": 100, "retry_errors": False, **options}
    with RunFolder.writing(path, HEADER, PLAN, retry_lost=settings.pop("retry_lost", False)) as folder:
        run.run(PLAN, solo(policy), folder, **settings)
        return folder.results


def solo(policy, sim=None, task=TASK, **options):
    return SerialExecutor(task, sim or FakeSim(), PolicyCaller(loaded(policy), action_dim=7), **options)


def without_timings(path: Path) -> list[dict]:
    records = RunFolder.reading(path).results.values()
    return [{k: v for k, v in record.items() if k != "timings"} for record in records]
