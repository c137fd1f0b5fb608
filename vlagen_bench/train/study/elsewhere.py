"""The stages of a study that were done in another folder, of which this one has the records and the released weights."""

from dataclasses import replace
from pathlib import Path

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies import shipped
from vlagen_bench.runs.lock import locked
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import records as stored
from vlagen_bench.train.study.commands import CHECKPOINT
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.folder import Elsewhere, Origin, StageFolder
from vlagen_bench.train.study.records import Records, StageRecord
from vlagen_bench.train.study.stages import Stage


def adopt(config: StudyConfig, out: Path, folder: Path) -> tuple[str, ...]:
    """Takes the stages that records say are done as done, except those that were begun here; which ones.

    Where a later stage is made from a training, the released weights stand in for the training's own.

    Args:
        config: of the study.
        out: its folder.
        folder: of the records, such as `docs/data/study`.

    Raises:
        ConfigError: there are no records, or they are of another study.
        RunError: they are damaged.
    """
    records = stored.read(folder)
    _check(config, records, folder)
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / "lock"):
        if folder.resolve() != (out / stored.TAKEN).resolve():
            stored.write(_with_earlier(config, out, records), out / stored.TAKEN)
        taken = []
        for stage in config.order:
            weights = _weights(stage)
            if records.state(stage.name) == "done" and _is_open(folders.of(out, stage.name), weights):
                _adopt(config, out, stage, weights)
                taken.append(stage.name)
    return tuple(taken)


def _with_earlier(config: StudyConfig, out: Path, records: Records) -> Records:
    """Records, with what earlier ones have of stages that were taken before and that these do not have as done."""
    try:
        earlier = stored.read(out / stored.TAKEN)
    except RunError:  # they are written again
        return records
    kept = [
        stage.name
        for stage in config.order
        if records.state(stage.name) != "done"
        and earlier.state(stage.name) == "done"
        and folders.of(out, stage.name).elsewhere() is not None
    ]
    return replace(
        records,
        promises=stored.joined(earlier.promises, records.promises),
        stages=records.stages | {name: earlier.stages[name] for name in kept},
        tables=records.tables | {name: earlier.tables[name] for name in kept if name in earlier.tables},
    )


def _is_open(folder: StageFolder, weights: Path | None) -> bool:
    """Whether nothing was begun here; or it was taken while its weights were not here, and now they are."""
    return folder.state() == "new" or (folder.is_absent and weights is not None)


def _weights(stage: Stage) -> Path | None:
    """The released weights that stand in for those of a training; None: there are none here."""
    file = shipped.weights_of(stage.released) if stage.released else None
    return file if file is not None and file.is_file() else None


def _adopt(config: StudyConfig, out: Path, stage: Stage, weights: Path | None) -> None:
    origin = Origin(content=config.content_of(stage), inputs={})
    what = Elsewhere(released=stage.released if weights is not None else "")
    folders.of(out, stage.name).adopt(origin, what, {} if weights is None else {CHECKPOINT: weights})


def _check(config: StudyConfig, records: Records, folder: Path) -> None:
    if not records.study:
        raise ConfigError(f"{folder} has no records of a study: there is no {stored.MANIFEST} in it.")
    if records.study != config.name:
        raise ConfigError(f"{folder} has records of the study {records.study}, and this is {config.name}.")
    for name, kept in records.stages.items():
        stage = config.by_name.get(name)
        if stage is None or _is_other(config, stage, kept):
            raise ConfigError(
                f"{folder} has records of a stage {name} that the configuration {config.name} does not have, or has with other "
                f"settings. Take the configuration that they were made with: --config FILE"
            )


def _is_other(config: StudyConfig, stage: Stage, kept: StageRecord) -> bool:
    other_plan = bool(kept.plan) and stage.score is not None and stage.score.plan_hash != kept.plan
    return other_plan or (bool(kept.content) and kept.content != config.content_of(stage))


def sameness(config: StudyConfig, out: Path, name: str) -> str | None:
    """Whether a stage that was made again here has the result of the records; None: they have none, or it was not made here."""
    kept, folder = stored.read(out / stored.TAKEN), folders.of(out, name)
    one = kept.stages.get(name)
    if one is None or not one.product or folder.state() != "done" or folder.elsewhere() is not None:
        return None
    is_same = stored.is_same(config.by_name[name], folder, kept)
    if is_same is None:
        return (
            f"{name}: whether the result is that of the records is not known, since its files also say how long it took. What is trained on it "
            f"may tell."
        )
    if is_same:
        return f"{name}: the result is that of the records."
    return f"{name}: the result is not that of the records; what was made from it elsewhere is made from another one."
