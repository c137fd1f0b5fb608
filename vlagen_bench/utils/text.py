"""Text: errors and policy output as parts of a sentence, rates as percentages."""

from collections.abc import Iterable

Interval = tuple[float, float]
NO_DATA = "–"
ROUNDING = 1e-9
"""differences that are smaller are 0, but for the rounding of floats"""
LONGEST_TEXT = 1000
"""letters of what a policy says of its error"""
LONGEST_NAME = 100
"""letters of the name of a class"""
ORDINALS = ("rewriting",)
"""units that stand before their number"""
SINGULAR = {"things": "thing", "control steps": "control step", "degrees": "degree", "stops": "stop"}
"""units of which there can be a single one"""


def one_line(error: BaseException) -> str:
    """`KeyError: 'x'`, on one line."""
    name, text = name_of(error), shown(error)
    return f"{name}: {text}" if text else name


def name_of(value: object) -> str:
    """The name of its class, in a form that can be printed; whoever made the class chose it freely."""
    return shown(type.__dict__["__name__"].__get__(type(value)), LONGEST_NAME)


def shown(said: object, longest: int = LONGEST_TEXT) -> str:
    """Its text as a part of a sentence: on one line, of a sane length, and without what a terminal would obey."""
    try:
        text = str.__str__(str(said))[: 2 * longest]  # a plain one, whatever class of text it is of
    except BaseException as error:
        return f"(its text cannot be shown: {name_of(error)})"
    text = printable(" ".join(text.split()))
    return text if len(text) <= longest else text[: longest - 3] + "..."


def printable(text: str) -> str:
    """The text without what a terminal would obey or could not show; its lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def percent(value: float | None) -> str:
    """`73 %`, or a dash where there is no data; with a decimal where some would look like none, or all."""
    if value is None:
        return NO_DATA
    whole = f"{100 * value:.0f}"
    return f"{whole if whole not in ('0', '100') or value in (0, 1) else f'{min(max(100 * value, 0.1), 99.9):.1f}'} %"


def percent_range(low_high: Interval | None) -> str:
    """`61 – 83 %`, or a dash; with a decimal where ends that differ would look the same, as of none in 2880."""
    if low_high is None:
        return NO_DATA
    low, high = (100 * end for end in low_high)
    digits = 1 if low != high and round(low) == round(high) else 0
    return f"{low:.{digits}f} – {high:.{digits}f} %"


def points(value: float | None) -> str:
    """A difference of rates: `+12`, `-3`, `0`, or a dash where there is no data; with a decimal where it would look like 0."""
    if value is None or abs(value) < ROUNDING:
        return NO_DATA if value is None else "0"
    whole = f"{100 * value:+.0f}"
    return whole if whole not in ("+0", "-0") else _fine(value)


def amount(scenes: int, episodes: int) -> str:
    """`16 scenes, 640 episodes`: what a headline rests on; episodes of one scene depend on each other."""
    return f"{scenes} scene{'s' * (scenes != 1)}, {episodes} episode{'s' * (episodes != 1)}"


def points_range(low_high: Interval | None, between: str = " – ") -> str:
    """`-3 – +12`, or a dash; with a decimal where an end that is not 0 would look like it, since 0 in or out is what is read."""
    if low_high is None:
        return NO_DATA
    return between.join(map(points, low_high))


def points_of(value: float, low_high: Interval) -> str:
    """A difference of rates with its interval: `+12 (-3 – +24)`."""
    return f"{points(value)} ({points_range(low_high)})"


def _fine(value: float) -> str:
    """`+0.4`, or `+0.1` for less."""
    return f"{max(0.1, round(100 * abs(value), 1)) * (1 if value > 0 else -1):+.1f}"


def sized(sizes: Iterable[float], unit: str) -> str:
    """Sizes of an axis with their unit, as one reads them: shares in percent, metres in centimetres, and no `1 things`.

    >>> sized([0.21], "share"), sized([1], "things"), sized([1, 2], "things"), sized([0.016, 0.032], "m")
    ('21 %', '1 thing', '1, 2 things', '1.6, 3.2 cm')
    >>> sized([0.42], "of the observations"), sized([12.0], "of 255"), sized([3], "rewriting"), sized([-0.5], "stops")
    ('42 % of the observations', '12 of 255', 'rewriting 3', '−0.5 stops')
    """
    shown = tuple(sizes)
    times, unit = _readable(unit)
    numbers = ", ".join(f"{times * size:.3g}".replace("-", "−") for size in shown)
    if unit in ORDINALS:
        return f"{unit} {numbers}"
    unit = SINGULAR.get(unit, unit) if shown == (1,) else unit
    return f"{numbers} {unit}".strip()


def _readable(unit: str) -> tuple[float, str]:
    """What a size is multiplied by, and the unit then."""
    if unit == "share":
        return 100.0, "%"
    if unit == "m":
        return 100.0, "cm"
    if unit == "more or less" or (unit.startswith("of ") and not unit[3:].isdigit()):
        return 100.0, f"% {unit}"
    return 1.0, unit


def split_names(text: str | None) -> tuple[str, ...] | None:
    """`a, b, a` as ("a", "b"); None, or nothing between the commas, as None."""
    names = (name.strip() for name in (text or "").split(",") if name.strip())
    return tuple(dict.fromkeys(names)) or None
