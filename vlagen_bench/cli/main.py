"""`vlagen`: everything beside scoring. Parses; the work is in the modules that are called."""

from tyro.extras import SubcommandApp

from vlagen_bench.cli import bench as benches
from vlagen_bench.cli import commands, leaderboard
from vlagen_bench.cli.calibrate import calibrate
from vlagen_bench.cli.common import exit_with
from vlagen_bench.cli.compare import compare
from vlagen_bench.cli.listing import list_all
from vlagen_bench.cli.power import power
from vlagen_bench.cli.render import render
from vlagen_bench.cli.replay import replay
from vlagen_bench.cli.report import report
from vlagen_bench.cli.scale import bench_scale
from vlagen_bench.cli.serve import serve


def make_app() -> SubcommandApp:
    """All subcommands."""
    app, assets, bench, board = SubcommandApp(), SubcommandApp(), SubcommandApp(), SubcommandApp()
    app.command(list_all, name="list")
    app.command(commands.plan)
    app.command(commands.doctor)
    app.command(assets, name="assets", help="Install, check or rebuild asset packs.")
    app.command(commands.validate)
    app.command(render)
    app.command(commands.certify)
    app.command(calibrate)
    app.command(report)
    app.command(compare)
    app.command(power)
    app.command(serve)
    app.command(bench, name="bench", help="Measure speed and memory here.")
    bench.command(commands.bench_env, name="env")
    bench.command(bench_scale, name="scale")
    bench.command(benches.evaluation, name="eval")
    bench.command(benches.soak)
    app.command(replay)
    app.command(board, name="leaderboard", help="Submit a run, verify a submission, build the site.")
    for one in (leaderboard.card, leaderboard.submit, leaderboard.verify, leaderboard.commit, leaderboard.reveal):
        board.command(one)
    board.command(leaderboard.build)
    assets.command(commands.install)
    assets.command(commands.check)
    assets.command(commands.build)
    return app


def main() -> None:
    """Entry point."""
    exit_with(
        lambda: make_app().cli(prog="vlagen", description="Lists, plans, checks, installs, validates and renders.")
    )
