"""The evaluation of a policy on a plan: its checks, run folder, executor and listeners, for the command and for Python alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from vlagen_bench.errors import ConfigError, PolicyError, RunError
from vlagen_bench.harness import header, run
from vlagen_bench.harness.action_monitor import ActionMonitor
from vlagen_bench.harness.counts import Counts
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.harness.identity import ImportedFiles
from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.loggers import logs
from vlagen_bench.harness.options import ExecutionOptions
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, native_tasks
from vlagen_bench.policies import base, handles, introduction, pictures
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.runs import episodes, identity
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.runs.video import VideoWriter
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice, ImageSize, require_fast_meshes, sizes_px
from vlagen_bench.scenes.oversized import StepLimits
from vlagen_bench.types import Plan, Task

Video = Literal["all", "failures", "none"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is evaluated, how, and what is kept of it."""

    plan: Plan
    path: Path
    """the run folder, new or to be resumed"""
    execution: ExecutionOptions = field(default_factory=ExecutionOptions)
    video: Video = "failures"
    log: tuple[str, ...] = ()
    max_errors: int = 8
    retry_errors: bool = False
    retry_lost: bool = False
    until: str | None = None
    continue_with_changed_policy: bool = False
    """whether a run with results goes on although the policy, or what it is scored with, is another now"""
    cameras: tuple[str, ...] = ()
    """whose pictures are drawn besides those of the primary camera, and of those that the policy's `spec` names"""
    image_size: ImageSize = None
    """of the pictures; None: as the policy's `spec` says, or the cameras' own"""
    fast_meshes: bool = False
    """whether the robots of a ManiSkill task are drawn with decimated meshes: other pictures, in less time"""

    def __post_init__(self) -> None:
        if self.max_errors < 0:
            raise ConfigError(f"--max-errors {self.max_errors}: give 0 or more.")
        if self.video not in ("all", "failures", "none"):
            raise ConfigError(f"--video {self.video}: give all, failures or none.")


