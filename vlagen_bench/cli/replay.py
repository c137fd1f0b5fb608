"""`vlagen replay`: re-simulates a run from its actions, and reports every difference."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import INCOMPLETE, OK, console, say
from vlagen_bench.cli.inclusion import Include, include

if TYPE_CHECKING:
    from vlagen_bench.harness.replay import ReplayComparison
    from vlagen_bench.runs.episodes import RecordedEpisode
    from vlagen_bench.types import Task


def replay(
    run: Annotated[Positional[Path], tyro.conf.arg(metavar="RUN")],
    episode: str | None = None,
    states: Literal["exact", "rescored"] = "exact",
    video: bool = False,
    out: Path | None = None,
    outside: Include = (),
) -> int:
    """Re-simulates a run from its actions alone, compares every state, and scores it again.

    The exit code is 0 if every score stands, and every state is the same where that is asked for; else 1.

    Args:
        run: a run folder, complete or not.
        episode: only the episode whose id begins so.
        states: ask for the same states bit for bit, or for the same score only, as after a run on another machine.
        video: films what happens; needs a renderer.
        out: folder of the films; default: RUN/replayed.
        outside: places with what of the run is your own.
    """
    from vlagen_bench.errors import RunError
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.plan.plan import task_of
    from vlagen_bench.runs import episodes
    from vlagen_bench.runs.outside import changes

    include(outside)
    out_console, found = console(), episodes.read(run)
    recorded = list(found.takes(episode))
    if not recorded:
        raise RunError(f"{run} has no recorded episodes yet, so there is nothing to replay.")
    for sentence in (*found.remarks, *changes(found.header_json)):
        say(f"warning: {sentence}", to=out_console)
    task = task_of(recorded[0].episode.task)
    films = out or run / "replayed"
    compared = _filmed(recorded, task, found.header_json, films) if video else _unseen(recorded, task)
    shown = list(tracked(compared, total=len(recorded), label="replaying", console=out_console))
    for comparison in shown:
        for line in _lines(comparison):
            say(line, to=out_console)
    exact, wrong = (
        sum(comparison.exact for comparison in shown),
        sum(bool(comparison.disagreements) for comparison in shown),
    )
    scored = sum(comparison.scored for comparison in shown)
    unscored = f"; {len(shown) - scored} were recorded as errors, and have none" if scored < len(shown) else ""
    out_console.print(
        f"Re-simulated: {len(shown)}, of which {exact} the same state by state, bit for bit; {len(shown) - exact} diverge; "
        f"the score of {scored - wrong} stands, of {wrong} it does not{unscored}.",
        soft_wrap=True,
    )
    diverged = exact < len(shown)
    if diverged and states == "exact" and not wrong:
        out_console.print(
            "The actions or the states were edited, or the run is of another kind of machine, which rounds otherwise. "
            "If the latter is known: --states rescored",
            markup=False,
            soft_wrap=True,
        )
    if video:
        say(f"Films: {films}", to=out_console)
    return INCOMPLETE if wrong or (diverged and states == "exact") else OK


def _unseen(recorded: "list[RecordedEpisode]", task: "Task") -> "Iterator[ReplayComparison]":
    from vlagen_bench.harness.replay import UnrenderedSimulator, replay

    sim = UnrenderedSimulator(task)
    return (replay(take, sim, task) for take in recorded)


def _filmed(
    recorded: "list[RecordedEpisode]", task: "Task", header: "Mapping[str, Any]", folder: Path
) -> "Iterator[ReplayComparison]":
    from vlagen_bench.report.refilm import film
    from vlagen_bench.scenes import specs
    from vlagen_bench.scenes.cameras import drawn_in
    from vlagen_bench.sim.backends import simulator_of

    sim = simulator_of(task, cameras=drawn_in(specs.of_task(task), header))
    return (film(take, sim, task, folder) for take in recorded)


def _lines(comparison: "ReplayComparison") -> Iterator[str]:
    from vlagen_bench.harness.replay import TOLERANCE_M

    name = f"{comparison.episode.condition} {comparison.episode.index} ({comparison.episode.id})"
    if not comparison.exact:
        stands = "" if comparison.disagreements or not comparison.scored else "; its score is the same"
        if comparison.apart_m is not None:
            stands += f"; its distances differ by {comparison.apart_m:.4f} m at most, and may by {TOLERANCE_M:g} m"
        yield f"{name}: diverges {comparison.where}{stands}"
    for clause in comparison.disagreements:
        yield f"{name}: {clause}"
