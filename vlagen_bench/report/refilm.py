"""Films of recorded episodes, made afterwards from the actions alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vlagen_bench.harness import replay
from vlagen_bench.harness.env_runner import EnvRunner
from vlagen_bench.harness.episode import Finish
from vlagen_bench.plan.plan import task_of
from vlagen_bench.report.comparison import Comparison
from vlagen_bench.report.html.films import spread
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.runs import episodes
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.runs.video import VideoWriter
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice, drawn_in
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import EpisodeResult, Task


def film(take: RecordedEpisode, sim: Sim, task: Task, folder: Path) -> replay.ReplayComparison:
    """Writes the film of what a take's actions do here into the folder, and compares that with the record."""
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    runner = EnvRunner(sim, task, film=VideoWriter(folder, "all", specs.of_task(task).control_hz))
    again = replay.play(runner, take.episode, take.actions)
    result = EpisodeResult(
        episode=take.episode,
        outcome="error" if again.error else "success" if again.success else "failure",
        success_once=again.success_once,
        success_at_end=again.success,
        steps=len(again.state_hashes) - 1,
        metrics=again.metrics,
        timings={},
        error=again.error,
    )
    runner.serve(Finish(result=result))
    return replay.compare(take, again)


def film_of(run: Path, episode_id: str) -> Path | None:
    """The film of an episode in a run folder, or None."""
    return next(iter(sorted((run / "videos").glob(f"*-{episode_id}.mp4"))), None)


def missing(comparison: Comparison, most: int) -> list[tuple[LoadedRun, str]]:
    """What has an outcome and no film, run and episode id, among the first so many differing episodes, spread over conditions."""
    groups = next(iter(comparison.runs.values())).report.groups
    chosen = [episode["id"] for episode in spread(comparison.differing, groups)[:most]]
    return [
        (run, one)
        for one in chosen
        for run in comparison.runs.values()
        if run.success(one) is not None and film_of(run.path, one) is None
    ]


def make(wanted: Sequence[tuple[LoadedRun, str]]) -> Iterator[str | None]:
    """Makes these films, each in the `videos` of its run.

    Yields, for each: None, or why there is none: a film that shows another outcome than the recorded is not kept.

    Raises:
        RunError: a run folder is damaged, or cannot be written.
    """
    from vlagen_bench.sim.backends import simulator_of

    sims: dict[CameraChoice, Sim] = {}
    for run, episode_id in wanted:
        (take,) = episodes.of_run(run.path, episode_id)
        task = task_of(take.episode.task)
        cameras = drawn_in(specs.of_task(task), run.header)  # runs of one plan have one task
        sim = sims.get(cameras) or sims.setdefault(cameras, simulator_of(task, cameras=cameras))
        compared = film(take, sim, task, run.path / "videos")
        if not compared.disagreements:
            yield None
            continue
        made = film_of(run.path, episode_id)
        if made is not None:
            made.unlink()
        yield f"{run.path}: {take.episode.condition} {take.episode.index} ({episode_id}): {'; '.join(compared.disagreements)}."
