"""The rotation of conditions over scenes: every scene has one condition of each group of axes, by a fixed rule."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from vlagen_bench import axes
from vlagen_bench.axes import AXES, Offer
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.types import Suite
from vlagen_bench.utils.seeding import stream


def scenes(suite: Suite) -> Iterator[tuple[str, ...]]:
    """The conditions of each scene, index by index: those that every scene has, then one of each group.

    A block is as many scenes as a group has axes, and has each of these once, in an order that is drawn for the group and
    the block, so that no two groups go side by side. In block b the axis number a of the group has its condition number
    a + b, counted round. So after any number of scenes the axes of a group were played equally often, give or take one, and
    so were the conditions of an axis. Neither the suite's seed nor its other groups have a say.
    """
    rotating, turns = rotating_of(suite), frozenset(taking_turns(suite))
    always = [name for name in suite.conditions if name not in turns]
    for index in range(suite.episodes):
        yield (*always, *(_turn(group, members, index) for group, members in rotating.items()))


def _turn(group: str, members: Sequence[Sequence[str]], index: int) -> str:
    block, place = divmod(index, len(members))
    number = _order(group, block, len(members))[place]
    return members[number][(number + block) % len(members[number])]


@lru_cache(maxsize=2**14)  # every reader of a suite asks for the same few
def _order(group: str, block: int, size: int) -> tuple[int, ...]:
    """The order in which the axes of a group take their turns within a block."""
    return tuple(stream(0, "rotation", group, block).permutation(size).tolist())


def rotating_of(suite: Suite) -> dict[str, list[tuple[str, ...]]]:
    """The conditions of each group, axis by axis: the levels that the suite names, or all settings of an axis without levels."""
    return {
        group: [tuple(axes.variant_name(name, which) for which in _chosen(name, suite.levels)) for name in members]
        for group, members in suite.groups.items()
    }


def indices_of(suite: Suite) -> dict[str, list[int]]:
    """Condition -> the scenes that have it, in order."""
    indices: dict[str, list[int]] = {name: [] for name in suite.conditions}
    for index, names in enumerate(scenes(suite)):
        for name in names:
            indices[name].append(index)
    return indices


def round_of(suite: Suite) -> int:
    """After so many scenes every condition had a turn, after twice as many two; 1 where none takes turns."""
    rounds = [len(members) * max(map(len, members)) for members in rotating_of(suite).values()]
    return max(rounds, default=1)


def each(suite: Suite) -> str:
    """How many episodes a condition has, such as `16`, or `21-260`."""
    counts = {len(indices) for indices in indices_of(suite).values()}
    return "-".join(map(str, dict.fromkeys((min(counts), max(counts)))))


def played(suite: Suite) -> int:
    """How many episodes all conditions have, without the twins that are none of them."""
    return sum(map(len, indices_of(suite).values()))


def taking_turns(suite: Suite) -> list[str]:
    """All conditions of the groups, in order."""
    return [name for members in rotating_of(suite).values() for conditions in members for name in conditions]


def _chosen(axis: str, levels: Sequence[int]) -> list[str]:
    variants = list(AXES.get(axis).variants())
    graded = [which for which in variants if which.isdigit()]
    return [which for which in graded if not levels or int(which) in levels] if graded else variants


def names_of(suite: Suite, offer: Offer) -> list[str]:
    """The conditions of all groups, in order.

    Raises:
        ConfigError: an unknown axis or level, one that makes no sense in the task, one that stands twice, or another key of the
            suite that goes not together with groups.
    """
    _check(suite)
    for group, members in suite.groups.items():
        if not members:
            raise ConfigError(f"groups: {group} has no axes. Name at least one, or remove it.")
        for name in members:
            if lack := axes.lack_of(AXES.get(name), offer):
                raise ConfigError(f"groups: {group}: {lack} Leave it out.")
            for level in suite.levels:
                known = [which for which in AXES.get(name).variants() if which.isdigit()]
                if known and str(level) not in known:
                    raise ConfigError(f"levels: {unknown('level', str(level), known, of=f'The axis {name}')}")
    return taking_turns(suite)


def _check(suite: Suite) -> None:
    listed = [name for members in suite.groups.values() for name in members]
    if twice := [name for name in dict.fromkeys(listed) if listed.count(name) > 1]:
        raise ConfigError(f"groups: the axis '{twice[0]}' stands twice. Leave one out.")
    if suite.levels and not suite.groups:
        raise ConfigError("levels: they are of axes that take turns. Fill `groups`, or remove `levels`.")
    if twice_levels := [level for level in suite.levels if suite.levels.count(level) > 1]:
        raise ConfigError(f"levels: {twice_levels[0]} stands twice. Leave one out.")
    others = [key for key in ("axes", "combined", "official_ids") if getattr(suite, key)]
    if suite.groups and others:
        raise ConfigError(
            f"{others[0]}: with `groups`, every scene has one condition of each group, and those of `conditions`. "
            f"Name others there, or remove `{others[0]}`."
        )
