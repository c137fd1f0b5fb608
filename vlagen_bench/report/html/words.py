"""Numbers and names as they stand on a page: whole percent and points, a dash where there is no data."""

import re

from markupsafe import Markup, escape

from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.report import UNNAMED
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.utils import text as texts
from vlagen_bench.utils.text import NO_DATA, percent

KINDS = {
    "nominal": "Nominal",
    "vision": "Vision",
    "semantics": "Semantics",
    "execution": "Execution",
    "dynamics": "Dynamics",
    "combined": "Together",
}


def failure_modes() -> dict[str, str]:
    """Failure mode -> what it means, of every family of tasks that is known now."""
    return {name: words for one in FAMILIES for name, words in one.failure_modes.items()} | {
        UNNAMED: "the record names no kind"
    }


def plain(name: str) -> str:
    """`camera_pose_l3` as `camera pose L3`, `a+b` as `a + b`."""
    return re.sub(r"_l(?=\d\b)", " L", name).replace("_", " ").replace("+", " + ")


def capital(text: str) -> str:
    """The text, its first letter large and the others as they are."""
    return text[:1].upper() + text[1:]


def breakable(name: str) -> Markup:
    """A long name that a line may end in: after a slash, colon, dot or underscore, before it must inside a word."""
    return Markup("").join(escape(part) + Markup("<wbr>") for part in re.split(r"(?<=[/:._])", name))


def kind(name: str) -> str:
    """A group of conditions as a heading."""
    return KINDS.get(name, plain(name).capitalize())


def points(value: float | None) -> str:
    """`+12`, `−3`, `0`, or a dash; with the sign of typesetters."""
    return texts.points(value).replace("-", "−")


def percent_range(estimate: Estimate) -> str:
    """`61 – 83 %`, or a dash."""
    return texts.percent_range(estimate.interval)


def points_range(estimate: Estimate) -> str:
    """`−3 to +12`, or a dash."""
    return texts.points_range(estimate.interval, " to ").replace("-", "−")


def said_points(value: float) -> str:
    """A number of points in a sentence: `41 points`, `1 point`, `−3 points`, `0.4 points`."""
    number = points(value).removeprefix("+")
    return f"{number} point{'s' * (number.lstrip('−') != '1')}"


def probability(p: float | None) -> str:
    """`0.031`, `< 0.001`, or a dash."""
    return NO_DATA if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def said_rate(estimate: Estimate) -> str:
    """A success rate in a sentence."""
    if estimate.value is None:
        return "no data"
    between = "" if estimate.low is None else f", 95 % interval {percent_range(estimate)}"
    return f"{percent(estimate.value)}{between}"
