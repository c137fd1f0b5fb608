"""The answer of a run in one sentence, for readers who read nothing else: what succeeds, and what costs how much.

Only tested numbers have a say: an axis is named if its drop differs significantly from 0 among all axes, never because its
estimate is the largest one.
"""

from collections.abc import Sequence

from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html.data import WORST, Headline, PageContent
from vlagen_bench.report.html.words import capital, plain, said_points
from vlagen_bench.report.report import RunReport
from vlagen_bench.utils.text import percent

FEW = 20
"""episodes that are said one by one, `3 of 4`, since a percentage of so few looks surer than it is"""


def answer(report: RunReport, content: PageContent) -> str:
    """One sentence, with what makes it provisional in front."""
    headline, who = content.headline, "the oracle" if report.oracle else "the policy"
    scored = report.planned - report.missing - report.errors
    if not headline.nominal.n + headline.shifted.n:
        return capital(f"nothing is known of {who} yet: none of {_episodes(report.planned)} has an outcome.")
    said = "; ".join(filter(None, (_rate(headline, who), _cost(report, headline))))
    whole = report.complete or report.stopped is not None
    before = "" if whole else f"provisional, from {scored} of {_episodes(report.planned)}: "
    return capital(f"{before}{said}.")


def _rate(headline: Headline, who: str) -> str:
    """How often it succeeds; where that is always or never, of all episodes at once."""
    nominal, shifted = headline.nominal, headline.shifted
    both = nominal.n and shifted.n
    if both and nominal.value == shifted.value and nominal.value in (0, 1):
        does = "succeeds" if nominal.value else "fails"
        return f"{who} {does} in all {nominal.n + shifted.n} episodes, on changed scenes as on unchanged ones"
    if nominal.n:
        return f"on unchanged scenes {who} succeeds in {_share(nominal)}"
    return f"on changed scenes {who} succeeds in {_share(shifted)}"


def _cost(report: RunReport, headline: Headline) -> str:
    """What changes cost, as far as tests tell."""
    if not headline.conditions:
        return "only unchanged scenes were planned, so nothing is known of changes"
    if not headline.shifted.n:
        return "no changed scene has an outcome yet"
    if headline.nominal.value == 0:
        lucky = f"on changed ones in {_share(headline.shifted)}; " if headline.shifted.value else ""
        return f"{lucky}without success on unchanged scenes, what changes cost cannot be measured"
    if not headline.paired:
        return _unpaired(headline)
    if not headline.pairs:
        return "no changed scene has an outcome together with its unchanged twin, so what changes cost is not known"
    if headline.groups:
        return _worst([(f"{plain(group.name)} changes", group.drop) for group in headline.groups[:WORST]], "cost")
    if headline.worst:
        return _worst([(plain(line.name), line.drop) for line in headline.worst], "costs")
    return _on_average(headline, report.amount)


def _worst(told: Sequence[tuple[str, Estimate]], verb: str) -> str:
    """The first, and with it what cannot be told from it by its interval; all of them are told from 0."""
    (name, first), *others = told
    alike = [(other, drop) for other, drop in others if (drop.high or 0) >= (first.low or 0)]
    if not alike:
        return f"{name} {verb} it most: {_points(first)}"
    names = [f"{name}: {_points(first)}", *(f"{other}: {_points(drop, long=False)}" for other, drop in alike)]
    return f"what costs it most is among {_listed(names)}"


def _on_average(headline: Headline, amount: str) -> str:
    """No axis is named: what all changes cost together, or could."""
    drop, scenes = headline.drop, amount.partition(",")[0]
    single = f"no single one of {headline.axes} changes can be named" if headline.axes > 1 else ""
    if drop.decided and (drop.value or 0) > 0:
        return ", but ".join(filter(None, (f"changes cost it {_points(drop)} on average", single)))
    if drop.decided:
        return f"changes cost it nothing: on changed scenes it succeeds more often, by {_points(_negative(drop))}"
    none = "no change has a drop" if headline.axes > 1 else "the change has no drop"
    most = (
        ""
        if drop.high is None
        else f": with {scenes}, an average drop of up to {said_points(drop.high)} cannot be excluded"
    )
    return f"{none} that can be told from chance{most}"


def _unpaired(headline: Headline) -> str:
    changed, drop = f"on changed ones in {_share(headline.shifted)}", headline.drop
    if drop.value is None:
        return changed
    if not drop.decided:
        return f"{changed}, a difference that cannot be told from chance ({_interval(drop)})"
    if drop.value > 0:
        return f"{changed}: changes cost it {_points(drop)}"
    return f"{changed}, which is more, by {_points(_negative(drop))}"


def _share(rate: Estimate) -> str:
    """`62 % of 64 episodes`, or `3 of 4 episodes`."""
    if rate.n <= FEW:
        return f"{round((rate.value or 0) * rate.n)} of {_episodes(rate.n)}"
    return f"{percent(rate.value)} of {rate.n} episodes"


def _points(drop: Estimate, *, long: bool = True) -> str:
    """`41 points (95 %: 30 to 52)`."""
    said = said_points(drop.value or 0)
    return f"{said} ({_interval(drop, long=long)})" if drop.interval is not None else said


def _interval(drop: Estimate, *, long: bool = True) -> str:
    assert drop.interval is not None, "only known intervals are said"
    low, high = (said_points(end).partition(" ")[0] for end in drop.interval)
    return f"95 %: {low} to {high}" if long else f"{low} to {high}"


def _negative(drop: Estimate) -> Estimate:
    """The gain that it is."""
    low, high = drop.interval or (None, None)
    return Estimate(
        value=-(drop.value or 0), low=None if high is None else -high, high=None if low is None else -low, n=drop.n
    )


def _episodes(count: int) -> str:
    return f"{count} episode{'s' * (count != 1)}"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
