"""`vlagen-eval`: score a policy. Parses, makes the plan, runs it, prints the table."""

import os
import shlex
import signal
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro

from vlagen_bench.cli.common import INCOMPLETE, INTERRUPTED, OK, console, exit_with, key_values
from vlagen_bench.cli.playing import ExecutionOptions
from vlagen_bench.cli.selection import Selection
from vlagen_bench.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class RecordingOptions:
    """What is kept of a run, and when it stops."""

    video: Literal["all", "failures", "none"] = "failures"
    """Which episodes are filmed."""
    log: Annotated[tuple[str, ...], tyro.conf.arg(metavar="tensorboard | wandb:PROJECT ...")] = ()
    """Where to log rates and times as well."""
    max_errors: int = 8
    """The run stops once more episodes than this have ended as errors of the policy or of the machinery."""
    retry_errors: bool = False
    """When resuming, run episodes again that ended as errors."""
    until: str | None = None
    """Stop as soon as enough is known, which stays true however often that is looked at.
    "width<0.1": once the 95 % interval of each condition is narrower.
    "decided:RUN": once it is clear that this policy and that of the run folder RUN differ."""
    repeat: int = 1
    """Play every episode so many times, in run folders OUT, OUT-repeat-2 ..., and say how far outcomes repeat."""

    def __post_init__(self) -> None:
        if self.repeat < 1:
            raise ConfigError(f"--repeat {self.repeat}: at least 1 is needed.")
        if self.max_errors < 0:
            raise ConfigError(f"--max-errors {self.max_errors}: give 0 or more.")
        if self.repeat > 1 and self.until is not None:
            raise ConfigError(
                "Give either --until or --repeat: repeats are of the same episodes, and --until chooses them."
            )


@tyro.conf.configure(tyro.conf.OmitArgPrefixes)
@dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """Scores a policy on a suite: what breaks outside its training world, by how much, how sure we are.

    Repeating a command resumes its run. The exit code is 0 only for a complete run without errors.
    """

    policy: str
    """random, noop, expert or replay; your own as module:Class or path/to/file.py:Class; a server as ws://HOST:PORT.
    The class has act(obs, instr) and returns a float action (7,) or a chunk (H, 7)."""
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = ()
    """Keyword arguments of the policy's constructor, as strings."""
    out: Path | None = None
    """Run folder; default: runs/<suite>-<policy>-<plan>."""
    selection: Selection = field(default_factory=Selection)
    playing: ExecutionOptions = field(default_factory=ExecutionOptions)
    recording: RecordingOptions = field(default_factory=RecordingOptions)


def main() -> None:
    """Entry point."""
    # Batch systems and containers end a run by SIGTERM: as by Ctrl-C, it says what there is and how to go on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        exit_with(lambda: evaluate(tyro.cli(EvalArgs, prog="vlagen-eval")))
    except SystemExit as end:
        _leave_threads_behind(end.code)
        raise


