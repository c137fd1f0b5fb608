"""Puts the figure and the table of docs/any_task_training.md together from the records in docs/data/any_task_training.

    python scripts/any_task_training.py --run runs/push    # keeps the outcomes of a run first
    python scripts/any_task_training.py

`curve.csv` is what examples/train_any_task.py wrote while it trained; `score.csv` has the outcome of each episode of the run.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.paired import agreeing_interval
from vlagen_bench.utils.text import points, points_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCS = Path(__file__).resolve().parents[1] / "docs"
DATA, PAGE, FIGURE = (
    DOCS / "data" / "any_task_training",
    DOCS / "any_task_training.md",
    DOCS / "images" / "any_task_training.svg",
)
BEGIN, END = "<!-- scores: made by `python scripts/any_task_training.py` -->", "<!-- end of the scores -->"
HEAD = "| axis | kind | level | success | 95 % interval | drop from its clean twins, points | 95 % interval |\n|---|---|---|---|---|---|---|\n"
NOMINAL = "nominal"
AIM = 0.8
"""the share of held-out episodes that the training was to pass"""
Row = dict[str, str]


def main() -> None:
    """Writes both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--run", type=Path, help="the run whose outcomes are kept")
    given = parser.parse_args()
    if given.run is not None:
        keep(given.run)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{facts(read('curve'))}\n{table(read('score'))}{END}{after}", encoding="utf-8")
    save(figure(read("curve")), FIGURE)


def keep(run: Path) -> None:
    """Writes `score.csv`: of every episode its condition, scene, outcome and length."""
    import vlagen_bench

    episodes = vlagen_bench.load_run(run).episodes.reset_index()
    rows = episodes[["condition", "index", "outcome", "steps"]].sort_values(["condition", "index"])
    rows.to_csv(DATA / "score.csv", index=False, lineterminator="\n")


def read(name: str) -> list[Row]:
    """The rows of a file of records."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcomes(rows: list[Row]) -> dict[str, dict[int, bool]]:
    """Condition -> scene -> whether it was solved."""
    found: dict[str, dict[int, bool]] = defaultdict(dict)
    for row in rows:
        found[row["condition"]][int(row["index"])] = row["outcome"] == "success"
    return dict(found)


def facts(rows: list[Row]) -> str:
    """What the training took, as Markdown: until it first passed the aim, and until its end."""
    above = next((row for row in rows if int(row["solved"]) > AIM * int(row["episodes"])), None)
    lines = [
        "| | control steps | CPU time of all processes, min | time on the clock, min | held-out episodes solved |\n",
        "|---|---|---|---|---|\n",
    ]
    for label, row in ((f"first above {AIM:.0%}", above), ("end", rows[-1])):
        if row is not None:
            minutes = [f"{int(row[key]) / 60:.0f}" for key in ("cpu_s", "wall_s")]
            cells = [label, f"{int(row['steps']):,}", *minutes, f"{row['solved']} of {row['episodes']}"]
            lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def table(rows: list[Row]) -> str:
    """A row for each condition, the nominal one first, then by kind and axis, as Markdown."""
    from vlagen_bench.axes import AXES

    found = outcomes(rows)
    lines = [_line("nominal", "-", "-", found[NOMINAL], found[NOMINAL])]
    named = [(*name.rsplit("_l", 1), name) for name in found if name != NOMINAL]
    for axis, level, name in sorted(named, key=lambda one: (AXES.get(one[0]).kind != "execution", one)):
        lines.append(_line(f"`{axis}`", AXES.get(axis).kind, level, found[name], found[NOMINAL]))
    return HEAD + "".join(lines)


def _line(axis: str, kind: str, level: str, own: dict[int, bool], clean: dict[int, bool]) -> str:
    n, won = len(own), sum(own.values())
    low, high = wilson(won, n)
    cells = [axis, kind, level, f"{won} of {n}", f"{100 * low:.0f} to {100 * high:.0f} %"]
    if own is clean:
        return f"| {' | '.join([*cells, '-', '-'])} |\n"
    lost = sum(clean[scene] and not own[scene] for scene in own)
    gained = sum(own[scene] and not clean[scene] for scene in own)
    least, most = agreeing_interval(lost, gained, n) or (0.0, 0.0)
    return f"| {' | '.join([*cells, points((lost - gained) / n), points_range((least, most), ' to ')])} |\n"


def figure(rows: list[Row]) -> "Figure":
    """Success on held-out episodes by control steps, with 95 % intervals; above, the minutes of a core that it took."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7, 3.4), layout="constrained")
    axes = drawn.subplots()
    steps = [int(row["steps"]) / 1000 for row in rows]
    counts = [(int(row["solved"]), int(row["episodes"])) for row in rows]
    rates = [100 * won / n for won, n in counts]
    ends = [wilson(won, n) for won, n in counts]
    below = [max(rate - 100 * low, 0) for rate, (low, _) in zip(rates, ends, strict=True)]
    above = [max(100 * high - rate, 0) for rate, (_, high) in zip(rates, ends, strict=True)]
    axes.errorbar(steps, rates, [below, above], fmt="o-", color="#0072b2", markersize=4, capsize=2)
    axes.axhline(80, color="#888888", linestyle="--", linewidth=0.8)
    axes.set(xlabel="control steps, thousands", ylabel="solved, % (95 % intervals)", ylim=(0, 102))
    axes.spines["right"].set_visible(False)
    top = axes.secondary_xaxis("top")
    shown = rows[:: max(1, len(rows) // 6)]
    top.set_xticks([int(row["steps"]) / 1000 for row in shown], [f"{int(row['cpu_s']) / 60:.0f}" for row in shown])
    top.set_xlabel("CPU time of all processes, min")
    return drawn


def save(drawn: "Figure", path: Path) -> None:
    """Equal figures are equal files."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": path.stem}):
        drawn.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
