"""`vlagen power`: how many episodes a question needs. Parses and prints; the numbers are in `statistics.power`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from vlagen_bench.cli.common import OK, console
from vlagen_bench.errors import ConfigError

if TYPE_CHECKING:
    from vlagen_bench.statistics.power import Need
    from vlagen_bench.utils.tables import NumberTable

WIDTHS = (0.3, 0.2, 0.1, 0.05)
DIFFERENCES = (0.3, 0.2, 0.15, 0.1, 0.05)
EXTRA = (0.0, 0.1, 0.3)
"""discordance beyond the difference: none, some, much"""
ENDS = {"rate": (0, 1), "discordance": (1,)}
"""option -> which of 0 and 1 it may be"""


@dataclass(frozen=True, kw_only=True)
class PowerArgs:
    """What is asked; without any of these, a table of usual questions."""

    width: float | None = None
    """Width of the 95 % interval of a rate, high minus low, such as 0.1."""
    drop: float | None = None
    """The paired drop, or the difference of two policies, to be found, such as 0.1."""
    discordance: float | None = None
    """Share of pairs that disagree; by default the drop itself, and 0.1 and 0.3 more."""
    rate: float = 0.5
    """The expected rate; for an unpaired difference, the middle of the two."""
    power: float = 0.8
    """The chance to find the drop if it is there."""
    suite: str | None = None
    """What a suite can tell: the smallest drop of a group or axis, and the smallest difference of two policies, that it shows."""
    family: int = 1
    """How many such questions are asked at once: each is tested at 5 % divided by this, Holm's worst case."""


def power(args: Annotated[PowerArgs, tyro.conf.arg(name="")]) -> int:
    """Says how many episodes a question needs, by exact calculation. Needs no simulator.

    Args:
        args: what is asked.
    """
    _check(args)
    if args.suite is not None:
        return _of_suite(args.suite)
    asked = args.width is not None or args.drop is not None
    out = console()
    if args.width is not None or not asked:
        out.print(_widths(WIDTHS if args.width is None else (args.width,), args))
    differences = (args.drop,) if args.drop is not None else () if asked else _usual(args)
    if differences:
        out.print(_differences(differences, args))
    return OK


def _of_suite(name: str) -> int:
    from vlagen_bench.diagnostics.suite_designs import CORRELATIONS
    from vlagen_bench.diagnostics.suite_power import ASSUMED, told
    from vlagen_bench.plan import catalog
    from vlagen_bench.utils import plugins

    suite = catalog.suite(plugins.named("suite", name))
    table = _new(f"What {suite.name} shows, version {suite.version}").text("smallest drop or difference, points")
    table.numbers("over", *(f"correlation {correlation:g}" for correlation in CORRELATIONS))
    for one in told(suite, catalog.task(suite.task).nominal_name):
        table.add_row(one.question, one.n, *("–" if points is None else str(points) for points in one.points))
    table.caption = ASSUMED
    console().print(table)
    return OK


def _check(args: PowerArgs) -> None:
    """Raises `ConfigError` for an option out of its range; one in points or percent is told its share."""
    if args.family < 1:
        raise ConfigError(f"--family: at least 1 question is asked, not {args.family}.")
    for name in ("width", "drop", "discordance", "rate", "power"):
        share = getattr(args, name)
        if share is None or 0 < share < 1 or share in ENDS.get(name, ()):
            continue
        ends = ENDS.get(name, ())
        low, high = "at least 0" if 0 in ends else "above 0", "at most 1" if 1 in ends else "below 1"
        meant = f" For {share:g} points or percent: --{name} {share / 100:g}" if 1 < share < 100 else ""
        raise ConfigError(f"--{name} {share:g}: it is a share, {low} and {high}.{meant}")


def _usual(args: PowerArgs) -> tuple[float, ...]:
    """The usual differences, less those that this rate or discordance leaves no room for."""
    most = min(_room(args.rate), 1.0 if args.discordance is None else args.discordance)
    return tuple(difference for difference in DIFFERENCES if difference <= most)


def _room(rate: float) -> float:
    """How many pairs can disagree at most, and so how far two rates can differ, whose mean is this."""
    return 2 * min(rate, 1 - rate) + 1e-9


def _widths(widths: tuple[float, ...], args: PowerArgs) -> "NumberTable":
    from vlagen_bench.statistics.power import MOST_PAIRED, for_width

    table = _new("How well is a rate known?")
    table.numbers("width of the 95 % interval, points", f"episodes, at a rate of {args.rate:.0%}")
    for width in widths:
        table.add_row(f"{100 * width:g}", _text(for_width(width, args.rate), MOST_PAIRED))
    return table


def _differences(differences: tuple[float, ...], args: PowerArgs) -> "NumberTable":
    from vlagen_bench.statistics.power import MOST_PAIRED, MOST_UNPAIRED, for_paired, for_unpaired

    alpha = 0.05 / args.family
    family = f", one of {args.family} questions" if args.family > 1 else ""
    table = _new(f"Is there a difference? Power {100 * args.power:.0f} %, two-sided at 5 %{family}")
    table.numbers("points", "pairs that disagree", "paired: episodes", "power", "unpaired: episodes each", "power")
    for difference in differences:
        low, high = args.rate - difference / 2, args.rate + difference / 2
        if not (low >= 0 and high <= 1):
            raise ConfigError(f"A difference of {difference} about a rate of {args.rate} leaves 0 to 1: change --rate.")
        some = [difference + more for more in EXTRA if difference + more <= _room(args.rate)]
        if args.discordance is not None:
            some = [args.discordance]
        unpaired = for_unpaired(high, low, args.power, alpha)
        for place, discordance in enumerate(some):
            paired = for_paired(difference, discordance, args.power, alpha)
            other = (_text(unpaired, MOST_UNPAIRED), _reached(unpaired)) if place == 0 else ("", "")
            first = f"{100 * difference:g}" if place == 0 else ""
            table.add_row(first, f"{discordance:.0%}", _text(paired, MOST_PAIRED), _reached(paired), *other)
        table.add_section()
    table.caption = (
        "Paired: the same episodes twice (a twin, or another policy), McNemar's exact test.\n"
        "As many pairs disagree as the difference if all of them go one way.\n"
        f"Unpaired: different episodes, rates about {args.rate:.0%}, Boschloo's exact test."
    )
    return table


def _new(title: str) -> "NumberTable":
    from vlagen_bench.utils.tables import NumberTable

    return NumberTable(title)


def _text(need: "Need", most: int) -> str:
    return f">{most}" if need.n is None else str(need.n)


def _reached(need: "Need") -> str:
    return "–" if need.reached is None else f"{need.reached:.1%}"
