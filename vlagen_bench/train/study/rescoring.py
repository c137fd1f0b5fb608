"""The repetition of scored episodes of a study from their recorded actions."""

from collections.abc import Iterator
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.replay import UnrenderedSimulator, replay
from vlagen_bench.runs import episodes as recorded
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.utils.seeding import stream


def again(config: StudyConfig, out: Path, count: int) -> Iterator[tuple[str, bool]]:
    """A sentence for each evaluation that is done, and whether an episode of it came out differently.

    Args:
        config: of the study.
        out: its folder.
        count: episodes of each evaluation; which, is drawn, the same ones each time.

    Raises:
        ConfigError: no evaluation is done.
        RunError: a run folder is damaged, or actions are missing.
    """
    done = [
        stage for stage in config.order if stage.score is not None and folders.of(out, stage.name).state() == "done"
    ]
    if not done:
        raise ConfigError(f"--replay: {out} holds no evaluation that is done. Run it first: vlagen study run")
    for stage in done:
        if folders.of(out, stage.name).elsewhere() is not None:
            yield f"{stage.name}: done elsewhere, so that its actions are not here.", False
            continue
        run = recorded.read(folders.of(out, stage.name).product)
        simulator = UnrenderedSimulator(run.task)
        played = [one for one in run.plan.episodes if one.id in run.results and run.results[one.id].outcome != "error"]
        chosen = stream(0, "study", "replay", stage.name).permutation(len(played))[:count]
        compared = [replay(run.take(played[place]), simulator, run.task) for place in sorted(chosen)]
        differing = [one for one in compared if one.disagreements]
        exact = sum(one.exact for one in compared)
        yield (
            f"{stage.name}: played again from their actions: {len(compared)}; with the same states, bit for bit: {exact}; with another "
            f"score: {len(differing)}."
            + "".join(f" {one.episode.id}: {'; '.join(one.disagreements)}." for one in differing),
            bool(differing),
        )
