"""The figures on the page of a study: success by condition, against demonstrations, and while reinforcement learning goes on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.outcomes import Evaluation
from vlagen_bench.train.study.page_tables import (
    compared,
    counted,
    dimensions,
    interval_of,
    is_ablation,
    learned_from,
    scaled_under,
    sizes_of,
    trained,
)
from vlagen_bench.train.study.records import Records
from vlagen_bench.utils import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#56b4e9")  # of Okabe and Ito
SMOOTHED = 5
"""iterations whose rollouts are one point of a curve"""
BY_CONDITION, SCALING, LEARNING = "by_condition.svg", "scaling.svg", "learning.svg"


def write(config: StudyConfig, records: Records, folder: Path) -> None:
    """Writes all figures; what was not run is left empty and says so."""
    evaluations = records.of_policies(config)
    folder.mkdir(parents=True, exist_ok=True)
    svg.save(_by_condition(config, evaluations), folder / BY_CONDITION)
    if sizes_of(config):
        svg.save(_scaling(config, evaluations), folder / SCALING)
    if trained(config):
        svg.save(_learning(config, records, evaluations), folder / LEARNING)


def _figure(width: float, height: float) -> "tuple[Figure, Axes]":
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _empty(axes: "Axes") -> None:
    axes.text(0.5, 0.5, "not run", ha="center", va="center", transform=axes.transAxes, color="#888888")


def _by_condition(config: StudyConfig, evaluations: Mapping[str, Evaluation]) -> "Figure":
    policies = [name for name in compared(config) if name in evaluations]
    rows = [(kind, name) for kind, names in dimensions(config).items() for name in names]
    rows = [(kind, name) for kind, name in rows if any(evaluations[one].of([name]) for one in policies)]
    figure, axes = _figure(8, max(2.0, 0.32 * len(rows) + 1))
    for place, policy in enumerate(policies):
        colour = COLOURS[place % len(COLOURS)]
        shift = 0.14 * (place - (len(policies) - 1) / 2)
        known = [(row, *counted(evaluations[policy].of([name]))) for row, (_, name) in enumerate(rows)]
        drawn = [(row + shift, 100 * won / n, wilson(won, n)) for row, won, n in known if n]
        axes.plot([x for _, x, _ in drawn], [y for y, _, _ in drawn], "o", color=colour, label=policy, markersize=4)
        for y, _, (low, high) in drawn:
            axes.plot([100 * low, 100 * high], [y, y], color=colour, linewidth=1.2)
    axes.set_yticks(range(len(rows)), [name for _, name in rows])
    axes.invert_yaxis()
    kinds = [kind for kind, _ in rows]
    for row in range(1, len(rows)):
        if kinds[row] != kinds[row - 1]:
            axes.axhline(row - 0.5, color="#cccccc", linewidth=0.8)
    axes.set_xlim(0, 100)
    axes.set_xlabel("success, % (95 % intervals)")
    if policies:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, 1 + 1.6 / (len(rows) + 3)), ncols=len(policies), frameon=False
        )
    else:
        _empty(axes)
    return figure


def _scaling(config: StudyConfig, evaluations: Mapping[str, Evaluation]) -> "Figure":
    figure, axes = _figure(7.5, 4)
    every = sizes_of(config)
    better = learned_from(config)
    known = {name: size for name, size in every.items() if name in evaluations}
    beside = {better: 2 * max(every.values())} if better in evaluations else {}
    lines = _scaled_lines(config)
    for place, (label, names) in enumerate(lines.items()):
        aside = 1 + 0.03 * (place - (len(lines) - 1) / 2)  # so that intervals do not hide each other
        style: dict[str, Any] = {"color": COLOURS[place % len(COLOURS)], "markersize": 4, "capsize": 2}
        for at, form, said in ((known, "o-", label), (beside, "D", None)):
            found = [(size * aside, _rate_and_ends(evaluations[one], names)) for one, size in at.items()]
            drawn = [(size, *ends) for size, ends in found if ends]
            if drawn:
                sizes, rates, below, above = zip(*drawn, strict=True)
                axes.errorbar(sizes, rates, [below, above], fmt=form, label=said, **style)
    axes.set_xscale("log", base=2)
    ticks = {size: f"{size:,}" for size in every.values()}
    ticks |= {size: f"{name},\nfrom {every[config.hypotheses[0].than]:,}" for name, size in beside.items()}
    axes.set_xticks([*ticks], [*ticks.values()])
    axes.minorticks_off()
    axes.set_xlim(min(ticks) / 1.2, max(ticks) * 1.3)
    axes.set_ylim(0, 100)
    axes.set_xlabel("demonstrations that are imitated")
    axes.set_ylabel("success, % (95 % intervals)")
    if known:
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    else:
        _empty(axes)
    return figure


def _scaled_lines(config: StudyConfig) -> dict[str, list[str]]:
    """Label -> conditions: those of changes of execution together, all others one by one."""
    names = scaled_under(config)
    together = [name for name in dimensions(config).get("execution", []) if name in names]
    lines = {name: [name] for name in names if name not in together}
    return lines | ({f"execution, mean of {len(together)}": together} if together else {})


def _rate_and_ends(evaluation: Evaluation, names: Sequence[str]) -> tuple[float, float, float] | None:
    """The rate in percent, and how far its interval goes below and above it; None where a condition was not scored."""
    rows = evaluation.of_all(names)
    ends = interval_of(rows, pooled=len(names) > 1)
    if ends is None:
        return None
    won, n = counted(rows)
    low, high = ends
    return (
        100 * won / n,
        max(0.0, 100 * (won / n - low)),
        max(0.0, 100 * (high - won / n)),
    )  # at 0 and 100 % an end is the rate


def _learning(config: StudyConfig, records: Records, evaluations: Mapping[str, Evaluation]) -> "Figure":
    figure, axes = _figure(7, 3.8)
    curves = {name: records.stages[name].curve for name in trained(config) if name in records.stages}
    curves = {name: curve for name, curve in curves.items() if curve and not is_ablation(config, name)}
    for place, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[(place + 1) % len(COLOURS)]
        steps, rates = smoothed(curve)
        axes.plot(steps, rates, color=colour, linewidth=1, alpha=0.6)
        scored = [
            (line.get("control_steps") or 0, line["eval/nominal"])
            for line in curve
            if line.get("eval/nominal") is not None
        ]
        axes.plot(
            [step for step, _ in scored],
            [100 * (rate or 0) for _, rate in scored],
            "o-",
            color=colour,
            label=name,
            markersize=4,
        )
        if n := records.stages[name].held_out:
            for step, rate in scored:
                low, high = wilson(round(n * (rate or 0)), n)
                axes.plot([step, step], [100 * low, 100 * high], color=colour, linewidth=0.8, alpha=0.5)
    base = config.hypotheses[0].than
    won, n = counted(evaluations[base].of(["nominal"])) if base in evaluations else (0, 0)
    if n:
        axes.axhline(100 * won / n, color=COLOURS[0], linestyle="--", linewidth=1, label=f"{base}, scored")
    axes.set_xlabel("control steps")
    axes.set_ylabel("success, %")
    axes.set_ylim(0, 100)
    if curves:
        axes.legend(frameon=False, fontsize=8)
    else:
        _empty(axes)
    return figure


def smoothed(curve: tuple[dict[str, Any], ...]) -> tuple[list[float], list[float]]:
    """Control steps, and the success of sampled rollouts in %, each a mean of `SMOOTHED` iterations."""
    lines = [line for line in curve if line.get("success_rate") is not None]
    parts = [lines[place : place + SMOOTHED] for place in range(0, len(lines), SMOOTHED)]
    return (
        [float(part[-1].get("control_steps") or 0) for part in parts],
        [100 * sum(line["success_rate"] for line in part) / len(part) for part in parts],
    )
