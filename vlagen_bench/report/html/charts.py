"""The charts of rates and drops: bars with intervals, a radar, and curves over levels, on shared scales."""

from collections.abc import Callable, Sequence
from itertools import groupby
from math import ceil, cos, degrees, floor, pi, sin

from markupsafe import Markup

from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html.data import AxisResult, LevelCurve
from vlagen_bench.report.html.svg import dot, line, picture, scale, spark, tag, text
from vlagen_bench.report.html.words import plain, said_rate

WIDTH, HEIGHT, PAD = 180, 20, 6
"""of a bar in a table"""
GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
RADIUS, MIDDLE = 190.0, 320.0
MANY_SPOKES = 12
"""labels stand radially where there are more"""
LABEL_CHARS, LABEL_LINE = 11, 16
"""longer labels are broken into two lines, so far apart"""


def rate_bar(rate: Estimate, reference: float | None = None) -> Markup:
    """A success rate as a bar from 0 to 100 %, with its interval; a tick where the nominal rate is."""
    if rate.value is None:
        return Markup("")
    x, middle = scale(0, 1, PAD, WIDTH - PAD), HEIGHT / 2
    parts = [
        line(PAD, middle, WIDTH - PAD, middle, "track"),
        tag("rect", x=x(0), y=middle - 4, width=x(rate.value) - x(0), height=8, rx=1.5, class_="bar"),
    ]
    if reference is not None:
        parts.append(line(x(reference), 1, x(reference), HEIGHT - 1, "reference"))
    return spark(WIDTH, HEIGHT, *parts, *_whisker(rate, x, middle))


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


def reach_of(estimates: Sequence[Estimate], least: tuple[float, float]) -> tuple[float, float]:
    """Ends of a shared scale, at multiples of 25 points, that leaves out none of `found`, and nothing of `least`."""
    ends = [end for estimate in estimates for end in (estimate.value, estimate.low, estimate.high) if end is not None]
    return min(floor(4 * end) / 4 for end in (*ends, *least)), max(ceil(4 * end) / 4 for end in (*ends, *least))


def scale_marks(reach: tuple[float, float], unit: str = "") -> Markup:
    """The numbers over a column of bars: both ends and 0."""
    x, (low, high) = scale(*reach, PAD, WIDTH - PAD), reach
    places = {low: (0.0, "start"), high: (float(WIDTH), "end"), 0.0: (x(0), "start" if low == 0 else "middle")}
    shown = (
        text(at, 11, f"{100 * mark:.0f}{unit}".replace("-", "−"), "mark", anchor)
        for mark, (at, anchor) in places.items()
    )
    return spark(WIDTH, 14, *shown)


def share_bar(share: float) -> Markup:
    """A part of a whole."""
    x = scale(0, 1, 0, WIDTH)
    bar = tag("rect", x=0, y=4, width=max(x(share), 1.5), height=12, rx=1.5, class_="bar")
    return spark(WIDTH, HEIGHT, line(0, HEIGHT - 4, WIDTH, HEIGHT - 4, "track"), bar)


def radar(lines: Sequence[AxisResult], nominal: Estimate) -> Markup:
    """Success of every axis on a spoke, with intervals; the nominal rate as a ring."""
    radial = len(lines) > MANY_SPOKES
    angles = [2 * pi * place / len(lines) - pi / 2 for place in range(len(lines))]
    parts = [dot(MIDDLE, MIDDLE, "ring", RADIUS * level) for level in GRID[1:]]
    parts += [line(MIDDLE, MIDDLE, *_at(angle, 1), "grid") for angle in angles]
    if nominal.value is not None:
        parts.append(dot(MIDDLE, MIDDLE, "nominal", RADIUS * nominal.value))
    parts.append(_outline(lines, angles))
    for spoke, angle in zip(lines, angles, strict=True):
        if (ends := spoke.success.interval) is not None:
            parts.append(line(*_at(angle, ends[0]), *_at(angle, ends[1]), "whisker"))
        if spoke.success.value is not None:
            parts.append(dot(*_at(angle, spoke.success.value), "point"))
        parts.append(_spoke_label(spoke.name, angle, radial=radial))
    parts += [
        text(MIDDLE + 4, MIDDLE - RADIUS * level + 12, f"{100 * level:.0f}", "mark", "start") for level in GRID[1:]
    ]
    told = "; ".join(f"{plain(spoke.name)}: {said_rate(spoke.success)}" for spoke in lines)
    words = f"{told}. Dashed ring: nominal, {said_rate(nominal)}."
    top = 10.0 if radial else 70.0  # level labels need less room than turned ones
    return picture("radar", (0, top, 2 * MIDDLE, 2 * (MIDDLE - top)), "Success rate by axis", words, *parts)


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


def _at(angle: float, level: float) -> tuple[float, float]:
    return MIDDLE + RADIUS * level * cos(angle), MIDDLE + RADIUS * level * sin(angle)


def _outline(lines: Sequence[AxisResult], angles: Sequence[float]) -> Markup:
    """The polygon; where an axis has no data, it is open there, and not filled."""
    values = [spoke.success.value for spoke in lines]
    corners = [None if value is None else _at(angle, value) for value, angle in zip(values, angles, strict=True)]
    if None not in corners:
        return tag("polygon", points=" ".join("{:.1f},{:.1f}".format(*at) for at in corners if at), class_="area")
    sides = zip(corners, [*corners[1:], *corners[:1]], strict=True)
    return tag("g", "", *(line(*start, *end, "curve") for start, end in sides if start and end))


def _spoke_label(name: str, angle: float, *, radial: bool) -> Markup:
    x, y = _at(angle, 1.06)
    right = cos(angle) >= -1e-9
    words = plain(name)
    first, rest = _broken(words) if len(words) > LABEL_CHARS else (words, "")
    lift = LABEL_LINE / 2 if rest else 0
    if radial:
        anchor, baseline = "start" if right else "end", y + 4 - lift
        turn = f"rotate({degrees(angle) + (0 if right else 180):.1f} {x:.1f} {y:.1f})"
    else:
        anchor = "middle" if abs(cos(angle)) < 0.2 else "start" if right else "end"
        baseline, turn = y + 5 + (7 + lift) * sin(angle) - lift, "rotate(0)"
    lines = [text(x, baseline, first, "label", anchor)]
    if rest:
        lines.append(text(x, baseline + LABEL_LINE, rest, "label", anchor))
    return tag("g", *lines, transform=turn)


def _broken(words: str) -> tuple[str, str]:
    """Two lines, the longer one as short as can be; the second is empty where there is no space to break at."""
    spaces = [place for place, letter in enumerate(words) if letter == " "]
    breaks = [(words[:place], words[place + 1 :]) for place in spaces] or [(words, "")]
    return min(breaks, key=lambda lines: max(map(len, lines)))
