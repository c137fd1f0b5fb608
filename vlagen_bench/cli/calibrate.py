"""`vlagen calibrate`: measures the levels of axes. Parses, keeps what is measured, and prints it."""

from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from vlagen_bench.cli.common import INCOMPLETE, OK, console, key_values, say, split_names
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from vlagen_bench.axes import Axis
    from vlagen_bench.calibration.curves import CalibrationCurve, Drop
    from vlagen_bench.calibration.pairs import PairedPolicy
    from vlagen_bench.types import Task

Name = Annotated[str, tyro.conf.arg(metavar="NAME")]
SWEEP_STEPS = 12
EPISODES = 10
"""of a curve that is measured for the first time"""
POLICY_EPISODES = 32
"""that a policy plays at each level: docs/axes/learned.md says what they can find, and what they cost"""
OUT = Path("docs/axes")
"""where the repository keeps its curves"""
FELT = ("execution", "dynamics")
"""kinds of axes that the expert feels: it sees neither pictures nor words"""


@dataclass(frozen=True, kw_only=True)
class CalibrateArgs:
    """What is measured, and where it is kept."""

    axis: Name
    """Which axes, separated by commas, or all."""
    task: Name = "tabletop_put_on"
    """In which task, by name or as a YAML file."""
    include: Include = ()
    episodes: Annotated[
        int | None,
        tyro.conf.arg(
            help=f"How many at each level, each with its clean twin; default: as many as the kept curve has, else {EPISODES}."
        ),
    ] = None
    expert: bool = False
    """Play the expert for axes that it does not feel, too."""
    policy: str | None = None
    """Play this policy too, a built-in one, module:Class or file.py:Class, such as a frozen learned one."""
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = ()
    """Keyword arguments of its constructor, as strings; other arguments are another policy in the curve."""
    policy_episodes: Annotated[
        int | None,
        tyro.conf.arg(
            help=f"How many it plays at each level, each with its clean twin; default: as many as before, else {POLICY_EPISODES}."
        ),
    ] = None
    minutes: float | None = None
    """After these no further level begins; the same command goes on later."""
    sweep: bool = False
    """Instead measure many sizes, and print five at equal steps of severity: a proposal for `levels`."""
    again: bool = False
    """Measure again what is there already."""
    workers: int = 1
    """Processes that measure side by side."""
    docs: bool = False
    """Write the page and its figures again, from all curves below `out`."""
    out: Path = OUT
    """The folder of data, page and figures."""

    def players(self, kind: str, learned: "PairedPolicy | None" = None) -> "list[PairedPolicy]":
        """The policies that are played on an axis of this kind."""
        from vlagen_bench.calibration.curves import EXPERT
        from vlagen_bench.calibration.pairs import PairedPolicy

        own = [PairedPolicy(policy=EXPERT)] if self.expert or kind in FELT else []
        return own if learned is None else [*own, learned]

    def learned(self) -> "PairedPolicy | None":
        """The policy that is named, if one is."""
        from vlagen_bench.calibration.pairs import PairedPolicy

        if self.policy is None:
            return None
        arguments = tuple(sorted(key_values(self.policy_args).items()))
        return PairedPolicy(policy=self.policy, arguments=arguments)

    def learned_in(self, task: str, axis: str, named: "PairedPolicy | None") -> "PairedPolicy | None":
        """That policy with as many episodes as asked for, else as it has played on this axis."""
        from vlagen_bench.calibration import curves

        if named is None:
            return None
        path = curves.path_of(self.out, task, axis)
        kept = [curve for file in (curves.part_of(path), path) if (curve := curves.read(file))]
        played = [drops[named.name].pairs for curve in kept for drops in curve.all_drops if named.name in drops]
        return replace(named, episodes=self.policy_episodes or (played[0] if played else POLICY_EPISODES))

    def episodes_of(self, task: str, axis: str) -> int:
        """As many as asked for, else as the curve has that is kept, so that it is gone on with and not replaced."""
        from vlagen_bench.calibration import curves

        if self.episodes is not None:
            return self.episodes
        path = curves.path_of(self.out, task, axis)
        kept = curves.read(path) or curves.read(curves.part_of(path))
        return EPISODES if kept is None else kept.episodes


