"""The summary of an evaluation that ended: rows of its conditions, also as `summary.csv`."""

from vlagen_bench.harness.evaluate import Ended
from vlagen_bench.report.rows import Row, rows
from vlagen_bench.report.terminal import write_csv
from vlagen_bench.runs.folder import writing_to


def write_summary(ended: Ended) -> tuple[Row, ...]:
    """Writes `summary.csv` into the run folder and returns its rows; raises `RunError` if the disk refuses."""
    path = ended.evaluation.path
    planned = [episode.to_dict() for episode in ended.evaluation.plan.episodes]
    counted = rows(planned, ended.results, ended.groups)
    with writing_to(path):
        write_csv(path / "summary.csv", counted, None if ended.stop is None else ended.stop.intervals)
    return counted
