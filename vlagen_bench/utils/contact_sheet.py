"""The contact sheet of a suite or an axis: labelled pictures of episodes, with marks at what differs from the clean twin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.utils.picture_changes import Changes, changes
from vlagen_bench.utils.smooth_text import wrapped, write

MARGIN_PX = 10
TITLE_PX, HEAD_PX, LABEL_PX = 25, 21, 17
"""heights of a line: of the title, over a row, and under a picture"""
SIZES = (19, 15, 13)
"""of their letters"""
INK, SOFT, HEAD, MARK = "#15181e", "#4c5361", "#0b4f8a", "#e6007e"
GAP_PX = 6
"""between a row and the next one"""
PAPER = "white"
LEGEND = "Outlined: what clearly differs from the clean twin. A dashed frame: most of the picture differs."
DASH_PX = 9


@dataclass(frozen=True, kw_only=True)
class SheetCell:
    """One picture of a sheet."""

    row: str
    label: str
    image: np.ndarray
    """uint8 (H, W, 3)"""
    twin: np.ndarray | None = None
    """the picture of its clean twin, to mark what differs; None: nothing is marked"""
    reworded: bool = False
    """whether the label's words differ from the twin's: they are outlined, too"""


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
    large, bold, small = (ImageFont.load_default(size=points) for points in SIZES)
    lines = wrapped(title, large, inner_px)
    legend = wrapped(LEGEND, small, inner_px) if any(cell.twin is not None for cell in cells) else []
    heads = {name: wrapped(name, bold, inner_px) for name in rows}
    labels = {label: wrapped(label, small, size[0]) for label in (cell.label for cell in cells)}
    steps_px = [
        _row_px(heads[name], [labels[cell.label] for cell in members], size[1]) for name, members in rows.items()
    ]
    above = MARGIN_PX + TITLE_PX * len(lines) + LABEL_PX * len(legend) + GAP_PX
    sheet = Image.new("RGB", (inner_px + 2 * MARGIN_PX, above + sum(steps_px)), PAPER)
    draw = ImageDraw.Draw(sheet)
    write(draw, (MARGIN_PX, 6), lines, TITLE_PX, fill=INK, font=large)
    write(draw, (MARGIN_PX, 6 + TITLE_PX * len(lines)), legend, LABEL_PX, fill=SOFT, font=small)
    for (name, members), step_px in zip(rows.items(), steps_px, strict=True):
        write(draw, (MARGIN_PX, above), heads[name], HEAD_PX, fill=HEAD, font=bold)
        top = above + HEAD_PX * len(heads[name])
        for column, cell in enumerate(members):
            left = MARGIN_PX + column * (size[0] + MARGIN_PX)
            sheet.paste(_marked(cell, size), (left, top))
            under = labels[cell.label]
            write(draw, (left, top + size[1] + 2), under, LABEL_PX, fill=INK, font=small)
            if cell.reworded:
                box = (left - 3, top + size[1] + 1, left + size[0] + 2, top + size[1] + 4 + LABEL_PX * len(under))
                draw.rectangle(box, outline=MARK)
        above += step_px
    return sheet


def _row_px(head: Sequence[str], labels: Sequence[Sequence[str]], picture_px: int) -> int:
    return HEAD_PX * len(head) + picture_px + LABEL_PX * max(map(len, labels)) + MARGIN_PX + GAP_PX


def _marked(cell: SheetCell, size: tuple[int, int]) -> Image.Image:
    """The picture in its size; around what differs from its twin an outline, and where most does, a dashed frame."""
    picture = Image.fromarray(cell.image).resize(size, Image.Resampling.LANCZOS)
    if cell.twin is None:
        return picture
    found, draw = changes(cell.image, cell.twin), ImageDraw.Draw(picture)
    if found.everywhere:
        for ends in _dashes(size):
            draw.line(ends, fill=MARK, width=3)
    for box in _boxes(found, size[0] / cell.image.shape[1], size):
        draw.rectangle([box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1], outline=PAPER, width=4)
        draw.rectangle(box, outline=MARK, width=2)
    return picture


def _boxes(found: Changes, times: float, size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """The regions in a picture that is so much larger, with room around what is in them."""
    for region in found.regions:
        left, top = (max(1, round(times * side) - 3) for side in (region.left, region.top))
        right, bottom = (
            min(most - 2, round(times * side) + 2)
            for side, most in zip((region.right, region.bottom), size, strict=True)
        )
        yield left, top, right, bottom


def _dashes(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each dash along the edges of a picture."""
    width, height = size
    for start in range(0, width, 2 * DASH_PX):
        for y in (1, height - 2):
            yield start, y, min(start + DASH_PX, width), y
    for start in range(0, height, 2 * DASH_PX):
        for x in (1, width - 2):
            yield x, start, x, min(start + DASH_PX, height)
