"""The boards of a suite: entries by protocol, ranked within one protocol, privileged ones unranked."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from vlagen_bench.axes import AXES, variant_name
from vlagen_bench.leaderboard.claims import PRIVILEGED
from vlagen_bench.leaderboard.ranking import Board, CountedEntry, EpisodeKey, RankedEntry, board
from vlagen_bench.plan import catalog, rotation
from vlagen_bench.report import entries
from vlagen_bench.report.averages import NOMINAL, SETTINGS
from vlagen_bench.report.entries import WITHOUT, WON, Entry, EntryResult, Protocol
from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.protocol_names import name_of
from vlagen_bench.report.report import protocol_of
from vlagen_bench.statistics.intervals import weighted_sum_interval, wilson
from vlagen_bench.statistics.scene_means import rate_interval
from vlagen_bench.types import Suite

OVERVIEW = "overview"
"""what the columns of means are filed under; the others under their kind"""
POLICY = "policy"
"""what stands before the colon in the note that names a submission's policy"""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A mean over conditions, each counting the same, or one condition."""

    name: str
    shelf: str
    conditions: tuple[str, ...]
    average: str | None = None
    """the published average that may stand for it"""


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """An entry on its board."""

    entry: Entry
    place: RankedEntry | None
    """None: it is not ranked"""
    estimates: tuple[Estimate, ...]
    """one a column"""
    scenes: int | None
    """independent scenes that its means rest on; None: not published"""


@dataclass(frozen=True, kw_only=True)
class ProtocolBoard:
    """Entries that may be compared: of one protocol, and none of them privileged, or all."""

    privileged: bool
    name: str
    """of the protocol"""
    differences: tuple[str, ...]
    """from a run of the suite in this release, one clause each"""
    standings: tuple[BoardRow, ...]
    """by rate where they are ranked, then by name"""
    ranked: Board
    """the ranked ones among them"""

    @property
    def ties(self) -> tuple[tuple[str, ...], ...]:
        """Groups in which no two differ significantly, best first."""
        return self.ranked.groups


@dataclass(frozen=True, kw_only=True)
class SuitePage:
    """Everything about a suite."""

    suite: Suite
    groups: Mapping[str, str]
    """condition -> kind"""
    columns: tuple[Column, ...]
    blocks: tuple[ProtocolBoard, ...]
    """the suite's own protocol first, the privileged last"""

    @property
    def weights(self) -> dict[str, int] | None:
        """Condition -> how many episodes it has, where conditions take turns; None: all have as many."""
        if not self.suite.groups:
            return None
        return {name: len(indices) for name, indices in rotation.indices_of(self.suite).items()}

    @property
    def standings(self) -> Iterator[BoardRow]:
        return (row for block in self.blocks for row in block.standings)


def page(suite_name: str) -> SuitePage:
    """The leaderboard of a suite; raises `ConfigError` for a wrong entry."""
    suite, groups = catalog.suite(suite_name), entries.groups_of(suite_name)
    own = own_protocol(suite)
    grouped: dict[tuple[bool, tuple[str, ...]], list[Entry]] = {}
    for entry in entries.load(suite_name):
        key = privileged(entry), entries.differences(entry.protocol, own)
        grouped.setdefault(key, []).append(entry)
    columns = tuple(_columns(groups))
    ordered = sorted(grouped, key=lambda key: (key[0], len(key[1]), key[1]))
    blocks = (_block(*key, grouped[key], columns, suite, groups) for key in ordered)
    return SuitePage(suite=suite, groups=groups, columns=columns, blocks=tuple(blocks))


def own_protocol(suite: Suite) -> Protocol:
    """That of a run of the suite in this release."""
    header = {"suite": {"version": suite.version}, "episodes_per_condition": suite.episodes, "pack": {"stand_ins": ()}}
    return protocol_of(header, catalog.task(suite.task))


def privileged(entry: Entry) -> bool:
    """Whether its policy sees the simulator's state or repeats another's run: it says so, or has the name of one."""
    if entry.privileged:
        return True
    notes = (note.casefold().partition(":") for note in entry.protocol.notes)
    policies = (policy for what, _, policy in notes if what.strip() == POLICY)
    return any(PRIVILEGED.search(name.strip()) for name in (entry.name.casefold(), *policies))


def _columns(groups: Mapping[str, str]) -> Iterator[Column]:
    """All shifted, nominal, each kind; then the axes of each kind, or its conditions that are none."""
    shifted = tuple(name for name, group in groups.items() if group != NOMINAL)
    yield Column(name=SETTINGS, shelf=OVERVIEW, conditions=shifted, average=SETTINGS)
    kinds = [NOMINAL, *dict.fromkeys(groups[name] for name in shifted)]
    for kind in kinds:
        own = tuple(name for name, group in groups.items() if group == kind)
        yield Column(name=kind, shelf=OVERVIEW, conditions=own, average=None if kind == NOMINAL else kind)
    axis_of = {variant_name(axis.name, which): axis.name for axis in AXES for which in axis.variants()}
    for kind in kinds[1:]:
        members: dict[str, list[str]] = {}
        for name, group in groups.items():
            if group == kind:
                members.setdefault(axis_of.get(name, name), []).append(name)
        for name, conditions in members.items():
            yield Column(name=name, shelf=kind, conditions=tuple(conditions))


