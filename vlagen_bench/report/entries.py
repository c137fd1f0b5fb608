"""Leaderboard entries: a model, its results on a suite, their source and their protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.plan import catalog
from vlagen_bench.report.averages import NOMINAL, OVERALL, Average, averages
from vlagen_bench.report.entry_texts import TEXT_CHARS, name_beside, name_fault, words_fault
from vlagen_bench.statistics.sampling import least_sample
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import build, load_yaml
from vlagen_bench.utils.text import shown

DIGEST_CHARS = 4
"""of one episode, in hex: enough, since an accident would have to happen in most episodes of a suite"""
SKETCH_CHARS = 16
"""of one episode's actions, in hex: 64 bits, of which near copies share nearly all"""

EPISODES = 1_000_000
"""of an entry; the largest suite here has 6,000"""

WON, LOST, WITHOUT = "1", "0", "-"
"""what stands for an episode in `EntryResult.outcomes`"""

DIGESTS = {"actions_digests": DIGEST_CHARS, "states_digests": DIGEST_CHARS, "actions_sketches": SKETCH_CHARS}
HEX = set("0123456789abcdef")


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What a number means: numbers of different protocols are never ranked against each other."""

    suite_version: int
    """the version of the suite whose settings were run"""
    success: Literal["at_end", "once"]
    """whether success counts when it holds at the last step, or once it held at any step"""
    settling: bool
    """whether everything comes to rest before the policy acts"""
    episodes_per_condition: int | None = None
    """None: not published"""
    decoding: str | None = None
    """how actions were drawn from the model; None: not published"""
    deviations: tuple[str, ...] = ()
    """whatever else makes the numbers incomparable, one clause each: `it ...`"""
    notes: tuple[str, ...] = ()
    """what a reader should know, and what does not make them incomparable"""


@dataclass(frozen=True, kw_only=True)
class EntrySource:
    """The publication of an entry's numbers."""

    citation: str
    table: str
    """which table or page"""
    read: str
    """what was really read, and how it was checked"""


@dataclass(frozen=True, kw_only=True)
class EntryResult:
    """The result of one condition: counts, or a rate alone."""

    n: int | None = None
    successes: int | None = None
    rate: float | None = None
    """given where the counts were not published"""
    outcomes: str | None = None
    """of a submission: by index of the plan `1` for a success, `0` for a failure, `-` without a result; None: not known"""

    @property
    def value(self) -> float:
        if self.counts is None:
            assert self.rate is not None, "a cell has counts or a rate"
            return self.rate
        successes, n = self.counts
        return successes / n

    @property
    def counts(self) -> tuple[int, int] | None:
        """Successes and episodes; None where they were not published."""
        return None if self.successes is None or self.n is None else (self.successes, self.n)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was checked of a submission."""

    archive_sha256: str
    actions_sha256: str
    """of the actions themselves, however they are packed"""
    states_sha256: str
    """of the states that they lead to"""
    actions_digests: str
    """of each episode's actions, `DIGEST_CHARS` each, in the plan's order: so that an edited copy is recognized"""
    states_digests: str
    """of each episode's states: a copy that was edited without an effect has the same"""
    actions_sketches: str | None = None
    """of each episode's actions, `SKETCH_CHARS` each: so that a copy with small edits is recognized; None: not known"""
    plan_hash: str
    episodes: int
    resimulated: int
    """how many of them were played again from their actions; with too few, the records are the submitter's word"""
    exact: int
    """how many of those had the same states bit for bit"""
    successes: int | None = None
    """of all its episodes, twins included; None: not counted, as in entries of former releases"""
    known_successes: int | None = None
    """how many of them stood in entries that were published before"""
    resembling_successes: int | None = None
    """how many, near copies included"""
    weights_sha256: str | None = None
    """of the weights, as they were pledged before the seeds of a hidden split were revealed; the submitter's word"""
    pledged: str | None = None
    """the day of that pledge"""
    sample_seed: int | None = None
    """what drew them; None: all were, or none"""
    release: str
    """of this package, by which it was checked"""
    attempts: int | None = None
    """how often the episodes were tried; None: of an entry that was made before this was recorded"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of a leaderboard: one file."""

    schema: Literal[1]
    kind: Literal["reported", "self-run", "verified"]
    """copied from a publication; computed by the submitter; re-simulated by us"""
    suite: str
    name: str
    model: str
    source: EntrySource
    protocol: Protocol
    conditions: dict[str, EntryResult] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    """published averages of conditions that were not published one by one"""
    privileged: bool = False
    """whether the policy sees the simulator's state, or repeats another run: such a one is shown, and never ranked"""
    proof: Proof | None = None
    """of a submission; None: it was copied from a publication"""

    def averages_over(self, groups: dict[str, str], weights: Mapping[str, int] | None = None) -> dict[str, Average]:
        """Name -> average, as published where the members are not, else computed; `weights` as in `averages`."""
        return averages({name: cell.value for name, cell in self.conditions.items()}, groups, self.averages, weights)


