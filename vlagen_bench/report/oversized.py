"""The share of a run's control steps that command more than the arm can do, in numbers and in a sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vlagen_bench.scenes.oversized import CAUSES, StepLimits

METRIC = "oversized_steps"


@dataclass(frozen=True, kw_only=True)
class OversizedSteps:
    """Counts over the episodes that have an outcome."""

    count: int
    steps: int

    @property
    def share(self) -> float:
        """Of all steps; 0 where there is none."""
        return self.count / self.steps if self.steps else 0.0


def count(records: Iterable[Mapping[str, Any]]) -> OversizedSteps | None:
    """The oversized steps of some episodes; None where there is none, or one does not say, as in runs of earlier releases."""
    scored = [record for record in records if record["outcome"] != "error"]
    counts = [record.get("metrics", {}).get(METRIC) for record in scored]
    if not scored or None in counts:
        return None
    return OversizedSteps(count=sum(counts), steps=sum(record["steps"] for record in scored))


def sentence(oversized: OversizedSteps | None, limits: StepLimits) -> str | None:
    """What a table and a report say of them; None where there is nothing to say."""
    if oversized is None or not oversized.count:
        return None
    percent = 100 * oversized.share
    share = f"{percent:.0f} %" if percent >= 1 else "less than 1 %"
    causes = f" {CAUSES}; see docs/your_policy.md." if percent >= 1 else ""
    return (
        f"Oversized steps: {oversized.count} of {oversized.steps} ({share}) command more than {limits.robot} can do in one control "
        f"step, {limits}.{causes}"
    )
