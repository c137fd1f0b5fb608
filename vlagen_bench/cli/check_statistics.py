"""`vlagen check-statistics`: coverage and false alarms of everything that is printed. Parses and prints."""

from vlagen_bench.cli.common import OK, console
from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.worlds import SCENES


def check_statistics(runs: int = 400, scenes: tuple[int, ...] = SCENES, workers: int = 1, seed: int = 0) -> int:
    """Simulates runs with known true rates, and says how often what is printed of them holds. Needs no simulator.

    The worlds have rates from 2 to 98 %, 1 to 9 conditions a clean twin, and outcomes that are correlated within a scene, with
    and without a true drop. The tables, in Markdown, are those of docs/statistics.md.

    Args:
        runs: of each world; 400 take about half an hour of one core.
        scenes: numbers of scenes.
        workers: processes.
        seed: of the simulation.
    """
    if runs < 1 or workers < 1 or not scenes or min(scenes) < 2:
        raise ConfigError("--runs and --workers are 1 or more, and --scenes are numbers of 2 or more.")
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.report.simulation_tables import markdown, measure, tasks

    out, wanted = console(), tasks(scenes=scenes, seed=seed)
    measured = list(tracked(measure(wanted, runs, workers), total=len(wanted), label="simulating", console=out))
    print(markdown(measured))
    return OK
