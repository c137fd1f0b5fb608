"""`vlagen-eval`: score a policy. Parses, makes the plan, runs it, prints the table."""

import shlex
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import tyro

from vlagen_bench.cli import words
from vlagen_bench.cli.common import (
    INCOMPLETE,
    INTERRUPTED,
    OK,
    TERMINATED,
    console,
    ending,
    exit_with,
    key_values,
    version,
)
from vlagen_bench.cli.selection import Selection
from vlagen_bench.cli.supervision import supervised
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.options import ExecutionOptions
from vlagen_bench.utils.console import complain
from vlagen_bench.utils.signals import Terminated, end_in_order

if TYPE_CHECKING:
    from rich.console import Console

    from vlagen_bench.harness.evaluate import Ended
    from vlagen_bench.types import Plan


@dataclass(frozen=True, kw_only=True)
class RecordingOptions:
    """What is kept of a run, and when it stops."""

    video: Literal["all", "failures", "none"] = "failures"
    """Which episodes are filmed."""
    log: Annotated[tuple[str, ...], tyro.conf.arg(metavar="tensorboard | wandb:PROJECT ...")] = ()
    """Where to log rates and times as well."""
    max_errors: int = 8
    """The run stops once more episodes than this have ended as errors of the policy or of the software."""
    retry_errors: bool = False
    """When resuming, run episodes again that ended as errors."""
    retry_lost: bool = False
    """When resuming, run episodes again whose recorded actions are missing or damaged.
    What they had ended as stays in episodes.jsonl, as an error of that attempt."""
    continue_with_changed_policy: bool = False
    """Go on with a run although the policy, or what it is scored with, has changed since it began.
    The header records that, every report says it first, and the run is never ranked."""
    until: str | None = None
    """Stop as soon as enough is known. The statistics stay valid, however often they are looked at.
    "width<0.1": once the 95 % interval of each condition is narrower.
    "decided:RUN": once it is clear that this policy and that of the run folder RUN differ in success.
    "decided-progress:RUN": the same by progress."""
    repeat: int = 1
    """Play every episode so many times, in run folders OUT, OUT-repeat-2 ..., and report how often outcomes are the same."""

    def __post_init__(self) -> None:
        if self.repeat < 1:
            raise ConfigError(f"--repeat {self.repeat}: at least 1 is needed.")
        if self.max_errors < 0:
            raise ConfigError(f"--max-errors {self.max_errors}: give 0 or more.")
        if self.repeat > 1 and self.until is not None:
            raise ConfigError(
                "Give either --until or --repeat: repeats are of the same episodes, and --until chooses them."
            )


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """What the policy sees."""

    cameras: str | None = None
    """Cameras whose pictures are drawn, separated by commas: front,wrist.
    Default: the scene's primary camera, and those that the policy's spec names."""
    image_size: str | None = None
    """Size of the pictures, which are drawn so, not resized: 224 or 640x480 of the primary camera alone, or
    front=224,wrist=224 of those that are named. Default: as the policy's spec says, or the cameras' own."""
    fast_meshes: bool = False
    """Draw the robots of a task of ManiSkill with decimated meshes: pictures take less time, and are others."""


@tyro.conf.configure(tyro.conf.OmitArgPrefixes)
@dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """Scores a policy on a suite: what breaks outside its training world, by how much, how sure we are.

    Repeating a command resumes its run. The exit code is 0 only for a complete run without errors.
    """

    policy: str
    """random, noop, expert or replay; your own as module:Class or path/to/file.py:Class; a server as ws://HOST:PORT;
    a model from elsewhere as openvla:CHECKPOINT, lerobot:PATH, onnx:FILE and others (vlagen adapter list).
    The class has act(obs, instr) and returns a float action (7,) or a chunk (H, 7)."""
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = ()
    """Keyword arguments of the policy's constructor, as strings."""
    out: Path | None = None
    """Run folder; default: runs/<suite>-<policy>-<plan>. Of a suite of several tasks, the folder of the run folders."""
    selection: Selection = field(default_factory=Selection)
    pictures: CameraOptions = field(default_factory=CameraOptions)
    execution: ExecutionOptions = field(default_factory=ExecutionOptions)
    recording: RecordingOptions = field(default_factory=RecordingOptions)


def main() -> NoReturn:
    """Entry point."""
    supervised(command, _again)


def command() -> NoReturn:
    """Parses the arguments, runs, and exits."""
    # Batch systems and containers end a run by SIGTERM: as by Ctrl-C, it says what there is and how to go on.
    end_in_order()
    if sys.argv[1:] == ["--version"]:
        print(version())
        sys.exit(OK)
    exit_with(lambda: evaluate(_parsed(sys.argv[1:])))


def _parsed(given: list[str]) -> EvalArgs:
    words.check(given, EvalArgs, "vlagen-eval")
    return words.parsed(lambda: tyro.cli(EvalArgs, prog="vlagen-eval", args=given), "vlagen-eval")


def evaluate(args: EvalArgs) -> int:
    """Runs what the arguments ask for, one task after the other; returns the exit code."""
    parts = args.selection.parts()
    codes = []
    for part in parts:
        out = args.out / str(part.task) if args.out is not None and len(parts) > 1 else args.out
        codes.append(_evaluate_part(replace(args, selection=part, out=out)))
        if codes[-1] not in (OK, INCOMPLETE):
            break
    return max(codes)