def _block(
    privileged: bool,
    differences: tuple[str, ...],
    members: Sequence[Entry],
    columns: Sequence[Column],
    suite: Suite,
    groups: Mapping[str, str],
) -> ProtocolBoard:
    counts = (
        {} if privileged else {entry.name: counted for entry in members if (counted := _counts(entry, suite, groups))}
    )
    ranked = board(counts)
    places = {place.name: place for place in ranked.places}
    order = {name: at for at, name in enumerate(places)}
    standings = (
        BoardRow(
            entry=entry,
            place=places.get(entry.name),
            estimates=tuple(estimate(entry, column, suite, groups) for column in columns),
            scenes=scenes_of(entry, suite),
        )
        for entry in sorted(members, key=lambda entry: (order.get(entry.name, len(order)), entry.name))
    )
    return ProtocolBoard(
        privileged=privileged,
        name=name_of(members[0].protocol),
        differences=differences,
        standings=tuple(standings),
        ranked=ranked,
    )


def _counts(entry: Entry, suite: Suite, groups: Mapping[str, str]) -> CountedEntry | None:
    """What it is ranked by; None unless every shifted condition has the number of episodes that is planned.

    Where conditions share their scenes, only scenes are independent: against entries whose episodes are not the same, they
    are counted in place of episodes, as many as a condition has, which is on the side of ties however much the conditions
    have in common.
    """
    shifted = [name for name, group in groups.items() if group != NOMINAL]
    played = _episodes(entry, shifted, suite)
    plan = entry.proof.plan_hash if entry.proof and played else None
    cells = [entry.conditions.get(name) for name in shifted]
    counts = [cell.counts for cell in cells if cell is not None and cell.counts is not None]
    sizes = {n for _, n in counts} if not played else {len(cell.outcomes or "") for cell in cells if cell}
    if not counts or len(counts) < len(cells) or (len(sizes) > 1 and not suite.groups):
        return None
    if suite.groups:
        if not played:
            return None
        n = len({scene for _, scene in played})
        won = round(n * fmean(played.values()))
    elif suite.official_ids:
        won, n = sum(successes for successes, _ in counts), sum(n for _, n in counts)
    else:
        n = counts[0][1]
        won = round(n * fmean(successes / n for successes, n in counts))
    return CountedEntry(successes=won, n=n, plan=plan, episodes=played)


def scenes_of(entry: Entry, suite: Suite) -> int | None:
    """How many independent scenes an entry has: conditions share them, unless its episodes are published one by one."""
    sizes = [cell.n for cell in entry.conditions.values() if cell.n is not None]
    if not sizes:
        return None
    if suite.official_ids:
        return sum(sizes)
    return max(max(len(cell.outcomes or ""), cell.n or 0) for cell in entry.conditions.values())


def _episodes(entry: Entry, conditions: Sequence[str], suite: Suite) -> dict[EpisodeKey, bool]:
    """Success by condition and scene, of episodes with a result; none unless the outcomes of all conditions are known.

    Where nothing is shared between conditions, each episode is a scene of its own. Where conditions take turns, each has some
    scenes, by a fixed rule.
    """
    played: dict[EpisodeKey, bool] = {}
    turns = rotation.indices_of(suite) if suite.groups else {}
    for name in conditions:
        cell = entry.conditions.get(name)
        if cell is None or cell.outcomes is None:
            return {}
        scenes = turns.get(name, range(len(cell.outcomes)))
        if len(scenes) != len(cell.outcomes):  # an entry of another version
            return {}
        for index, letter in zip(scenes, cell.outcomes, strict=True):
            if letter != WITHOUT:
                played[name, (name, index) if suite.official_ids else index] = letter == WON
    return played


def estimate(entry: Entry, column: Column, suite: Suite, groups: Mapping[str, str]) -> Estimate:
    """What an entry has in a column: nothing unless all its conditions are known, an interval where all are counted."""
    cells = [entry.conditions[name] for name in column.conditions if name in entry.conditions]
    if len(cells) == len(column.conditions):
        played = _episodes(entry, column.conditions, suite)
        mean = _mean(cells, played, independent=suite.official_ids)
        return replace(mean, value=fmean(played.values())) if suite.groups and played else mean
    average = entry.averages_over(dict(groups)).get(column.average) if column.average else None
    return Estimate(value=average.value) if average and average.complete else Estimate()


def _mean(cells: Sequence[EntryResult], played: Mapping[EpisodeKey, bool], *, independent: bool) -> Estimate:
    value = fmean(cell.value for cell in cells)
    interval: tuple[float, float] | None = None
    counts = [cell.counts for cell in cells if cell.counts is not None]
    if len(counts) < len(cells):
        return Estimate(value=value)
    if len(counts) == 1:
        interval = wilson(*counts[0])
    elif independent:
        interval = weighted_sum_interval([(1 / len(counts), successes, n) for successes, n in counts])
    elif played:
        interval = scene_interval(played)
    low, high = interval or (None, None)
    return Estimate(value=value, low=low, high=high, n=sum(n for _, n in counts))


def scene_interval(played: Mapping[EpisodeKey, bool]) -> tuple[float, float] | None:
    """95 % interval of the rate over all these episodes, of which those of a scene are not independent.

    The aggregate interval that Agarwal et al. (NeurIPS 2021) ask for beside every aggregate, with scenes for their runs and
    conditions for their tasks. They resample runs; with few scenes and high rates that covers too little (docs/statistics.md),
    so that this is the score interval over scenes.
    """
    scenes: dict[Hashable, list[bool]] = defaultdict(list)
    for (_, scene), won in played.items():
        scenes[scene].append(won)
    return rate_interval([(float(sum(won)), float(len(won))) for won in scenes.values()])
