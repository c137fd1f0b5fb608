"""A run that is killed again and again, with a simulator that is none: `python -m helpers.soaked RUN_FOLDER`."""

import sys
import time
from pathlib import Path

from helpers.fabricated import header_of
from helpers.fakes import Counter, FakeSim, loaded
from vlagen_bench.harness import run
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.folder import RunFolder

EPISODES = 10


class SlowSim(FakeSim):
    def advance(self, action):
        time.sleep(0.01)
        return super().advance(action)


def main(path: Path) -> None:
    made = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("table_test",), episodes=EPISODES, seed=0))
    header = header_of(made, "fake")
    making = make_executor(
        catalog.task("tabletop_put_on"), SlowSim, loaded(Counter()), workers=2, execution=Execution(),
        limits=Limits(retries=50), film=None, note=print,
    )  # fmt: skip
    with RunFolder.writing(path, header, made) as folder, making as who:
        run.run(made, who, folder, max_errors=0, retry_errors=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