def _evaluate_part(args: EvalArgs) -> int:
    from vlagen_bench.harness.evaluate import default_folder
    from vlagen_bench.report import repeats

    plan = args.selection.plan()
    first = args.out or default_folder(plan, args.policy)
    folders = repeats.folders(first, args.recording.repeat)
    codes = []
    for path in folders:
        codes.append(_evaluate(args, plan, path))
        if codes[-1] not in (OK, INCOMPLETE):
            return codes[-1]
    if len(folders) > 1:
        _compare_repeats(folders)
    return max(codes)


def _evaluate(args: EvalArgs, plan: "Plan", path: Path) -> int:
    from vlagen_bench.harness import evaluate as machinery
    from vlagen_bench.harness.display import ConsoleDisplay
    from vlagen_bench.scenes.cameras import names_of

    kept = args.recording
    wanted = machinery.Evaluation(
        plan=plan, path=path, execution=args.execution, video=kept.video, log=kept.log, max_errors=kept.max_errors,
        retry_errors=kept.retry_errors, retry_lost=kept.retry_lost, until=kept.until,
        continue_with_changed_policy=kept.continue_with_changed_policy,
        cameras=names_of(args.pictures.cameras or ()), image_size=args.pictures.image_size,
        fast_meshes=args.pictures.fast_meshes,
    )  # fmt: skip
    out = console()
    load = partial(args.execution.load, args.policy, key_values(args.policy_args))
    return _conclude(out, machinery.evaluate(wanted, load, ConsoleDisplay(out)))


def _conclude(out: "Console", ended: "Ended") -> int:
    """Prints table, errors and where everything is; says how to go on if the run is not complete."""
    from vlagen_bench.report.html import write_report

    note = partial(out.print, markup=False, soft_wrap=True)
    _print_tables(out, ended)
    for text in list(dict.fromkeys(ended.errors))[:3]:
        note(f"error: {text}")
    interrupted = isinstance(ended.stopped, KeyboardInterrupt)
    if ended.stopped is not None:
        complain(ending(ended.stopped) if interrupted else f"error: {ended.stopped}")
    planned = len(ended.evaluation.plan.episodes)
    if ended.stop is not None:
        note(ended.stop.verdict)
    if ended.enough:
        note(f"That is enough: {ended.missing} of {planned} episodes were not needed.")
    elif ended.missing:
        note(f"Missing: {ended.missing} of {planned} episodes. To go on: {_again()}")
    if ended.errors and (ended.enough or not ended.missing):
        note(
            f"Ended as errors: {len(ended.errors)} of {planned} episodes. To try them again: {_again()} --retry-errors"
        )
    note(f"Run folder: {ended.evaluation.path}")
    note(f"Report: {write_report(ended.evaluation.path)}")
    if interrupted:
        return TERMINATED if isinstance(ended.stopped, Terminated) else INTERRUPTED
    return OK if ended.complete else INCOMPLETE


def _print_tables(out: "Console", ended: "Ended") -> None:
    from vlagen_bench.report.behaviour_terminal import behaviour_table
    from vlagen_bench.report.groups import group_results
    from vlagen_bench.report.groups_terminal import groups_table
    from vlagen_bench.report.interaction import interactions
    from vlagen_bench.report.progress_terminal import progress_table
    from vlagen_bench.report.report import retried, scored_amount
    from vlagen_bench.report.rows import attempts_of
    from vlagen_bench.report.summary import beyond_the_arm, how_far, how_it_moved, write_summary
    from vlagen_bench.report.terminal import interaction_table, levels_table, results_table

    plan, loaded = ended.evaluation.plan, ended.loaded
    counted = write_summary(ended)
    oracle = " (oracle)" if loaded.privileged else ""
    out.print()
    for sentence in (*ended.first_lines, *retried(len(ended.results), attempts_of(ended.results.values()))):
        out.print(sentence, markup=False, soft_wrap=True)
    sequences = None if ended.stop is None else ended.stop.intervals
    planned = [episode.to_dict() for episode in plan.episodes]
    some = scored_amount(planned, ended.results, plan.suite.conditions, alone=plan.suite.official_ids)
    out.print(results_table(f"{plan.suite.name}: {loaded.name}{oracle}, {some}", counted, sequences))
    together = interactions(planned, ended.results)
    tables = (
        groups_table(group_results(counted, plan.suite.groups)),
        levels_table(counted),
        interaction_table(together),
        progress_table(*how_far(ended), first="kind"),
        behaviour_table(how_it_moved(ended)),
    )
    for table in tables:
        if table is not None:
            out.print(table)
    if (text := beyond_the_arm(ended)) is not None:
        out.print(f"warning: {text}", markup=False, soft_wrap=True)


def _compare_repeats(folders: tuple[Path, ...]) -> None:
    """Says how far the outcomes of several runs agree, here and in the report of each."""
    from vlagen_bench.report import repeats
    from vlagen_bench.report.html import write_report

    out, repeated = console(), repeats.of_run(folders[0])
    for path in folders:
        write_report(path)
    out.print()
    out.print(repeats.table(repeated))
    out.print(repeats.floor(repeated), markup=False, soft_wrap=True)


def _again() -> str:
    """The command that was given, without a --retry-errors or --retry-lost."""
    return shlex.join(
        ["vlagen-eval", *(word for word in sys.argv[1:] if word not in ("--retry-errors", "--retry-lost"))]
    )
