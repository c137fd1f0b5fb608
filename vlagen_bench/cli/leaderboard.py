"""`vlagen leaderboard`: submits runs, verifies submissions, commits and reveals hidden seeds, builds the site."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import OK, console
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.sampling import least_sample

if TYPE_CHECKING:
    from vlagen_bench.leaderboard.commitment import Opening
    from vlagen_bench.report.entries import Entry

CARD, SITE = Path("card.yaml"), Path("site")


def card(out: Path = CARD) -> int:
    """Writes a card to fill in: what the model is, what it was trained on, who answers questions.

    Args:
        out: where; a file that exists is left alone.
    """
    from vlagen_bench.leaderboard.card import template

    _write_new(out, template().encode())
    _say(f"Written: {out}. Fill it in, then: vlagen leaderboard submit RUN --card {out} --out FILE")
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
        _say(f"warning: {remark}")
    data, submission = submit(run, card, _opened(opening, commitment))
    _write(out, data)
    _say(
        f"Written: {out}, {len(data) / 1e6:.2f} MB, {len(submission.takes)} episodes of the suite "
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
        out: where to write the entry, for leaderboards/SUITE/NAME.json; the file of another submission is never overwritten.
        outside: places with what of the suite is your own.
    """
    from vlagen_bench.harness.progress import tracked
    from vlagen_bench.leaderboard import provenance, submission, verdict
    from vlagen_bench.leaderboard import verify as verification
    from vlagen_bench.report import entries
    from vlagen_bench.report.terminal import results_table

    include(outside)
    if seed is not None and out is not None:
        raise ConfigError(
            "--seed repeats a draw that others can foresee, and --out writes an entry: leave one of both out."
        )
    submitted = submission.load(file, _opened(opening, commitment))
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
    printer.print(results_table(f"{submitted.plan.suite.name}: {submitted.card.name}", submitted.rows()))
    entry = checked.entry()
    for title, sentences in (("Proven:", provenance.proven(entry)), ("Not proven:", provenance.not_proven(entry))):
        _say(title)
        for sentence in sentences:
            _say(f"  {sentence}")
    for clause in entry.protocol.deviations:
        _say(f"It stands in a table of its own: {clause}.")
    if checked.network == "open":
        _say("The sandbox had the network: this system does not let it be cut off.")
    _say(_kind(entry))
    if any(other.name == entry.name for other in published):
        _say("The entry of this very file is published already.")
    for name in verification.alike(submitted, published):
        _say(
            f"The entry '{name}' has the same actions, and they are the same in each episode. A policy that never looks "
            f"acts like this, so nobody can say whether one is a copy of the other."
        )
    if out:
        _write(out, verdict.text(entry).encode())
        _say(f"Written: {out}")
    return OK


def commit(suite: str, seeds: Path, out: Path = Path("commitment.json"), secret: Path = Path("opening.json")) -> int:
    """Commits to hidden seeds: writes a hash to publish now, and the opening to keep secret until later.

    Args:
        suite: of which these are seeds.
        seeds: a list, one whole number a line.
        out: what to publish.
        secret: what to keep; it holds the seeds and the salt.
    """
    from vlagen_bench.leaderboard import commitment as hidden
    from vlagen_bench.plan import catalog

    if catalog.suite(suite).official_ids:
        raise ConfigError(
            f"The suite '{suite}' has published episodes, which no seed changes: nothing of it can be hidden."
        )
    opening = hidden.commit(suite, hidden.seeds_of(_small(seeds), str(seeds)))
    _write_new(secret, _json(asdict(opening)))
    secret.chmod(0o600)
    _write_new(out, _json(asdict(opening.commitment())))
    _say(f"Publish {out}. Keep {secret} secret until nobody can submit any more, then publish it too.")
    return OK


def reveal(opening: Positional[Path], commitment: Positional[Path]) -> int:
    """Checks revealed seeds against what was committed to, and prints them.

    Args:
        opening: the seeds and the salt, as revealed.
        commitment: the hash, as published before.
    """
    from vlagen_bench.leaderboard import commitment as hidden

    seeds = hidden.reveal(_small(opening), _small(commitment))
    _say(f"These seeds of the suite '{seeds.suite}' are the committed ones:")
    for seed in seeds.seeds:
        _say(str(seed))
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
    _say(f"Written: {page}, from the {len(entries.files())} entries in {paths.leaderboards_dir()}.")
    _say("Open it, or put the folder on a web host.")
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


def _opened(opening: Path | None, commitment: Path | None) -> "Opening | None":
    from vlagen_bench.leaderboard import commitment as hidden

    if opening is None and commitment is None:
        return None
    if opening is None or commitment is None:
        raise ConfigError("Give both --opening and --commitment: revealed seeds count only if they were committed to.")
    return hidden.reveal(_small(opening), _small(commitment))


def _small(path: Path) -> bytes:
    from vlagen_bench.leaderboard.commitment import FILE_BYTES
    from vlagen_bench.leaderboard.untrusted_json import read_file

    return read_file(path, FILE_BYTES)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_new(path: Path, data: bytes) -> None:
    try:
        with open(path, "xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigError(f"{path} exists already, and is not written over. Name another file: --out FILE") from None


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _say(text: str) -> None:
    console().print(text, markup=False, soft_wrap=True)
