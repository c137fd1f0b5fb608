"""`vlagen leaderboard`: submits runs, verifies submissions, builds the site."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import OK, console, say, write_new
from vlagen_bench.cli.hidden_split import opened, pledged
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.sampling import least_sample

if TYPE_CHECKING:
    from vlagen_bench.report.entries import Entry

CARD, SITE = Path("card.yaml"), Path("site")


def card(out: Path = CARD) -> int:
    """Writes a card to fill in: what the model is, what it was trained on, who answers questions.

    Args:
        out: where; a file that exists is left alone.
    """
    from vlagen_bench.leaderboard.card import template

    write_new(out, template().encode())
    say(f"Written: {out}. Fill it in, then: vlagen leaderboard submit RUN --card {out} --out FILE")
    return OK


def submit(
    run: Annotated[Positional[Path], tyro.conf.arg(metavar="RUN")],
    *,
    out: Path,
    card: Path = CARD,
    opening: Path | None = None,
    commitment: Path | None = None,
    outside: Include = (),
) -> int:
    """Packs a complete run of a whole suite, with its card, into one file, and checks it as a verifier will.

    Args:
        run: the run folder.
        out: the file to write, such as mine.zip.
        card: the card, filled in; `vlagen leaderboard card` writes one.
        opening: revealed seeds of a hidden split, one of which is the run's; needs --commitment.
        commitment: the commitment that was published for that split.
        outside: places with what of the run is your own.
    """
    from vlagen_bench.leaderboard.submit import submit
    from vlagen_bench.runs import episodes

    include(outside)
    if not card.exists():
        raise ConfigError(
            f"There is no card {card}. `vlagen leaderboard card --out {card}` writes one to fill in; if yours has another "
            f"name: --card FILE"
        )
    for remark in episodes.read(run).remarks:
        say(f"warning: {remark}")
    data, submission = submit(run, card, opened(opening, commitment))
    _write(out, data)
    say(
        f"Written: {out}, {len(data) / 1e6:.2f} MB, {len(submission.takes)} episodes in "
        f"{sum(submission.attempts.values())} attempts of the suite "
        f"'{submission.plan.suite.name}', sha256 {submission.archive_sha256}. To see what a verifier sees: "
        f"vlagen leaderboard verify {out}"
    )
    return OK


def verify(
    file: Annotated[Positional[Path], tyro.conf.arg(metavar="FILE")],
    sample: int | None = None,
    seed: int | None = None,
    states: Literal["exact", "rescored"] = "exact",
    opening: Path | None = None,
    commitment: Path | None = None,
    pledge: Path | None = None,
    hosted: bool = False,
    out: Path | None = None,
    outside: Include = (),
) -> int:
    """Checks a submission, trusting nothing in it, and says what was proven and what was not.

    Args:
        file: the submission.
        sample: re-simulate only so many episodes, drawn at random; 0: none. With too few the entry stays self-run.
        seed: seed of the draw, to repeat it, without --out; default: a new draw each time.
        states: ask for the same states bit for bit, or for the same score only, as after a run on another machine.
        opening: revealed seeds of a hidden split, one of which may be the run's; needs --commitment.
        commitment: the commitment that was published for that split.
        pledge: what the submitter pledged to it before it was revealed: your own copy, as you published it; needs --commitment.
        hosted: you made this run yourself, before the seeds were revealed, and asked the submitter's server.
        out: where to write the entry, for leaderboards/SUITE/NAME.json; the file of another submission is never overwritten.
        outside: places with what of the suite is your own.
    """
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.leaderboard import provenance, submission, verdict
    from vlagen_bench.leaderboard import verify as verification
    from vlagen_bench.report import entries
    from vlagen_bench.report.terminal import results_table
    from vlagen_bench.utils.text import amount

    include(outside)
    if seed is not None and out is not None:
        raise ConfigError(
            "--seed repeats a draw that others can foresee, and --out writes an entry: leave one of both out."
        )
    submitted = submission.load(file, opened(opening, commitment), pledged(pledge, commitment), hosted=hosted)
    if out:
        _check_own(out, submitted.archive_sha256)
    published = entries.load(submitted.plan.suite.name)
    printer = console()
    checked = verification.verify(
        submitted,
        published=published,
        sample=sample,
        seed=seed,
        states=states,
        progress=lambda some, total: tracked(some, total=total, label="re-simulating", console=printer),
    )
    suite = submitted.plan.suite
    episodes = [episode for episode in submitted.plan.episodes if episode.condition in suite.conditions]
    some = amount(len(episodes) if suite.official_ids else suite.episodes, len(episodes))
    printer.print(results_table(f"{submitted.plan.suite.name}: {submitted.card.name}, {some}", submitted.rows()))
    entry = checked.entry()
    for title, sentences in (("Proven:", provenance.proven(entry)), ("Not proven:", provenance.not_proven(entry))):
        say(title)
        for sentence in sentences:
            say(f"  {sentence}")
    say(f"Attempts: {len(submitted.takes)} episodes, {sum(submitted.attempts.values())} attempts.")
    for clause in entry.protocol.deviations:
        say(f"It stands in a table of its own: {clause}.")
    if checked.network == "open":
        say("The sandbox had the network: this system does not let it be cut off.")
    say(_kind(entry))
    if any(other.name == entry.name for other in published):
        say("The entry of this very file is published already.")
    for name in verification.alike(submitted, published):
        say(
            f"The entry '{name}' has the same actions, and they are the same in each episode. A policy that never looks "
            f"acts like this, so nobody can say whether one is a copy of the other."
        )
    if out:
        _write(out, verdict.text(entry).encode())
        say(f"Written: {out}")
    return OK


def build(
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = SITE,
    reports: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None,
) -> int:
    """Builds the leaderboards as static pages, which open from a folder and from any web host, and fetch nothing.

    Args:
        out: the folder to write to.
        reports: pages of `vlagen report` to publish with them, as SUITE/NAME.html; the films that they link to come along.
    """
    from vlagen_bench.leaderboard.site import publish
    from vlagen_bench.report import entries
    from vlagen_bench.utils import paths

    page = publish(out, reports)
    say(f"Written: {page}, from the {len(entries.files())} entries in {paths.leaderboards_dir()}.")
    say("Open it, or put the folder on a web host.")
    return OK


def _kind(entry: "Entry") -> str:
    proof = entry.proof
    assert proof is not None, "of a submission"
    least = least_sample(proof.episodes)
    more = "" if proof.resimulated >= least else f": {least} or more make it verified (--sample {least})"
    return f"The entry is {entry.kind}, with {proof.resimulated} of {proof.episodes} episodes simulated again{more}."


def _check_own(out: Path, archive_sha256: str) -> None:
    """An entry is written again for another look at the same submission; nothing else is written over."""
    from vlagen_bench.report.entries import Entry
    from vlagen_bench.utils import parsing

    if not out.exists():
        return
    try:
        proof = parsing.build(Entry, parsing.load_yaml(out), str(out)).proof
    except (ConfigError, OSError):
        proof = None
    if proof is None or proof.archive_sha256 != archive_sha256:
        raise ConfigError(
            f"{out} exists already, and is not the entry of this submission: it is not written over. Name another file "
            f"(--out FILE), or remove that one first."
        )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