def calibrate(args: Annotated[CalibrateArgs, tyro.conf.arg(name="")]) -> int:
    """Measures how hard each level of an axis is: severity, and what the expert, or your policy, loses.

    What is measured is kept as JSON, and only what is missing or has changed is measured. A kept curve is replaced when
    the new one is complete; after an interrupt, the same command goes on. The exit code is 0 only if each level is
    harder than the one before.

    Args:
        args: what is measured, and where it is kept.
    """
    from vlagen_bench.axes import AXES
    from vlagen_bench.plan import catalog
    from vlagen_bench.utils import plugins

    include(args.include)
    out, task = console(), catalog.task(plugins.named("task", args.task))
    chosen = [AXES.get(name) for name in _names(args.axis, task)]
    if args.workers < 1:
        raise ConfigError(f"--workers: at least 1 process is needed, not {args.workers}.")
    _check_policy(args)
    if args.sweep:
        for chosen_axis in chosen:
            _sweep(out, task, chosen_axis, args.episodes_of(task.name, chosen_axis.name))
        return OK
    if args.out == OUT and not OUT.is_dir():
        raise ConfigError(
            f"There is no folder {OUT} here, where the repository keeps its curves. Name one that may be made: "
            f"--out FOLDER"
        )
    curves, missing = _measure(out, task, chosen, args)
    for curve in curves:
        _show(out, curve)
    if args.docs:
        from vlagen_bench.calibration import axis_pages

        page = axis_pages.write(args.out, policy_episodes=POLICY_EPISODES)
        say(f"Written: {page}", to=out)
    if missing:
        say(f"{missing} levels are still to be measured. To go on, repeat the command.", to=out)
    return OK if not missing and all(curve.grows for curve in curves) else INCOMPLETE


def _check_policy(args: CalibrateArgs) -> None:
    if args.policy_args and args.policy is None:
        raise ConfigError("--policy-args: there is no policy that takes them. Name one: --policy module:Class")
    if args.policy_episodes is not None and (args.policy is None or args.policy_episodes < 2):
        raise ConfigError(
            f"--policy-episodes {args.policy_episodes}: an interval needs at least 2 episodes, and a policy that plays them: "
            f"--policy module:Class"
        )
    if args.minutes is not None and not args.minutes > 0:
        raise ConfigError(f"--minutes {args.minutes}: give more than 0.")


def _versioned(learned: "PairedPolicy | None") -> "PairedPolicy | None":
    """With the version that the policy says; it is loaded for that, so that a wrong name ends the command at once."""
    from vlagen_bench.policies import base

    if learned is None:
        return None
    loaded = base.load(learned.policy, dict(learned.arguments))
    content = loaded.content() if loaded.content else None
    return replace(learned, version=(content.version or "") if content else "")


def _names(text: str, task: "Task") -> tuple[str, ...]:
    """Raises `ConfigError` for an axis that makes no sense in the task."""
    from vlagen_bench import tasks
    from vlagen_bench.calibration.calibrate import calibrated
    from vlagen_bench.plan import conditions

    names = calibrated(task) if text == "all" else split_names(text) or ()
    if not names:
        raise ConfigError("--axis: name an axis, several with commas between them, or all.")
    conditions.names_of(names, tasks.offer_of(task))
    return names


