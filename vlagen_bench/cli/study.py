"""`vlagen study`: the study of reinforcement learning against supervised fine-tuning. Parses and prints."""

from pathlib import Path
from typing import Annotated

import tyro

from vlagen_bench.cli import common
from vlagen_bench.cli.common import INCOMPLETE, OK, console
from vlagen_bench.errors import ConfigError

PREREGISTRATION = Path("docs/study/preregistration.md")
RUNS = Path("runs/study")
Config = Annotated[str, tyro.conf.arg(metavar="NAME|FILE")]


def plan(config: Config = "study", preregistration: Path = PREREGISTRATION, write: bool = False) -> int:
    """Prints the stages, what each needs and takes, and the hypotheses with their power; compares with the preregistration.

    Exits with 1 if the preregistration is of something else.

    Args:
        config: a shipped study, or the path of a YAML file.
        preregistration: the page that fixes hypotheses, episodes and tests before the runs.
        write: write this page, over the one that is there.
    """
    from vlagen_bench.train.study import config as configs
    from vlagen_bench.train.study import preregistration as pages
    from vlagen_bench.train.study.plan_tables import hypotheses_table, stages_table

    study = configs.load(config)
    out = console()
    out.print(stages_table(study))
    out.print(hypotheses_table(study))
    pages.check_place(study, preregistration)
    if write:
        preregistration.parent.mkdir(parents=True, exist_ok=True)
        preregistration.write_text(pages.page(study), encoding="utf-8")
        common.say(f"Written: {preregistration}. Commit it before the first run.", to=out)
        return OK
    if not preregistration.is_file():
        common.say(f"There is no preregistration {preregistration} yet. Write it before the first run: --write", to=out)
        return OK
    difference = pages.compare(study, preregistration)
    if difference is not None:
        common.say(f"{difference} Write it again before any run, and commit it: --write", to=out)
        return INCOMPLETE
    common.say(f"{preregistration} is of this study.", to=out)
    return OK


def run(
    config: Config = "study",
    out: Path = RUNS,
    only: str | None = None,
    hours: float | None = None,
    records: Path | None = None,
) -> int:
    """Does the stages of the study that are not done yet. Repeating the command goes on; what is done is never done again.

    Exits with 1 while something is left, and says what comes next and how long it takes.

    Args:
        config: a shipped study, or the path of a YAML file.
        out: the folder of all stages.
        only: this stage alone.
        hours: after these nothing begins, and what runs pauses.
        records: such as docs/data/study; what is done there is not done again, and released weights stand in for trained ones.
    """
    from functools import partial

    from vlagen_bench.train.study import commands, elsewhere, runner
    from vlagen_bench.train.study import config as configs
    from vlagen_bench.train.study.outcomes import rate_of
    from vlagen_bench.utils.signals import end_in_order

    if hours is not None and not hours > 0:
        raise ConfigError(f"--hours {hours}: give more than 0.")
    end_in_order()
    study, say = configs.load(config), partial(common.say, to=console())
    if only is not None:
        study.named(only)  # before anything is written
    if records is not None and (taken := elsewhere.adopt(study, out, records)):
        say(f"Done elsewhere, by {records}: {', '.join(taken)}.")
    ended = runner.run(
        study, out, steps=commands.steps(), gate_rate=rate_of, only=only, hours=hours, say=say
    )  # fmt: skip
    for same in filter(None, (elsewhere.sameness(study, out, name) for name in ended.finished)):
        say(same)
    for sentence in runner.told(study, out, ended):
        say(sentence)
    return OK if ended.complete else INCOMPLETE


def report(config: Config = "study", out: Path = RUNS, docs: Path = Path("docs"), replay: int = 0) -> int:
    """Writes the page of results, with its figures, from the stages that are done.

    Outcomes, curves and costs are taken over from the study's folder into DOCS/data/study first; without that folder the page is made from
    what is there. Exits with 1 if an episode that is played again does not repeat its outcome.

    Args:
        config: a shipped study, or the path of a YAML file.
        out: the folder of all stages.
        docs: the folder of the documentation.
        replay: of so many episodes of each evaluation, play the recorded actions again, and compare.
    """
    from functools import partial

    from vlagen_bench.train.study import config as configs
    from vlagen_bench.train.study import page
    from vlagen_bench.train.study.rescoring import again

    if replay < 0:
        raise ConfigError(f"--replay {replay}: it is a number of episodes, 0 or more.")
    study, to = configs.load(config), console()
    different = 0
    for sentence, is_different in again(study, out, replay) if replay else ():
        different += is_different
        common.say(sentence, to=to)
    written = page.update(study, out, docs, say=partial(common.say, to=to))
    source = "" if out.is_dir() else f", from the records alone: there is no folder {out}"
    common.say(f"Written: {written}{source}", to=to)
    return INCOMPLETE if different else OK
