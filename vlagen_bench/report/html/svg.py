"""The SVG writer: pictures that can be read aloud, and that suit light, dark and print.

Colours are classes of the page's style sheet. Everything that is text is escaped.
"""

from collections.abc import Callable

from markupsafe import Markup, escape


def tag(name: str, *children: str, **attributes: float | str) -> Markup:
    """An element; `stroke_width=1` is `stroke-width="1"`, `class_` is `class`."""
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    inside = Markup("").join(children)
    return Markup(f"<{name}{shown}>{inside}</{name}>") if children else Markup(f"<{name}{shown}/>")


def picture(key: str, box: tuple[float, float, float, float], title: str, description: str, *children: str) -> Markup:
    """A picture of its own, with a title and a description in words.

    Args:
        key: unique on the page.
        box: left, top, width, height.
        title: what it is called.
        description: what it shows, for those who do not see it.
        children: its elements.
    """
    told = (tag("title", title, id=f"{key}-title"), tag("desc", description, id=f"{key}-desc"))
    named = {"aria_labelledby": f"{key}-title", "aria_describedby": f"{key}-desc"}
    return tag(
        "svg", *told, *children, viewBox=" ".join(f"{number:g}" for number in box), role="img", class_="chart", **named
    )


def spark(width: float, height: float, *children: str) -> Markup:
    """A picture beside the numbers that it shows, which are read aloud in its place."""
    return tag("svg", *children, viewBox=f"0 0 {width} {height}", aria_hidden="true", class_="spark")


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def dot(x: float, y: float, class_: str, radius: float = 3.5) -> Markup:
    """A small circle."""
    return tag("circle", cx=x, cy=y, r=radius, class_=class_)


def text(x: float, y: float, words: str, class_: str, anchor: str = "middle") -> Markup:
    """One line of text."""
    return tag("text", escape(words), x=x, y=y, class_=class_, text_anchor=anchor)


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """The straight map that takes `low` to `start` and `high` to `end`."""
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _attribute(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 2):g}"