@dataclass(frozen=True, kw_only=True)
class Begun:
    """An evaluation whose first episode comes next."""

    evaluation: Evaluation
    loaded: LoadedPolicy
    done: int
    """episodes that have a result already"""
    stand_ins: tuple[str, ...]
    cameras_px: Mapping[str, Iterable[int]] = field(default_factory=dict)
    """camera -> width and height, where the policy sees more than the primary camera in its own size; else empty"""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An evaluation that came to its end, or to an interruption."""

    evaluation: Evaluation
    loaded: LoadedPolicy
    groups: Mapping[str, str]
    """condition -> row group"""
    results: Mapping[str, Mapping[str, Any]]
    """id -> record of `episodes.jsonl`"""
    stop: EarlyStopping | None = None
    stopped: KeyboardInterrupt | run.TooManyErrors | None = None
    """what ended it before its plan did, other than `until`"""
    first_lines: tuple[str, ...] = ()
    """what stands before everything that is said of the run"""

    @property
    def missing(self) -> int:
        """Episodes without a result."""
        return len(self.evaluation.plan.episodes) - len(self.results)

    @property
    def errors(self) -> tuple[str, ...]:
        """What the episodes say that ended as errors."""
        return tuple(record["error"] for record in self.results.values() if record["outcome"] == "error")

    @property
    def enough(self) -> bool:
        """Whether `until` made the missing episodes needless."""
        return self.stop is not None and self.stop.decided and self.missing > 0

    @property
    def complete(self) -> bool:
        """Whether everything needed is there, and without errors."""
        return not self.errors and (self.enough or not self.missing)


class Display(Protocol):
    """Shows the progress of an evaluation."""

    def begins(self, begun: Begun) -> None: ...

    def progress(self, counts: Counts, until: str | None) -> AbstractContextManager[run.Listener]: ...

    def note(self, text: str) -> None: ...


def evaluate(wanted: Evaluation, load: Callable[[], LoadedPolicy], display: Display) -> Ended:
    """Plays all episodes of the plan that have no result yet, and stores each as it ends.

    Ctrl-C, and more errors than are allowed, end it early: `AttemptResult.stopped` says so, and the folder can be resumed.

    Args:
        wanted: what is evaluated.
        load: gives the policy; called once everything else is checked, since it may take minutes.
        display: is told of the course.

    Raises:
        VlagenError: something is not as it has to be; the sentence says what to do.
    """
    plan = wanted.plan
    stop = EarlyStopping(wanted.until, plan) if wanted.until is not None else None
    task = catalog.task(plan.suite.task)
    scene = specs.of_task(task)
    if wanted.fast_meshes:
        require_fast_meshes(task)
    CameraChoice.of(scene, wanted.cameras)  # before a policy is loaded, which may name more
    # Wrong files would make wrong scores, so every file is checked.
    checked = manifest.check(manifest.load(scene.pack), manifest.folder(scene.pack))
    manifest.require(scene.pack, checked)
    _check_effects(plan, task, display)
    with ExitStack() as unplayed:
        loaded = load()
        unplayed.callback(_let_go, loaded)
        _check_live(loaded, wanted.execution)
        base.check_spec(loaded, scene.robot)
        introduction.introduce(loaded, scene.robot)
        cameras = pictures.camera_choice(loaded, scene, wanted.cameras, wanted.image_size)
        cameras = replace(cameras, fast_meshes=wanted.fast_meshes)
        return _recorded(wanted, task, cameras, checked.stand_ins, loaded, stop, display, unplayed)


def _check_effects(plan: Plan, task: Task, display: Display) -> None:
    """Raises `ConfigError` for a condition that changes nothing in a task of ManiSkill, which no axis was written for."""
    if task.native is None:
        return
    from vlagen_bench.sim.maniskill.any_task import effect  # only here: it loads SAPIEN

    for sentence in native_tasks.remarks(task):
        display.note(sentence)
    first = {episode.condition: episode for episode in reversed(plan.episodes) if episode.twin in plan.by_id}
    effect.require(task, ((episode, plan.by_id[str(episode.twin)]) for episode in first.values()))


def _let_go(loaded: LoadedPolicy) -> None:
    """Closes a policy that is not asked after all: it may be a process, or a connection."""
    with suppress(PolicyError):
        PolicyCaller(loaded, action_dim=0).close()


def _check_live(loaded: LoadedPolicy, execution: ExecutionOptions) -> None:
    if loaded.live and loaded.privileged and execution.processes is not None:
        raise PolicyError(
            f"The policy {loaded.name} looks at the simulator, so that it lives in each worker, where only a name can be "
            f"loaded. Use workers=1, or give its name as module:Class."
        )


def _recorded(
    wanted: Evaluation,
    task: Task,
    cameras: CameraChoice,
    stand_ins: tuple[str, ...],
    loaded: LoadedPolicy,
    stop: EarlyStopping | None,
    display: Display,
    unplayed: ExitStack,
) -> Ended:
    from vlagen_bench.sim.vulkan import device  # only here: it loads SAPIEN

    plan, path, execution = wanted.plan, wanted.path, wanted.execution
    scene = specs.of_task(task, cameras)
    head = header.make(
        plan, loaded, scene, device.describe(), stand_ins, execution=execution.execution(), limits=execution.limits(),
        workers=execution.processes, isolation=execution.isolation(), known=_fingerprinted(path),
    )  # fmt: skip
    groups = catalog.groups_of(task, plan.suite.conditions, plan.suite.groups)
    film = VideoWriter(path / "videos", wanted.video, scene.control_hz) if wanted.video != "none" else None
    changed = wanted.continue_with_changed_policy
    with RunFolder.writing(path, head, plan, changed_policy=changed, retry_lost=wanted.retry_lost) as folder:
        folder.amend(stopped=None)  # unless it ends so again
        folder.note_executor({"executor": execution.executor, "workers": execution.processes})
        if execution.isolate:
            loaded.policy.output.keep_in(path / "policy.log")
        done = [one.id for one in plan.episodes if folder.done(one.id, retry_errors=wanted.retry_errors)]
        monitor = ActionMonitor(StepLimits.of(scene), display.note)
        counts = Counts(plan, groups, [folder.results[key] for key in done])
        chosen = {} if cameras == CameraChoice() else sizes_px(scene)
        display.begins(Begun(evaluation=wanted, loaded=loaded, done=len(done), stand_ins=stand_ins, cameras_px=chosen))
        for sentence in (*folder.remarks, *_said_of_earlier_results(folder, len(done) == len(plan.episodes))):
            display.note(sentence)
        if stop is not None and stop.outlook is not None:
            display.note(stop.outlook)
        stopped = None
        progress = display.progress(counts, wanted.until)
        with logs(wanted.log, path, head, counts, display.note) as also, progress as shown:
            try:
                unplayed.pop_all()  # from here on, the executor closes the policy
                with execution.start_executor(
                    task, loaded, film, display.note, handles.of_run(path), monitor.watch, cameras
                ) as executor:
                    run.run(
                        plan, executor, folder, (counts, shown, monitor, ImportedFiles(loaded.content, folder), *also),
                        max_errors=wanted.max_errors, retry_errors=wanted.retry_errors, stop=stop,
                    )  # fmt: skip
            except (KeyboardInterrupt, run.TooManyErrors) as error:
                stopped = error
        ended = Ended(
            evaluation=wanted, loaded=loaded, groups=groups, results=folder.results, stop=stop, stopped=stopped
        )
        folder.amend(stopped=stop.facts(len(folder.results)) if stop is not None and ended.enough else None)
        folder.note_attempts()
    return replace(ended, first_lines=identity.sentences(folder.header))


def _said_of_earlier_results(folder: RunFolder, finished: bool) -> Iterator[str]:
    """What there is to know of results that are there already: whether they are of this policy, and from when."""
    if folder.results:
        yield from identity.sentences(folder.header)
        yield from identity.unknown(folder.header)
        if folder.changed:
            yield identity.changed_since(folder.changed)
        if finished:
            yield identity.shown_again(folder.header)


def _fingerprinted(path: Path) -> Mapping[str, str]:
    """The source files that the header of a run folder names; none where there is no run, or none that can be read."""
    try:
        fingerprint = episodes.header(path).fingerprint
    except RunError:
        return {}
    return {} if fingerprint is None else fingerprint.files


def default_folder(plan: Plan, policy: str) -> Path:
    """Where a run is recorded of which nobody said where."""
    slug = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(policy).name)
    return Path("runs") / f"{plan.suite.name}-{slug}-{plan.hash[:8]}"
