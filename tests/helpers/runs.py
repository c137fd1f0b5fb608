"""Short runs in the fake world, in this process."""

from pathlib import Path

from helpers.fabricated import header_of
from helpers.fakes import FakeSim, loaded
from vlagen_bench.harness import run
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.types import Episode, EpisodeResult

SUITE = plan.select(catalog.suite("quick"), conditions=("table_test",), episodes=3, seed=0)
PLAN = plan.make_plan(SUITE)
TASK = catalog.task("tabletop_put_on")
HEADER = header_of(PLAN, "fake")
TIMES = {"reset_s": 1.0, "advance_s": 4.0, "observe_s": 2.0, "policy_s": 2.0, "waiting_s": 1.0, "total_s": 10.0}


def go(path, policy, **options):
    settings = {"max_errors": 100, "retry_errors": False, **options}
    with RunFolder.writing(path, HEADER, PLAN, retry_lost=settings.pop("retry_lost", False)) as folder:
        run.run(PLAN, solo(policy), folder, **settings)
        return folder.results


def solo(policy, sim=None, task=TASK, **options):
    return SerialExecutor(task, sim or FakeSim(), PolicyCaller(loaded(policy), action_dim=7), **options)


def played(episode: Episode, outcome: str) -> PlayedEpisode:
    """As if it had been played, in four steps."""
    error = "policy: it broke" if outcome == "error" else None
    result = EpisodeResult(
        episode=episode, outcome=outcome, success_once=None, success_at_end=None, steps=4, metrics={}, timings=TIMES,
        error=error,
    )  # fmt: skip
    return PlayedEpisode(result=result, actions=[], state_hashes=[])


def without_timings(path: Path) -> list[dict]:
    records = RunFolder.reading(path).results.values()
    return [{k: v for k, v in record.items() if k != "timings"} for record in records]