def _leave_threads_behind(code: int) -> None:
    """Ends the process if a policy left threads that Python would wait for, perhaps without end."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def evaluate(args: EvalArgs) -> int:
    """Runs what the arguments ask for; returns the exit code."""
    from vlagen_bench.report import repeats

    plan = args.selection.plan()
    first = args.out or Path("runs") / f"{plan.suite.name}-{_slug(args.policy)}-{plan.hash[:8]}"
    folders = repeats.folders(first, args.recording.repeat)
    codes = []
    for path in folders:
        codes.append(_evaluate(args, plan, path))
        if codes[-1] not in (OK, INCOMPLETE):
            return codes[-1]
    if len(folders) > 1:
        _compare_repeats(folders)
    return max(codes)


def _evaluate(args: EvalArgs, plan, path: Path) -> int:
    from vlagen_bench.harness.early_stopping import EarlyStopping
    from vlagen_bench.packs import manifest
    from vlagen_bench.plan import catalog
    from vlagen_bench.policies import base
    from vlagen_bench.scenes import specs

    until = args.recording.until
    stop = EarlyStopping(until, plan) if until is not None else None
    task = catalog.task(plan.suite.task)
    scene = specs.scene(task.scene)
    # Wrong files would make wrong scores, so every file is checked; before a policy is loaded, which may take minutes.
    checked = manifest.check(manifest.load(scene.pack), manifest.folder(scene.pack))
    manifest.require(scene.pack, checked)
    loaded = args.playing.load(args.policy, key_values(args.policy_args))
    base.check_spec(loaded, scene.robot)
    return _run(args, plan, task, scene, checked.stand_ins, loaded, path, stop)


def _run(args: EvalArgs, plan, task, scene, stand_ins: tuple[str, ...], loaded, path: Path, stop) -> int:
    from vlagen_bench.harness import header, run
    from vlagen_bench.harness.counts import Counts
    from vlagen_bench.harness.loggers import logs
    from vlagen_bench.harness.progress import RunProgress
    from vlagen_bench.plan import catalog
    from vlagen_bench.runs.folder import RunFolder
    from vlagen_bench.runs.video import VideoWriter
    from vlagen_bench.sim.vulkan import device

    out = console()
    note = partial(out.print, markup=False, soft_wrap=True)
    playing, recording = args.playing, args.recording
    head = header.make(
        plan, loaded, scene, device.describe(), stand_ins, execution=playing.execution(), limits=playing.limits(),
        workers=playing.processes, isolation=playing.isolation(),
    )  # fmt: skip
    groups = {name: catalog.group_of(task, name) for name in plan.suite.conditions}
    film = VideoWriter(path / "videos", recording.video, scene.control_hz) if recording.video != "none" else None
    with RunFolder.writing(path, head, plan) as folder:
        folder.amend(stopped=None)  # unless it ends so again
        folder.note_executor({"executor": playing.executor, "workers": playing.processes})
        if playing.isolate:
            loaded.policy.output.keep_in(path / "policy.log")
        done = [e.id for e in plan.episodes if folder.done(e.id, retry_errors=recording.retry_errors)]
        counts = Counts(plan, groups, [folder.results[key] for key in done])
        _announce(out, args, plan, loaded, path, len(done), stand_ins)
        stopped = None
        progress = RunProgress(out, counts, until=recording.until)
        with logs(recording.log, path, head, counts, note) as also, progress:
            try:
                with playing.start_executor(task, loaded, film, note) as executor:
                    run.run(
                        plan, executor, folder, (counts, progress, *also),
                        max_errors=recording.max_errors, retry_errors=recording.retry_errors, stop=stop,
                    )  # fmt: skip
            except KeyboardInterrupt:
                stopped = "Interrupted."
            except run.TooManyErrors as error:
                stopped = f"error: {error}"
        return _conclude(out, plan, groups, folder, loaded, stop, stopped)


def _announce(out, args: EvalArgs, plan, loaded, path: Path, done: int, stand_ins: tuple[str, ...]) -> None:
    from vlagen_bench.policies.base import sharing

    twins = sum(episode.condition not in plan.suite.conditions for episode in plan.episodes)
    out.print(
        f"[bold]{plan.suite.name}[/bold], seed {plan.suite.seed}: conditions {len(plan.suite.conditions)}, "
        f"episodes {len(plan.episodes)} ({twins} of them twins only), plan {plan.hash[:12]}, policy {loaded.name}"
    )
    if loaded.privileged:
        out.print("This policy sees the simulator's state: it is an oracle, and is never ranked.")
    elif (args.playing.processes or 1) > 1 and sharing(loaded.policy) == "instances":
        out.print("This policy has reset() but no act_batch(), so each worker is given an instance of its own.")
    if stand_ins:
        out.print(f"{len(stand_ins)} asset files are stand-ins for upstream's: {', '.join(stand_ins)}")
    if done:
        out.print(f"Resuming {path}: {done} of {len(plan.episodes)} episodes are done.")


def _conclude(out, plan, groups, folder, loaded, stop, stopped: str | None) -> int:
    """Prints table, errors and where everything is; says how to go on if the run is not complete."""
    from vlagen_bench.report.html import write_report
    from vlagen_bench.report.interaction import interactions
    from vlagen_bench.report.rows import rows
    from vlagen_bench.report.terminal import interaction_table, levels_table, results_table, write_csv
    from vlagen_bench.runs.folder import writing_to

    note = partial(out.print, markup=False, soft_wrap=True)
    planned = [episode.to_dict() for episode in plan.episodes]
    result_rows = rows(planned, folder.results, groups)
    sequences = stop and stop.intervals
    with writing_to(folder.path):
        write_csv(folder.path / "summary.csv", result_rows, sequences)
    oracle = " (oracle)" if loaded.privileged else ""
    out.print()
    out.print(results_table(f"{plan.suite.name}: {loaded.name}{oracle}", result_rows, sequences))
    for table in (levels_table(result_rows), interaction_table(interactions(planned, folder.results))):
        if table is not None:
            out.print(table)
    errors = [record for record in folder.results.values() if record["outcome"] == "error"]
    for text in list(dict.fromkeys(record["error"] for record in errors))[:3]:
        note(f"error: {text}")
    missing = len(plan.episodes) - len(folder.results)
    enough = stop is not None and stop.decided and missing > 0
    folder.amend(stopped=stop.facts(len(folder.results)) if enough else None)
    if stopped:
        print(stopped, file=sys.stderr)
    if stop is not None:
        note(stop.verdict)
    if enough:
        note(f"That is enough: {missing} of {len(plan.episodes)} episodes were not needed.")
    elif missing:
        note(f"Missing: {missing} of {len(plan.episodes)} episodes. To go on: {_again()}")
    if errors and (enough or not missing):
        note(
            f"Ended as errors: {len(errors)} of {len(plan.episodes)} episodes. To try them again: {_again()} --retry-errors"
        )
    note(f"Run folder: {folder.path}")
    note(f"Report: {write_report(folder.path)}")
    if stopped == "Interrupted.":
        return INTERRUPTED
    return INCOMPLETE if errors or (missing and not enough) else OK


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
    """The command that was given, without a --retry-errors."""
    return shlex.join(["vlagen-eval", *(word for word in sys.argv[1:] if word != "--retry-errors")])


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(name).name)
