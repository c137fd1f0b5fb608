"""What do the episodes of a suite look like? A labelled contact sheet of first frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MARGIN_PX = 8
LABEL_PX = 34
HEAD_PX = 26


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One picture of a sheet."""

    row: str
    label: str
    image: np.ndarray
    """uint8 (H, W, 3)"""


def contact_sheet(title: str, cells: Sequence[Cell], *, cell_width_px: int = 224) -> Image.Image:
    """A sheet with one row per `Cell.row`, in order of first appearance, and a label under each picture."""
    rows: dict[str, list[Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    height, width = cells[0].image.shape[:2]
    size = (cell_width_px, round(height * cell_width_px / width))
    step = (size[0] + MARGIN_PX, size[1] + LABEL_PX + HEAD_PX)
    columns = max(map(len, rows.values()))
    sheet = Image.new("RGB", (MARGIN_PX + columns * step[0], 2 * HEAD_PX + len(rows) * step[1]), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN_PX, 6), title, fill="black", font=ImageFont.load_default(size=16))
    small, bold = ImageFont.load_default(size=11), ImageFont.load_default(size=13)
    for row, (name, members) in enumerate(rows.items()):
        top = HEAD_PX + MARGIN_PX + row * step[1]
        draw.text((MARGIN_PX, top), name, fill="#1a4f8a", font=bold)
        for column, cell in enumerate(members):
            left = MARGIN_PX + column * step[0]
            picture = Image.fromarray(cell.image).resize(size, Image.Resampling.LANCZOS)
            sheet.paste(picture, (left, top + HEAD_PX - 6))
            for line, text in enumerate(_wrapped(cell.label, small, size[0])[:2]):
                draw.text((left, top + HEAD_PX - 4 + size[1] + 13 * line), text, fill="#333333", font=small)
    return sheet


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
