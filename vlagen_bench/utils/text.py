"""Text: errors and policy output as parts of a sentence, rates as percentages."""

Interval = tuple[float, float]
NO_DATA = "–"
LONGEST_TEXT = 1000
"""letters of what a policy says of its error"""


def one_line(error: BaseException) -> str:
    """`KeyError: 'x'`, on one line."""
    text = shown(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shown(said: object) -> str:
    """Its text as a part of a sentence: on one line, of a sane length, and without what a terminal would obey."""
    try:
        text = str(said)[: 2 * LONGEST_TEXT]
    except BaseException as error:
        return f"(its text cannot be shown: {type(error).__name__})"
    text = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def percent(value: float | None) -> str:
    """`73 %`, or a dash where there is no data."""
    return NO_DATA if value is None else f"{100 * value:.0f} %"


def percent_range(low_high: Interval | None) -> str:
    """`61 – 83 %`, or a dash; with a decimal where ends that differ would look the same, as of none in 2880."""
    if low_high is None:
        return NO_DATA
    low, high = (100 * end for end in low_high)
    digits = 1 if low != high and round(low) == round(high) else 0
    return f"{low:.{digits}f} – {high:.{digits}f} %"


def points(value: float | None) -> str:
    """A difference of rates: `+12`, `-3`, `0`, or a dash where there is no data."""
    whole = NO_DATA if value is None else f"{100 * value:+.0f}"
    return "0" if whole in ("+0", "-0") else whole


def points_range(low_high: Interval | None, between: str = " – ") -> str:
    """`-3 – +12`, or a dash; with a decimal where an end that is not 0 would look like it, since 0 in or out is what is read."""
    if low_high is None:
        return NO_DATA
    return between.join(points(end) if end == 0 or points(end) != "0" else _fine(end) for end in low_high)


def _fine(value: float) -> str:
    """`+0.4`, or `+0.1` for less."""
    return f"{max(0.1, round(100 * abs(value), 1)) * (1 if value > 0 else -1):+.1f}"


def split_names(text: str | None) -> tuple[str, ...] | None:
    """`a, b, a` as ("a", "b"); None, or nothing between the commas, as None."""
    names = (name.strip() for name in (text or "").split(",") if name.strip())
    return tuple(dict.fromkeys(names)) or None
