"""The charts of rates and drops: bars and dots with intervals, and curves over levels, on shared scales."""

from collections.abc import Callable, Sequence
from itertools import groupby
from math import ceil, floor

from markupsafe import Markup

from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html.data import LevelCurve
from vlagen_bench.report.html.svg import dot, line, picture, scale, spark, tag, text
from vlagen_bench.report.html.words import plain, said_rate

WIDTH, HEIGHT, PAD = 180, 20, 6
"""of a bar in a table"""
SMALL_WIDTH = 112
"""of a bar beside the dot plot"""
PLOT_WIDTH, PLOT_HEIGHT = 300, 26
"""of a line of the dot plot, which stands right over the next one"""
GRID_STEP = 0.25
"""between the lines of its grid"""
ROUNDING = 1e-9


def rate_bar(rate: Estimate, reference: float | None = None, width: int = WIDTH) -> Markup:
    """A success rate as a bar from 0 to 100 %, with its interval; a tick where the nominal rate is."""
    if rate.value is None:
        return Markup("")
    x, middle = scale(0, 1, PAD, width - PAD), HEIGHT / 2
    parts = [
        line(PAD, middle, width - PAD, middle, "track"),
        tag("rect", x=x(0), y=middle - 4, width=x(rate.value) - x(0), height=8, rx=1.5, class_="bar"),
    ]
    if reference is not None:
        parts.append(line(x(reference), 1, x(reference), HEIGHT - 1, "reference"))
    return spark(width, HEIGHT, *parts, *_whisker(rate, x, middle))


def drop_dot(drop: Estimate, reach: tuple[float, float], *, told: bool) -> Markup:
    """A drop as a dot with its interval, on a scale of this reach; hollow where it does not differ significantly from 0."""
    if drop.value is None:
        return Markup("")
    x, middle = scale(*reach, PAD, WIDTH - PAD), HEIGHT / 2
    shape = dot(x(drop.value), middle, "point" if told else "point hollow", 4)
    zero = line(x(0), 1, x(0), HEIGHT - 1, "zero")
    return spark(
        WIDTH, HEIGHT, line(PAD, middle, WIDTH - PAD, middle, "track"), zero, *_whisker(drop, x, middle), shape
    )


def drop_plot(drop: Estimate, reach: tuple[float, float], *, told: bool) -> Markup:
    """A line of the dot plot: as `drop_dot`, larger, over a grid that goes on in the lines above and below."""
    x, middle = scale(*reach, PAD, PLOT_WIDTH - PAD), PLOT_HEIGHT / 2
    ticks = [reach[0] + GRID_STEP * step for step in range(round((reach[1] - reach[0]) / GRID_STEP) + 1)]
    grid = [line(x(at), 0, x(at), PLOT_HEIGHT, "zero" if abs(at) < ROUNDING else "grid") for at in ticks]
    if drop.value is None:
        return spark(PLOT_WIDTH, PLOT_HEIGHT, *grid)
    point = dot(x(drop.value), middle, "point" if told else "point hollow", 5)
    return spark(PLOT_WIDTH, PLOT_HEIGHT, *grid, *_whisker(drop, x, middle), point)


def sample(*, told: bool) -> Markup:
    """A point by itself, for a legend."""
    return tag(
        "svg",
        dot(6, 6, "point" if told else "point hollow", 5),
        viewBox="0 0 12 12",
        aria_hidden="true",
        class_="sample",
    )


def reach_of(estimates: Sequence[Estimate], least: tuple[float, float]) -> tuple[float, float]:
    """Ends of a shared scale, at multiples of 25 points, that leaves out none of `found`, and nothing of `least`."""
    ends = [end for estimate in estimates for end in (estimate.value, estimate.low, estimate.high) if end is not None]
    return min(floor(4 * end) / 4 for end in (*ends, *least)), max(ceil(4 * end) / 4 for end in (*ends, *least))


def scale_marks(reach: tuple[float, float], unit: str = "", width: int = WIDTH) -> Markup:
    """The numbers over a column of bars: both ends and 0."""
    x, (low, high) = scale(*reach, PAD, width - PAD), reach
    places = {low: (0.0, "start"), high: (float(width), "end"), 0.0: (x(0), "start" if low == 0 else "middle")}
    shown = (
        text(at, 11, f"{100 * mark:.0f}{unit}".replace("-", "−"), "mark", anchor)
        for mark, (at, anchor) in places.items()
    )
    return spark(width, 14, *shown)


def drop_marks(reach: tuple[float, float]) -> Markup:
    """The numbers over the dot plot."""
    return scale_marks(reach, width=PLOT_WIDTH)


def share_bar(share: float) -> Markup:
    """A part of a whole."""
    x = scale(0, 1, 0, WIDTH)
    bar = tag("rect", x=0, y=4, width=max(x(share), 1.5), height=12, rx=1.5, class_="bar")
    return spark(WIDTH, HEIGHT, line(0, HEIGHT - 4, WIDTH, HEIGHT - 4, "track"), bar)


def severity(curve: LevelCurve) -> Markup:
    """Success against level, 0 being the clean twins; intervals as lines."""
    width, height, left, bottom = 226, 150, 36, 24
    x = scale(0, max(5, *(step.level for step in curve.steps)), left + 12, width - 10)
    y = scale(0, 1, height - bottom, 10)
    parts = [line(left, y(level), width, y(level), "grid") for level in (0.0, 0.5, 1.0)]
    parts += [text(left - 5, y(level) + 4, f"{100 * level:.0f}", "mark", "end") for level in (0.0, 0.5, 1.0)]
    points = [(0, curve.clean), *((step.level, step.success) for step in curve.steps)]
    for known, run in groupby(points, key=lambda point: point[1].value is not None):
        if known:
            way = " ".join(
                f"{x(level):.1f},{y(estimate.value):.1f}" for level, estimate in run if estimate.value is not None
            )
            parts.append(tag("polyline", points=way, class_="curve"))
    for level, estimate in points:
        parts.append(text(x(level), height - 7, "clean" if level == 0 else str(level), "mark"))
        if (ends := estimate.interval) is not None:
            parts.append(line(x(level), y(ends[0]), x(level), y(ends[1]), "whisker"))
        if estimate.value is not None:
            parts.append(_square(x(0), y(estimate.value)) if level == 0 else dot(x(level), y(estimate.value), "point"))
    told = "; ".join(
        f"{'clean twins' if level == 0 else f'level {level}'}: {said_rate(estimate)}" for level, estimate in points
    )
    title = f"Success rate by level of {plain(curve.axis)}, in percent"
    return picture(f"severity-{curve.axis}", (0, 0, width, height), title, told, *parts)


def _whisker(estimate: Estimate, x: Callable[[float], float], middle: float) -> list[Markup]:
    if estimate.interval is None:
        return []
    low, high = map(x, estimate.interval)
    caps = [line(end, middle - 3.5, end, middle + 3.5, "whisker") for end in (low, high)]
    return [line(low, middle, high, middle, "whisker"), *caps]


def _square(x: float, y: float) -> Markup:
    return tag("rect", x=x - 3.5, y=y - 3.5, width=7, height=7, class_="clean")
