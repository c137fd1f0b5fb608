"""Text in pictures, with letters where the font wants them.

Drawn at the size of a label, letters stand on whole pixels, which tears words apart ("th ings") and runs others together. Drawn
larger and made smaller, they stand where they belong.
"""

from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
TIMES = 4
"""so much larger"""


def width_px(text: str, font: Font) -> float:
    """How wide a text is where it is written."""
    return _large(font).getlength(text) / (TIMES if isinstance(font, ImageFont.FreeTypeFont) else 1)


def put(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, *, fill: str, font: Font) -> None:
    """One line of text, its upper left corner there."""
    if not isinstance(font, ImageFont.FreeTypeFont):  # of pixels: it has one size only
        draw.text(at, text, fill=fill, font=font)
        return
    large = _large(font)
    left, _, right, bottom = large.getbbox(text)
    if right <= left:
        return
    size = -(-int(right) // TIMES) + 1, -(-int(bottom) // TIMES) + 1
    mask = Image.new("L", (size[0] * TIMES, size[1] * TIMES))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=large)
    draw.bitmap(at, mask.resize(size, Image.Resampling.BOX), fill=fill)


def write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], lines: Sequence[str], line_px: int, *, fill: str, font: Font
) -> None:
    """Lines of text, the first one's upper left corner there."""
    for number, text in enumerate(lines):
        put(draw, (at[0], at[1] + number * line_px), text, fill=fill, font=font)


def wrapped(text: str, font: Font, most_px: int) -> list[str]:
    """The text in lines, each as wide as fits; a word that is wider than that goes on in the next line."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_px(longer, font) <= most_px:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if width_px(lines[-1] + letter, font) > most_px:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line]


@cache
def _large(font: Font) -> Font:
    return font.font_variant(size=TIMES * font.size) if isinstance(font, ImageFont.FreeTypeFont) else font
