"""Figures of matplotlib as SVG files that are the same, byte for byte, for the same content."""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: "Figure", path: Path) -> None:
    """Writes the figure, without a date; equal figures of equal file names give equal files."""
    import matplotlib

    drawn = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": path.stem}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    path.write_text(steady(drawn.getvalue()), encoding="utf-8")


def steady(svg: str) -> str:
    """The text without spaces at the ends of lines, and with its clip paths named by their order.

    matplotlib names them by a hash of their place in full precision, of which a layout does not repeat the last bit.
    """
    names = re.findall(r'<clipPath id="(p\w+)"', svg)
    for number, name in enumerate(names):
        svg = svg.replace(f'id="{name}"', f'id="clip-{number}"').replace(f"url(#{name})", f"url(#clip-{number})")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)
