"""The loader of a run for reports: its header, plan and results in JSON form, and the report over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.report import report as reports
from vlagen_bench.report.report import RunReport
from vlagen_bench.runs import episodes
from vlagen_bench.types import Plan


@dataclass(frozen=True, kw_only=True)
class LoadedRun:
    """A run, complete or not."""

    path: Path
    header: Mapping[str, Any]
    plan: Plan
    planned: Sequence[Mapping[str, Any]]
    """the episodes of the plan, in its order"""
    results: Mapping[str, Mapping[str, Any]]
    """id -> record of `episodes.jsonl`"""
    report: RunReport
    remarks: tuple[str, ...] = ()
    """what was found damaged and does not count, a sentence each"""

    @property
    def policy(self) -> str:
        return self.header["policy"]["name"]

    @property
    def oracle(self) -> bool:
        return self.header["oracle"]

    def success(self, episode_id: str) -> bool | None:
        """Whether the policy succeeded; None where it has no outcome yet, or an error."""
        record = self.results.get(episode_id)
        return None if record is None or record["outcome"] == "error" else record["outcome"] == "success"


def read(path: Path) -> LoadedRun:
    """The run in a folder.

    Raises:
        RunError: it is no run, or is damaged.
        ConfigError: its task is not of this release.
    """
    recorded = episodes.read(path)
    header, planned, results = reports.plain(recorded)
    report = reports.of(header, planned, results)
    return LoadedRun(
        path=path,
        header=header,
        plan=recorded.plan,
        planned=planned,
        results=results,
        report=report,
        remarks=recorded.remarks,
    )
