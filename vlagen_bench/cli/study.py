"""`vlagen study`: the study of reinforcement learning against supervised fine-tuning. Parses and prints."""

from pathlib import Path
from typing import Annotated

import tyro

from vlagen_bench.cli import common
from vlagen_bench.cli.common import INCOMPLETE, OK, console

PREREGISTRATION = Path("docs/study/preregistration.md")
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
