"""The short `vlagen` subcommands, one function each; heavy modules are imported where they are used."""

from pathlib import Path
from typing import Annotated

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import INCOMPLETE, OK, console, say
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.cli.selection import WHOLE_QUICK, Selection, Which

Name = Annotated[str, tyro.conf.arg(metavar="NAME")]


def plan(
    which: Which = WHOLE_QUICK,
    out: Path | None = None,
) -> int:
    """Prints which episodes a suite runs, and writes them as JSON. Needs no simulator.

    Args:
        which: the episodes.
        out: where to write the plan; default: <suite>.plan.json.
    """
    from vlagen_bench.plan import plan as plans
    from vlagen_bench.utils.tables import NumberTable

    made = which.plan()
    suite = made.suite.name
    table = NumberTable(f"{suite}: plan {made.hash}").text("id", whole=True).text("condition").numbers("index")
    table.text("twin", whole=True).text("instruction", "differs from its twin in")
    for episode in made.episodes:
        twin = made.by_id.get(episode.twin) if episode.twin else None
        changed = [k for k, v in episode.values.items() if twin and twin.values.get(k) != v]
        cells = (episode.id, episode.condition, str(episode.index), episode.twin or "-", episode.instruction)
        table.add_row(*cells, ", ".join(changed) or "-")
    target = out or Path(f"{suite}.plan.json")
    plans.write(made, target)
    console().print(table)
    say(f"{len(made.episodes)} episodes, plan {made.hash}, written to {target}", to=console())
    return OK


def doctor() -> int:
    """Says what this machine has, what is missing, and the command that installs it; draws a real image to be sure."""
    from vlagen_bench.diagnostics import doctor as examination

    return examination.run(console())


def install(
    pack: Positional[Name],
    source: Annotated[Path | None, tyro.conf.arg(name="from")] = None,
    mirror: str | None = None,
    outside: Include = (),
) -> int:
    """Installs an asset pack and checks every file of it; downloads it from upstream by default.

    Args:
        pack: which pack, for example bridge.
        source: a folder that has the pack's files, in the layout of its manifest.
        mirror: an address below which a server has the pack's files, in the same layout.
        outside: places with packs of your own.
    """
    from vlagen_bench.packs import install as installer

    include(outside)
    installed = installer.install(pack, source, console(), mirror=mirror)
    say(installer.summary(pack, installed), to=console())
    return OK


def check(pack: Positional[Name], outside: Include = ()) -> int:
    """Compares every file of an installed pack with its manifest.

    Args:
        pack: which pack.
        outside: places with packs of your own.
    """
    from vlagen_bench.packs import manifest as packs

    include(outside)
    manifest = packs.load(pack)
    checked = packs.check(manifest, packs.folder(pack))
    packs.require(pack, checked)
    console().print(f"All {len(manifest.files)} files of '{pack}' are right.")
    for path in checked.stand_ins:
        console().print(f"a stand-in for the upstream file: {path}", markup=False)
    return OK


def build(pack: Positional[Name] = "household", out: Path | None = None) -> int:
    """Generates a procedural pack, bit for bit the same.

    Args:
        pack: which pack; only household is made here.
        out: folder to write to; default: the shipped one.
    """
    from vlagen_bench.errors import AssetError
    from vlagen_bench.utils import paths

    if pack != "household":
        raise AssetError(
            f"The pack '{pack}' is not made here. Only 'household' is; others are installed: vlagen assets install {pack}"
        )
    from vlagen_bench.packs.household.build import build as build_household

    target = build_household(out or paths.shipped_assets_dir() / pack)
    say(f"Written: {target}", to=console())
    return OK


def validate(outside: Include = ()) -> int:
    """Reads every task, suite and pack file, builds every axis, and plans every suite. Your axes and families, too.

    Args:
        outside: places of your own to be validated, too.
    """
    from vlagen_bench.calibration import validate as validation

    include(outside)
    out, findings = console(), validation.validate()
    for finding in findings:
        if finding.unchecked:
            say(f"-     {finding.what}: not checked, since {finding.unchecked}", to=out)
            continue
        out.print(f"{'ok   ' if finding.problem is None else 'WRONG'} {finding.what}", markup=False)
        if finding.problem:
            say(f"      {finding.problem}", to=out)
    wrong = sum(finding.problem is not None for finding in findings)
    unchecked = sum(finding.unchecked is not None for finding in findings)
    more = f", {unchecked} not checked" if unchecked else ""
    out.print(f"{len(findings)} files read, {wrong} wrong{more}.")
    return INCOMPLETE if wrong else OK


