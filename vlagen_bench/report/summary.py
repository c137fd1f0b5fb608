"""The summary of an evaluation that ended: rows of its conditions, also as `summary.csv`, progress, and how the arm moved."""

from collections.abc import Mapping

from vlagen_bench.harness.evaluate import Ended
from vlagen_bench.plan import catalog
from vlagen_bench.report import behaviour, oversized
from vlagen_bench.report.behaviour import BehaviourGroup
from vlagen_bench.report.progress import Progress, by_kind
from vlagen_bench.report.rows import Row, rows
from vlagen_bench.report.terminal import write_csv
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.oversized import StepLimits
from vlagen_bench.tasks import family_of
from vlagen_bench.types import Task


def write_summary(ended: Ended) -> tuple[Row, ...]:
    """Writes `summary.csv` into the run folder and returns its rows; raises `RunError` if the disk refuses."""
    path = ended.evaluation.path
    planned = [episode.to_dict() for episode in ended.evaluation.plan.episodes]
    counted = rows(planned, ended.results, ended.groups)
    with writing_to(path):
        write_csv(path / "summary.csv", counted, None if ended.stop is None else ended.stop.intervals)
    return counted


def how_far(ended: Ended) -> tuple[tuple[Progress, ...], Mapping[str, str]]:
    """Progress by kind of conditions, and the stages of the task's family."""
    planned = [episode.to_dict() for episode in ended.evaluation.plan.episodes]
    return by_kind(planned, ended.results, ended.groups), family_of(_task(ended)).stages


def how_it_moved(ended: Ended) -> tuple[BehaviourGroup, ...]:
    """The behaviour of the arm by kind of conditions."""
    planned = [episode.to_dict() for episode in ended.evaluation.plan.episodes]
    return behaviour.by_kind(planned, ended.results, ended.groups)


def beyond_the_arm(ended: Ended) -> str | None:
    """How many steps command more than the arm can do, in a sentence; None: none does, or it is not known."""
    limits = StepLimits.of(specs.of_task(_task(ended)))
    return oversized.sentence(oversized.count(ended.results.values()), limits)


def _task(ended: Ended) -> Task:
    return catalog.task(ended.evaluation.plan.suite.task)