def groups_of(suite_name: str) -> dict[str, str]:
    """Condition -> group, of every condition of a suite, in its order."""
    suite = catalog.suite(suite_name)
    return catalog.groups_of(catalog.task(suite.task), suite.conditions, suite.groups)


def files(suite_name: str | None = None) -> tuple[Path, ...]:
    """The entry files of one suite, or of all."""
    return tuple(sorted(paths.leaderboards_dir().glob(f"{suite_name or '*'}/*.json")))


def load(suite_name: str) -> tuple[Entry, ...]:
    """The entries of a suite, by name; none if nothing is published.

    Raises:
        ConfigError: a file is wrong, or two entries have names that look alike.
    """
    loaded = tuple(read(path) for path in files(suite_name))
    for entry in loaded:
        if other := name_beside(entry.name, (one.name for one in loaded)):
            raise ConfigError(
                f"{path_of(suite_name, entry.name)}: the name looks like '{other}' of another entry. Rename one of both."
            )
    return loaded


def path_of(suite_name: str, name: str) -> Path:
    """The file of a published entry."""
    return paths.leaderboards_dir() / suite_name / f"{name}.json"


def read(path: Path) -> Entry:
    """The entry in a file; raises `ConfigError` that says what is wrong with it and where."""
    entry = build(Entry, load_yaml(path), str(path))
    if (entry.suite, entry.name) != (path.parent.name, path.stem):
        raise ConfigError(
            f"{path}: the entry is {entry.suite}/{entry.name} inside. Rename the file, or correct the entry."
        )
    _check_texts(entry, str(path))
    groups = groups_of(entry.suite)
    for name, cell in entry.conditions.items():
        if name not in groups:
            raise ConfigError(
                f"{path}: conditions: {unknown('condition', name, groups, of=f'The suite {entry.suite}')}"
            )
        _check_cell(cell, f"{path}: conditions: {name}")
    _check_averages(entry, groups, str(path))
    _check_proof(entry, str(path))
    if not entry.conditions and not entry.averages:
        raise ConfigError(f"{path}: the entry has no results. Give `conditions`, `averages`, or both.")
    return entry


def _check_texts(entry: Entry, where: str) -> None:
    if (fault := name_fault(entry.name)) is not None:
        raise ConfigError(f"{where}: the name {fault}")
    source, protocol = entry.source, entry.protocol
    texts = (entry.model, source.citation, source.table, source.read, protocol.decoding or "none")
    proven = (text for text in vars(entry.proof).values() if isinstance(text, str) and text) if entry.proof else ()
    for text in (*texts, *protocol.deviations, *protocol.notes, *(text[:TEXT_CHARS] for text in proven)):
        if (fault := words_fault(text)) is not None:
            raise ConfigError(f"{where}: the text '{shown(text)[:40]}' {fault}")


def _check_cell(cell: EntryResult, where: str) -> None:
    given = (cell.n is not None, cell.successes is not None, cell.rate is not None)
    if given not in ((True, True, False), (False, False, True)):
        raise ConfigError(f"{where}: give either `n` and `successes`, or `rate` alone.")
    if cell.rate is not None:
        _check_rate(cell.rate, where)
    if cell.counts is not None:
        successes, n = cell.counts
        if not (n > 0 and 0 <= successes <= n):
            raise ConfigError(f"{where}: {successes} successes of {n} episodes are not possible.")
    if cell.outcomes is not None:
        listed = (cell.outcomes.count(WON), cell.outcomes.count(WON) + cell.outcomes.count(LOST))
        if listed != cell.counts or set(cell.outcomes) > {WON, LOST, WITHOUT}:
            raise ConfigError(
                f"{where}: outcomes: `{WON}`, `{LOST}` and `{WITHOUT}` that make up `n` and `successes` belong there."
            )