def _measure(
    out: "Console", task: "Task", chosen: "list[type[Axis]]", args: CalibrateArgs
) -> "tuple[list[CalibrationCurve], int]":
    """Every curve, with what was not known yet measured and kept point by point; and how many points are still missing."""
    from vlagen_bench.axes import AXES
    from vlagen_bench.calibration import calibrate as calibration
    from vlagen_bench.calibration import curves
    from vlagen_bench.harness.progress import tracked

    todo, known, players = [], {}, {}
    named = _versioned(args.learned())
    for axis in chosen:
        episodes, path = args.episodes_of(task.name, axis.name), curves.path_of(args.out, task.name, axis.name)
        curve = calibration.outline(task, axis, episodes=episodes, seed=calibration.SEED)
        before = [] if args.again else [curves.read(curves.part_of(path)), curves.read(path)]
        known[axis.name] = next((old for old in before if old is not None and old.plan == curve.plan), curve)
        players[axis.name] = args.players(axis.kind, args.learned_in(task.name, axis.name, named))
        todo += calibration.jobs(known[axis.name], players[axis.name])
    measured, done = calibration.measure_all(todo, workers=args.workers, minutes=args.minutes), 0
    for job, point in tracked(measured, total=len(todo), label="calibrating", console=out):
        order = tuple(calibration.points_of(AXES.get(job.axis)))
        curve = known[job.axis] = known[job.axis].having(point, order)
        missing = calibration.jobs(curve, players[job.axis])
        curves.write(curve, curves.path_of(args.out, task.name, job.axis), complete=not missing)
        done += 1
    return list(known.values()), len(todo) - done


def _show(out: "Console", curve: "CalibrationCurve") -> None:
    from vlagen_bench.utils.tables import NumberTable
    from vlagen_bench.utils.text import sized

    players = curve.players()
    rates = [text for name in players for text in (f"{name}: success", "drop", "95 % interval")]
    title = f"{curve.axis} in {curve.task}, {curve.episodes} episodes each"
    table = NumberTable(title).text("level")
    table.numbers("size", f"{curve.measure}, {curve.unit}", "95 % interval", *rates)
    for point in curve.points:
        size = point.parameters.get(curve.sized_by)
        cells = ["–" if size is None else sized([size], curve.size_unit), f"{point.severity.mean:.4g}"]
        cells.append(f"{point.severity.low:.4g} – {point.severity.high:.4g}")
        for name in players:
            cells += _drop_cells(point.drops[name]) if name in point.drops else ["–"] * 3
        table.add_row(point.which, *cells)
    out.print(table)
    if not curve.grows:
        text = f"{curve.axis}: a level is not harder than the one before. Choose sizes with --sweep."
        out.print(text, soft_wrap=True)


def _drop_cells(drop: "Drop") -> list[str]:
    from vlagen_bench.utils.text import percent, percent_range

    return [f"{drop.successes}/{drop.pairs}", percent(drop.drop), percent_range((drop.low, drop.high))]


def _sweep(out: "Console", task: "Task", axis: "type[Axis]", episodes: int) -> None:
    from vlagen_bench.calibration import calibrate as calibration
    from vlagen_bench.calibration.curves import equal_steps
    from vlagen_bench.calibration.severity import measure_of
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.utils.tables import NumberTable

    if not axis.levels:
        raise ConfigError(f"The axis {axis.name} has no size, so there is nothing to sweep.")
    sizes = calibration.sizes_between(axis, SWEEP_STEPS)
    measured = calibration.sweep(task, axis, sizes, episodes=episodes, seed=calibration.SEED)
    severities = list(tracked(measured, total=len(sizes), label=f"sweeping {axis.name}", console=out))
    title = f"{axis.name} in {task.ref}"
    table = NumberTable(title).numbers(axis.sized_by, axis.measure, "95 % interval")
    for size, measured_size in zip(sizes, severities, strict=True):
        table.add_row(
            f"{size:g} {axis.unit}".strip(),
            f"{measured_size.mean:.4g}",
            f"{measured_size.low:.4g} – {measured_size.high:.4g}",
        )
    out.print(table)
    means = [measured_size.mean for measured_size in severities]
    # A ratio's steps are alike in its logarithm: twice, four times, eight times.
    severity = [log(mean) for mean in means] if measure_of(axis).unit == "times" else means
    proposal = equal_steps(sizes, severity, whole=calibration.whole(axis))
    out.print(f"levels now:      {axis.levels}")
    out.print(f"at equal steps:  {proposal}")
