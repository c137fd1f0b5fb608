"""A run as Python users see it: tables as pandas frames, its header and plan, and its report."""

import html
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlagen_bench.report import load
from vlagen_bench.report.behaviour import SHOWN, behaviour_columns, names_of
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.rows import Row
from vlagen_bench.runs import identity
from vlagen_bench.types import Plan
from vlagen_bench.utils.text import shown

if TYPE_CHECKING:
    import pandas as pd

TABLE = (
    "n", "successes", "rate", "low", "high", "pairs", "drop", "drop_low", "drop_high", "p", "errors", "progress", "progress_low",
    "progress_high", "attempts",
)  # fmt: skip
NUMBERS = (
    "rate", "low", "high", "sequence_low", "sequence_high", "drop", "drop_low", "drop_high", "drop_p", "progress", "progress_low",
    "progress_high", *(name for measure in SHOWN for name in names_of(measure)),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Run:
    """A run, complete or not, as it was when it was read. In its frames a missing value is `pandas.NA`, never 0."""

    path: Path
    header: Mapping[str, Any]
    """the content of `header.json`"""
    plan: Plan
    complete: bool
    """whether every episode that was needed has a result, and none is an error"""
    _loaded: LoadedRun = field(kw_only=True)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a condition.

        Columns: n (episodes with an outcome), successes, rate, low, high (95 % interval of the rate), pairs (episodes whose
        clean twin has an outcome), drop, drop_low, drop_high (95 %), p (of no drop), errors, progress (the mean, from 0 to
        1), progress_low, progress_high (95 %), attempts (errors that were
        repeated included).
        """
        return self.conditions.rename(columns={"drop_p": "p"})[list(TABLE)]

    @cached_property
    def conditions(self) -> "pd.DataFrame":
        """All that is counted of a condition, one row each.

        n, successes, rate, low, high (95 %, Wilson), sequence_low, sequence_high (in their place, of a run that `until`
        stopped), success_once, pairs, lost, gained, drop, drop_low, drop_high (95 %, Tango), drop_p (McNemar, exact), errors,
        progress, progress_low, progress_high (95 %, over scenes), steps, oversized_steps, attempts, and of each metric of the
        arm's behaviour the mean, such as `time_to_success_s`, its 95 % interval, `..._low` and `..._high`, and how many
        episodes have it, `..._n`.
        """
        import pandas as pd  # only here, since it takes a while to load

        report = self._loaded.report
        sequences = report.sequences or {}
        frame = pd.DataFrame([_condition(row, sequences) for row in report.rows]).set_index("condition")
        counts = dict.fromkeys(("steps", "oversized_steps", "attempts", *(f"{one.name}_n" for one in SHOWN)), "Int64")
        return frame.astype(dict.fromkeys(NUMBERS, "Float64") | counts)

    @cached_property
    def episodes(self) -> "pd.DataFrame":
        """One row an episode of the plan, by id.

        condition, index, seed, twin, instruction, outcome, success, success_once, twin_success, drop (1: only the twin
        succeeded), steps, error, attempts (how often it was tried), and `metric_...`, `value_...` and `timing_...` as they were
        recorded.
        """
        import pandas as pd

        rows = [_episode(self._loaded, episode) for episode in self._loaded.planned]
        frame = pd.DataFrame(rows).set_index("id")
        booleans = {name: "boolean" for name in ("success", "success_once", "twin_success")}
        # pandas puts NaN where a record lacks a key. Its stubs do not know that NA is a value, too.
        known = frame.astype(object).where(frame.notna(), pd.NA)  # type: ignore[arg-type]
        return known.convert_dtypes().astype(booleans | {"drop": "Int64", "steps": "Int64", "attempts": "Int64"})

    def report(self, page: str | Path | None = None) -> Path:
        """Writes the report, one file that opens in any browser, and returns where it is.

        Args:
            page: where to write; default: `report.html` in the run folder.

        Raises:
            RunError: the run folder is damaged, or the page cannot be written.
        """
        from vlagen_bench.report.html import write_report

        return write_report(self.path, None if page is None else Path(page))

    def _summary(self) -> str:
        report = self._loaded.report
        done = report.planned - report.missing
        notes = [f"{done} of {report.planned} episodes", f"{report.errors} errors" if report.errors else ""]
        notes.append(f"{report.attempts} attempts" if (report.attempts or 0) > done else "")
        notes.append("stopped early" if report.stopped else "" if self.complete else "incomplete")
        policy = shown(report.policy) + (", an oracle" if report.oracle else "")
        summary = f"{report.suite}, policy {policy}: {', '.join(filter(None, notes))}"
        return " ".join([*identity.sentences(self.header), summary])

    def __repr__(self) -> str:
        return f"Run('{self.path}', {self._summary()})"

    def _repr_html_(self) -> str:
        table = self.table.to_html(max_rows=60, na_rep="\N{EN DASH}", float_format="{:.3f}".format, border=0)
        return f"<p><b>{html.escape(str(self.path))}</b>: {html.escape(self._summary())}</p>{table}"


def load_run(path: str | Path) -> Run:
    """The run in a folder, complete or not.

    A notebook's first line: `run = vlagen_bench.load_run("runs/a"); run.episodes.groupby("value_object").success.mean()`

    Warns:
        UserWarning: a last line of `episodes.jsonl` is not complete, as a killed process leaves it. It does not count.

    Raises:
        RunError: it is no run folder, or is damaged.
        ConfigError: its task is not of this release.
    """
    loaded = load.read(Path(path))
    for remark in loaded.remarks:
        warnings.warn(remark, stacklevel=2)
    return Run(
        path=loaded.path, header=loaded.header, plan=loaded.plan, complete=loaded.report.complete, _loaded=loaded
    )


def _episode(run: LoadedRun, episode: Mapping[str, Any]) -> dict[str, Any]:
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
        "attempts": record.get("attempts"),
        **{f"metric_{name}": value for name, value in record.get("metrics", {}).items()},
        **{f"value_{name}": value for name, value in episode["values"].items()},
        **{f"timing_{name}": value for name, value in record.get("timings", {}).items()},
    }


def _condition(row: Row, sequences: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    low, high = row.interval or (None, None)
    sequence_low, sequence_high = sequences.get(row.condition, (None, None))
    drop_low, drop_high = row.drop_interval or (None, None)
    progress, oversized = row.progress, row.oversized
    return {
        "condition": row.condition, "group": row.group, "planned": row.planned, "n": row.n, "successes": row.successes,
        "rate": row.rate, "low": low, "high": high, "sequence_low": sequence_low, "sequence_high": sequence_high,
        "success_once": row.success_once, "pairs": row.pairs,
        "lost": row.lost, "gained": row.gained, "drop": row.drop, "drop_low": drop_low, "drop_high": drop_high,
        "drop_p": row.drop_p, "errors": row.errors,
        "progress": progress and progress.mean, "progress_low": progress and progress.low,
        "progress_high": progress and progress.high, "steps": oversized and oversized.steps,
        "oversized_steps": oversized and oversized.count, "attempts": row.attempts,
        **behaviour_columns(row.behaviour),
    }  # fmt: skip
