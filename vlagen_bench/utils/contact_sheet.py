"""The contact sheet of a suite: labelled first frames of its episodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MARGIN_PX = 8
TITLE_PX, HEAD_PX, LABEL_PX = 20, 17, 13
"""heights of a line: of the title, over a row, and under a picture"""


@dataclass(frozen=True, kw_only=True)
class SheetCell:
    """One picture of a sheet."""

    row: str
    label: str
    image: np.ndarray
    """uint8 (H, W, 3)"""


def contact_sheet(title: str, cells: Sequence[SheetCell], *, cell_width_px: int = 224) -> Image.Image:
    """A sheet with one row per `SheetCell.row`, in order of first appearance, and a label under each picture.

    All words are shown: wrapped to the width that there is, with as much height as they need.
    """
    rows: dict[str, list[SheetCell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    height, width = cells[0].image.shape[:2]
    size = (cell_width_px, round(height * cell_width_px / width))
    inner_px = max(map(len, rows.values())) * (size[0] + MARGIN_PX) - MARGIN_PX
    large, bold, small = (ImageFont.load_default(size=points) for points in (16, 13, 11))
    lines = wrapped(title, large, inner_px)
    heads = {name: wrapped(name, bold, inner_px) for name in rows}
    labels = {label: wrapped(label, small, size[0]) for label in (cell.label for cell in cells)}
    head_px, label_px = HEAD_PX * max(map(len, heads.values())), LABEL_PX * max(map(len, labels.values()))
    top, step_px = MARGIN_PX + TITLE_PX * len(lines), head_px + size[1] + label_px + MARGIN_PX
    sheet = Image.new("RGB", (inner_px + 2 * MARGIN_PX, top + len(rows) * step_px), "white")
    draw = ImageDraw.Draw(sheet)
    write(draw, (MARGIN_PX, 6), lines, TITLE_PX, fill="black", font=large)
    for row, (name, members) in enumerate(rows.items()):
        above = top + row * step_px
        write(draw, (MARGIN_PX, above), heads[name], HEAD_PX, fill="#1a4f8a", font=bold)
        for column, cell in enumerate(members):
            left = MARGIN_PX + column * (size[0] + MARGIN_PX)
            picture = Image.fromarray(cell.image).resize(size, Image.Resampling.LANCZOS)
            sheet.paste(picture, (left, above + head_px))
            below = (left, above + head_px + size[1])
            write(draw, below, labels[cell.label], LABEL_PX, fill="#333333", font=small)
    return sheet


def write(draw: ImageDraw.ImageDraw, at: tuple[int, int], lines: Sequence[str], line_px: int, **look: Any) -> None:
    """Lines of text, the first one's upper left corner there."""
    for number, text in enumerate(lines):
        draw.text((at[0], at[1] + number * line_px), text, **look)


def wrapped(text: str, font: Font, width_px: int) -> list[str]:
    """The text in lines, each as wide as fits; a word that is wider than that goes on in the next line."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width_px:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if font.getlength(lines[-1] + letter) > width_px:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line]