def certify(
    which: Which = WHOLE_QUICK,
    workers: int = 1,
    out: Path | None = None,
) -> int:
    """Certifies a suite's episodes: solvable by the expert, not solved at reset, visible, clearly instructed.

    The exit code is 0 only if all of that is true of every episode.

    Args:
        which: the episodes; clean twins are certified too.
        workers: processes that work side by side.
        out: where to write the certificates; default: <suite>.certificate.jsonl.
    """
    from vlagen_bench.errors import ConfigError

    if workers < 1:
        raise ConfigError(f"--workers: at least 1 process is needed, not {workers}.")
    parts = which.parts()
    if len(parts) > 1 and out is not None:
        raise ConfigError(
            f"--out {out}: the suite is of several tasks, with a file for each. Leave it out, or name a --task."
        )
    return max(_certify(part, workers, out) for part in parts)


def _certify(which: Selection, workers: int, out: Path | None) -> int:
    from vlagen_bench.calibration import certify as certificates
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.plan import catalog
    from vlagen_bench.statistics.intervals import wilson
    from vlagen_bench.utils.tables import NumberTable
    from vlagen_bench.utils.text import percent_range

    made = which.plan()
    suite, task = made.suite.name, catalog.task(made.suite.task)
    target = out or Path(f"{suite}.certificate.jsonl")
    looked_at = certificates.certify(made, task, target, workers=workers)
    results = list(tracked(looked_at, total=len(made.episodes), label="certifying", console=console()))
    table = NumberTable(suite).text("condition").numbers("n", "solved", "95 % interval", "mean steps", "unfair")
    for name in dict.fromkeys(certificate.condition for certificate in results):
        mine = [certificate for certificate in results if certificate.condition == name]
        solved = [certificate for certificate in mine if certificate.solved]
        steps = f"{sum(certificate.steps for certificate in solved) / len(solved):.0f}" if solved else "–"
        cells = (
            f"{len(solved)}",
            percent_range(wilson(len(solved), len(mine))),
            steps,
            str(sum(bool(certificate.problems) for certificate in mine)),
        )
        table.add_row(name, str(len(mine)), *cells)
    out_console = console()
    out_console.print(table)
    wrong = [certificate for certificate in results if not certificate.solved or certificate.problems]
    for certificate in wrong:
        text = "; ".join(
            [*certificate.problems, *([] if certificate.solved else [f"not solved: {certificate.trouble}"])]
        )
        say(f"{certificate.id} {certificate.condition} {certificate.index}: {text}", to=out_console)
    say(f"Written: {target}", to=out_console)
    return INCOMPLETE if wrong else OK


def bench_env(scene: str | None = None, episodes: int = 6) -> int:
    """Measures environment steps per second, the raw SAPIEN floor, resets, memory and the harness's share.

    Args:
        scene: tabletop or bridge; default: all whose assets are installed.
        episodes: how many to play for it.
    """
    from vlagen_bench.diagnostics import bench_env as bench
    from vlagen_bench.errors import AssetError
    from vlagen_bench.packs import manifest as packs
    from vlagen_bench.scenes import specs
    from vlagen_bench.utils.tables import NumberTable

    out = console()
    table = NumberTable("One environment worker, medians").text("")
    measured = []
    for name in [scene] if scene else specs.scene_names():
        try:
            packs.folder(specs.scene(name).pack)
        except AssetError as error:
            if scene:
                raise
            say(f"{name} is left out: {error}", to=out)
            continue
        measured.append(bench.measure_env(name, episodes=episodes))
        table.numbers(name)
    for label, text in (
        ("picture", lambda m: "x".join(map(str, m.image_px))),
        ("step with picture", lambda m: f"{m.step_ms:.1f} ms, {1000 / m.step_ms:.0f} /s"),
        ("raw SAPIEN floor", lambda m: f"{m.floor_ms:.1f} ms"),
        ("step / floor", lambda m: f"{m.over_floor:.2f}"),
        ("every camera's picture", lambda m: "-" if m.extra_share is None else f"{100 * m.extra_share:+.0f} %"),
        ("step without a picture", lambda m: f"{m.state_ms:.2f} ms, {m.state_times:.1f} times as fast"),
        ("reset", lambda m: f"{m.reset_s:.3f} s"),
        ("first frame of a process", lambda m: f"{m.first_frame_s:.1f} s"),
        ("memory", lambda m: f"{m.memory_mb:.0f} MB"),
        ("behaviour metrics of a step", lambda m: f"{100 * m.watch_share:.1f} %"),
        ("harness over raw loop", lambda m: f"{100 * m.harness_share:+.1f} %"),
    ):
        table.add_row(label, *(text(speed) for speed in measured))
    out.print(table)
    for name, seconds in bench.measure_starts().items():
        out.print(f"{name}: {seconds:.2f} s")
    out.print(f"Renderer: {measured[0].renderer}" if measured else "Nothing was measured.", markup=False)
    return OK