def _check_proof(entry: Entry, where: str) -> None:
    """The kind says what was proven, and nothing else does."""
    proof = entry.proof
    if (proof is None) != (entry.kind == "reported"):
        raise ConfigError(f"{where}: an entry that is {entry.kind} has {'no' if proof is None else 'a'} `proof`.")
    if proof is None:
        return
    if not 0 < proof.episodes <= EPISODES:
        raise ConfigError(f"{where}: proof: episodes: at least 1 and at most {EPISODES} are possible.")
    if not 0 <= proof.exact <= proof.resimulated <= proof.episodes or (
        (proof.resimulated >= least_sample(proof.episodes)) != (entry.kind == "verified")
    ):
        raise ConfigError(
            f"{where}: proof: {proof.resimulated} re-simulated episodes of {proof.episodes}, {proof.exact} of them exact, "
            f"do not make an entry {entry.kind}: verified is one with {least_sample(proof.episodes)} or more."
        )
    if proof.attempts is not None and proof.attempts < proof.episodes:
        raise ConfigError(f"{where}: proof: {proof.attempts} attempts at {proof.episodes} episodes are not possible.")
    for name, chars in DIGESTS.items():
        digests = getattr(proof, name)
        if digests is not None and (len(digests) != chars * proof.episodes or not set(digests) <= HEX):
            raise ConfigError(
                f"{where}: proof: {name}: {len(digests)} characters are not {chars} hex digits for each of {proof.episodes} episodes."
            )
    if not 0 <= (proof.known_successes or 0) <= (proof.resembling_successes or 0) <= (proof.successes or 0):
        raise ConfigError(f"{where}: proof: of {proof.successes} successes, so many cannot be known.")
    if not all(cell.counts for cell in entry.conditions.values()) or entry.averages:
        raise ConfigError(f"{where}: an entry that is {entry.kind} has counts, not rates or averages alone.")
    played = sum(len(cell.outcomes or "") or cell.n or 0 for cell in entry.conditions.values())
    won = sum(cell.successes or 0 for cell in entry.conditions.values())
    if played > proof.episodes or (proof.successes is not None and won > proof.successes):
        raise ConfigError(
            f"{where}: conditions: {won} successes of {played} episodes, and the proof is of {proof.episodes} episodes with "
            f"{proof.successes} successes: one of both was edited."
        )


def _check_averages(entry: Entry, groups: dict[str, str], where: str) -> None:
    labels = dict.fromkeys([*(group for group in groups.values() if group != NOMINAL), *OVERALL])
    members = averages({}, groups)
    for label, rate in entry.averages.items():
        if label not in labels:
            raise ConfigError(f"{where}: averages: {unknown('average', label, labels)}")
        _check_rate(rate, f"{where}: averages: {label}")
        if set(members[label].members) <= set(entry.conditions):
            raise ConfigError(f"{where}: averages: {label} follows from the conditions that are given; leave it out.")


def _check_rate(rate: float, where: str) -> None:
    if not 0 <= rate <= 1:
        raise ConfigError(f"{where}: a rate is between 0 and 1, not {rate}.")


def differences(published: Protocol, own: Protocol) -> tuple[str, ...]:
    """What forbids to rank numbers of one protocol against numbers of another: one clause each, none if nothing does."""
    clauses = []
    if published.suite_version != own.suite_version:
        clauses.append(f"it is of version {published.suite_version} of the suite, the run of {own.suite_version}")
    if published.success != own.success:
        words = {"at_end": "that holds at the last step", "once": "at any step"}
        clauses.append(f"it counts a success {words[published.success]}, the run one {words[own.success]}")
    if published.settling != own.settling:
        settled = {True: "have come to rest", False: "still fall"}
        clauses.append(
            f"its objects {settled[published.settling]} when the policy begins, the run's {settled[own.settling]}"
        )
    return (*clauses, *published.deviations, *own.deviations)
