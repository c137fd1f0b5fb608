"""The loader of a run: header, plan and results, checked against each other, and as pandas frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlagen_bench.report import report as reports
from vlagen_bench.report.report import RunReport
from vlagen_bench.report.rows import Row

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run, complete or not."""

    path: Path
    header: Mapping[str, Any]
    planned: Sequence[Mapping[str, Any]]
    """the episodes of the plan, in its order"""
    results: Mapping[str, Mapping[str, Any]]
    """id -> record of `episodes.jsonl`"""
    report: RunReport

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


def read(path: Path) -> Run:
    """The run in a folder.

    Raises:
        RunError: it is no run, or is damaged.
        ConfigError: its task is not of this release.
    """
    header, planned, results = reports.contents(path)
    report = reports.of(header, planned, results)
    return Run(path=path, header=header, planned=planned, results=results, report=report)


@dataclass(frozen=True, kw_only=True)
class Frames:
    """A run as pandas frames. Where there is no data there is `pandas.NA`, never 0."""

    header: Mapping[str, Any]
    episodes: "pd.DataFrame"
    """one row an episode of the plan, by id: condition, index, twin, instruction, outcome, success, success_once, twin_success,
    drop (1: only the twin succeeded), steps, error, and `metric_...`, `value_...` and `timing_...` as they were recorded"""
    conditions: "pd.DataFrame"
    """one row a condition: n, successes, rate, low, high (95 %, Wilson), sequence_low, sequence_high (in their place, of a run
    that `--until` stopped), pairs, lost, gained, drop, drop_low, drop_high (95 %,
    Tango), drop_p (McNemar, exact), errors"""


def load_run(path: str | Path) -> Frames:
    """Reads a run folder, complete or not; raises as `read` does.

    A notebook's first line: `run = vlagen_bench.load_run("runs/a"); run.episodes.groupby("value_object").success.mean()`
    """
    import pandas as pd  # only here, since it takes a while to load

    run = read(Path(path))
    episodes = pd.DataFrame([_episode(run, episode) for episode in run.planned]).set_index("id")
    booleans = {name: "boolean" for name in ("success", "success_once", "twin_success")}
    known = episodes.astype(object).where(episodes.notna(), pd.NA)  # pandas puts NaN where a record lacks a key
    episodes = known.convert_dtypes().astype(booleans | {"drop": "Int64", "steps": "Int64"})
    sequences = run.report.sequences or {}
    conditions = pd.DataFrame([_condition(row, sequences) for row in run.report.rows]).set_index("condition")
    numbers = ("rate", "low", "high", "sequence_low", "sequence_high", "drop", "drop_low", "drop_high", "drop_p")
    return Frames(header=run.header, episodes=episodes, conditions=conditions.astype(dict.fromkeys(numbers, "Float64")))


def _episode(run: Run, episode: Mapping[str, Any]) -> dict[str, Any]:
    record = run.results.get(episode["id"], {})
    success, twin = run.success(episode["id"]), run.success(episode["twin"]) if episode["twin"] else None
    return {
        "id": episode["id"],
        "condition": episode["condition"],
        "index": episode["index"],
        "seed": episode["seed"],
        "twin": episode["twin"],
        "instruction": episode["values"]["instruction"]["text"],
        "outcome": record.get("outcome"),
        "success": success,
        "success_once": record.get("success_once"),
        "twin_success": twin,
        "drop": None if success is None or twin is None else int(twin) - int(success),
        "steps": record.get("steps"),
        "error": record.get("error"),
        **{f"metric_{name}": value for name, value in record.get("metrics", {}).items()},
        **{f"value_{name}": value for name, value in episode["values"].items()},
        **{f"timing_{name}": value for name, value in record.get("timings", {}).items()},
    }


def _condition(row: Row, sequences: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    low, high = row.interval or (None, None)
    sequence_low, sequence_high = sequences.get(row.condition, (None, None))
    drop_low, drop_high = row.drop_interval or (None, None)
    return {
        "condition": row.condition, "group": row.group, "planned": row.planned, "n": row.n, "successes": row.successes,
        "rate": row.rate, "low": low, "high": high, "sequence_low": sequence_low, "sequence_high": sequence_high,
        "success_once": row.success_once, "pairs": row.pairs,
        "lost": row.lost, "gained": row.gained, "drop": row.drop, "drop_low": drop_low, "drop_high": drop_high,
        "drop_p": row.drop_p, "errors": row.errors,
    }  # fmt: skip
