"""The tables of `vlagen study plan`: the stages, and the hypotheses."""

from vlagen_bench.train.study import power
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.stages import Collect, Gate, Score, Stage, Train
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import percent


def stages_table(config: StudyConfig) -> NumberTable:
    """One row a stage, in the order in which they run."""
    table = NumberTable(f"Stages of the {config.name}").text("stage", whole=True).text("what", "needs")
    table.numbers("core-hours")
    for stage in config.order:
        hours = f"{stage.core_hours:g}" if stage.core_hours else "–"
        name = f"{stage.name} *" if stage.exploratory else stage.name
        table.add_row(name, what(stage), ", ".join(stage.needs) or "–", hours)
    total = sum(stage.core_hours for stage in config.stages)
    table.caption = (
        f"{total:g} core-hours in all, estimated: {total / config.workers:.1f} hours on {config.cores}. * exploratory"
    )
    return table


def what(stage: Stage) -> str:
    """What a stage does, in a few words."""
    work = stage.work
    if isinstance(work, Collect):
        who = f"the expert takes over from {work.policy}" if work.policy else "the expert"
        return f"{work.episodes} demonstrations: {who}"
    if isinstance(work, Train):
        settings = ", ".join(f"{key} {value}" for key, value in work.settings.items())
        return f"{work.algorithm} by {work.config}" + (f" ({settings})" if settings else "")
    if isinstance(work, Score):
        chosen = work.chosen
        return f"{work.policy} under {_conditions(len(chosen.conditions))} x {chosen.episodes}, seed {chosen.seed}"
    assert isinstance(work, Gate)
    return f"at least {percent(work.rate)} in {work.score}"


def hypotheses_table(config: StudyConfig) -> NumberTable:
    """One row a hypothesis."""
    table = NumberTable("Hypotheses").text("id", whole=True).text("what is tested", "test")
    table.numbers("scenes", "points", "power")
    for one in config.hypotheses:
        beyond = " as a gain beyond another" if one.beyond else ""
        test = "difference of two gains" if one.beyond else "McNemar" if len(one.conditions) == 1 else "scenes"
        family = power.family(config, one)
        adjusted = "exploratory" if one.family == "exploratory" else f"Holm, {family}"
        table.add_row(
            f"{one.id} primary" if one.primary else one.id,
            f"{one.better} against {one.than}, {_conditions(len(one.conditions))}{beyond}: {one.says}",
            f"{test}; {adjusted}",
            str(power.scenes(config, one)),
            f"{100 * one.effect:g}",
            percent(power.power_of(config, one)),
        )
    return table


def _conditions(count: int) -> str:
    return f"{count} condition{'' if count == 1 else 's'}"
