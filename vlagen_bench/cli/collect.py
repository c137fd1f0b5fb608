"""`vlagen collect` and `vlagen check-demonstrations`: make a dataset of training episodes, and play it again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import INCOMPLETE, INTERRUPTED, OK, TERMINATED, console, ending, key_values, say
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.utils.signals import Terminated, end_in_order

if TYPE_CHECKING:
    from vlagen_bench.demonstrations.collect import Collected, Collector
    from vlagen_bench.demonstrations.distribution import Distribution
    from vlagen_bench.demonstrations.parts import Attempt

KeyValues = Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")]


def collect(
    out: Path,
    episodes: int,
    policy: str = "expert",
    policy_args: KeyValues = (),
    takeover: str | None = None,
    takeover_args: KeyValues = (),
    distribution: Annotated[str | None, tyro.conf.arg(metavar="NAME | FILE.yaml")] = None,
    task: str | None = None,
    seed: int | None = None,
    only_success: bool = False,
    noise: float = 0.0,
    noise_episodes: float = 0.5,
    drop_idle: bool = False,
    cameras: str | None = None,
    image_size: str | None = None,
    pictures: Literal["image", "video"] = "image",
    workers: int | None = None,
    outside: Include = (),
) -> int:
    """Collects demonstrations: a policy plays training episodes, and every frame is kept, as a LeRobotDataset v3.0.

    Repeating a command resumes it, and with a larger number of episodes goes on. The exit code is 0 once all are there.

    Args:
        out: folder of the dataset.
        episodes: how many it is to hold in all.
        policy: who demonstrates: expert, or any other, as `vlagen-eval --policy` takes it.
        policy_args: keyword arguments of its constructor, as strings.
        takeover: a policy that plays the first 4 to 31 steps of each episode, before the demonstrator takes over. Only the
            demonstrator's frames are labels; `is_label` says which these are.
        takeover_args: the same for it.
        distribution: which episodes are played, by name or as a YAML file; default: words, or the nominal condition of --task.
        task: plays the nominal condition of this task instead.
        seed: instead of the distribution's; at least 2000000, so that no suite has the same scenes.
        only_success: leaves out episodes that fail, and goes on until enough succeeded.
        noise: share of the steps at which something else is executed than was decided, up to 2.5 cm and 0.25 rad away; what was
            decided stays the label.
        noise_episodes: share of the episodes in which that happens.
        drop_idle: leaves out frames that move the tool by less than 1 cm and 0.06 rad.
        cameras: whose pictures are kept, separated by commas; default: all of the scene.
        image_size: of the pictures, as `vlagen-eval --image-size`; default: 128 of the primary camera, 64 of others.
        pictures: how pictures are stored: PNG files inside the tables, without loss, or one mp4 a camera.
        workers: processes that play side by side; default: one for each core.
        outside: places with what of it is your own.
    """
    from vlagen_bench.demonstrations import job as jobs
    from vlagen_bench.demonstrations.attempts import Recipe
    from vlagen_bench.demonstrations.collect import Collector, check_numbers
    from vlagen_bench.demonstrations.disturbance import Noise
    from vlagen_bench.demonstrations.job import Job, PolicyChoice
    from vlagen_bench.scenes import specs
    from vlagen_bench.utils.processes import cores

    include(outside)
    end_in_order()
    wanted = _distribution(distribution, task, seed)
    job = Job(
        distribution=wanted,
        policy=PolicyChoice(name=policy, arguments=key_values(policy_args)),
        takeover=PolicyChoice(name=takeover, arguments=key_values(takeover_args)) if takeover else None,
        noise=Noise(steps=noise, episodes=noise_episodes),
        cameras=jobs.cameras_of(specs.of_task(wanted.of_task), cameras, image_size),
        only_success=only_success,
        drop_idle=drop_idle,
    )
    processes = cores() if workers is None else workers
    check_numbers(episodes, processes)
    versions = jobs.check(job)
    note = partial(say, to=console())
    recipe = Recipe(job=job, folder=out)
    with Collector(recipe, pictures=pictures, versions=versions, note=note) as collector:
        return _collected(collector, out, episodes, processes)


def _distribution(name: str | None, task: str | None, seed: int | None) -> "Distribution":
    from vlagen_bench.demonstrations import distribution
    from vlagen_bench.errors import ConfigError
    from vlagen_bench.utils import plugins

    if name is not None and task is not None:
        raise ConfigError("Give either --distribution or --task: a distribution is of its own task.")
    if task is not None:
        return distribution.reseeded(distribution.nominal(plugins.named("task", task)), seed)
    return distribution.reseeded(distribution.load(name or "words"), seed)


def _collected(collector: "Collector", folder: Path, episodes: int, workers: int) -> int:
    import time

    from vlagen_bench.harness.progress import duration, tracked

    out, began, before = console(), time.monotonic(), collector.collected
    missing = max(0, episodes - before.kept)
    if before.attempts:
        say(f"{folder} has {before.kept} of {episodes} episodes.", to=out)
    try:
        kept = _kept(collector, episodes, workers)
        for _ in tracked(kept, total=missing, label="collecting", console=out) if missing else ():
            pass
    except KeyboardInterrupt as error:
        say(f"{ending(error)} What was played is kept. To go on, give the command again.", to=out)
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    done = collector.finish()
    say(_summary(done), to=out)
    if done.attempts > before.attempts:
        say(
            f"New: {done.kept - before.kept}, in {duration(time.monotonic() - began)}, workers: {workers}.",
            to=out,
        )
    say(f"Dataset: {folder}", to=out)
    return OK if done.kept >= episodes else INCOMPLETE


def _kept(collector: "Collector", episodes: int, workers: int) -> "Iterator[Attempt]":
    """The attempts that are kept, as they end; says what ended as an error."""
    for attempt in collector.play(episodes, workers=workers):
        if attempt.error is not None:
            say(f"Episode {attempt.index}: {attempt.error}")
        if attempt.kept:
            yield attempt


def _summary(done: "Collected") -> str:
    from vlagen_bench.utils.text import percent

    played = done.successes + done.failures
    rate = f" ({percent(done.successes / played)})" if played else ""
    errors = f", {done.errors} ended as errors" if done.errors else ""
    return (
        f"{done.kept} episodes, {done.frames} frames. Played: {played}, of which {done.successes} succeeded{rate}{errors}. "
        f"{done.cpu_s / 60:.1f} core-minutes, {done.per_core_minute:.0f} successful episodes a core-minute."
    )


def check_demonstrations(
    folder: Annotated[Positional[Path], tyro.conf.arg(metavar="DIR")],
    episodes: int | None = None,
    outside: Include = (),
) -> int:
    """Plays the episodes of a dataset again from their actions alone, and compares every state bit for bit.

    The exit code is 0 if all are the same.

    Args:
        folder: of the dataset.
        episodes: only so many, spread over the whole dataset.
        outside: places with what of it is your own.
    """
    from vlagen_bench.demonstrations.check import check
    from vlagen_bench.demonstrations.dataset import Dataset
    from vlagen_bench.errors import ConfigError
    from vlagen_bench.harness.progress import tracked

    include(outside)
    if episodes is not None and episodes < 1:
        raise ConfigError(f"--episodes {episodes}: at least 1 is needed.")
    dataset, out = Dataset(folder), console()
    total = len(dataset)
    count = total if episodes is None else min(episodes, total)
    numbers = [number * total // count for number in range(count)]
    checked = list(tracked(check(dataset, numbers), total=count, label="checking", console=out))
    wrong = [one for one in checked if one.faults]
    for one in wrong:
        say(f"episode {one.number} ({one.episode.id}): {'; '.join(one.faults)}", to=out)
    say(f"Played again: {count} of {total} episodes, of which {count - len(wrong)} are the same, bit for bit.", to=out)
    return INCOMPLETE if wrong else OK
