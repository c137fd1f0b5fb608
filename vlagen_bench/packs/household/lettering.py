"""Words and pictures on labels."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Draw = ImageDraw.ImageDraw


def canvas(width_px: int, height_px: int, colour: str) -> tuple[Image.Image, Draw]:
    """An empty label and what draws on it."""
    image = Image.new("RGB", (width_px, height_px), colour)
    return image, ImageDraw.Draw(image)


def write(draw: Draw, text: str, centre_px: tuple[float, float], size_px: int, colour: str) -> None:
    """Text in the font that comes with Pillow, centred."""
    font = ImageFont.load_default(size_px)
    draw.text(
        centre_px, text, fill=colour, font=font, anchor="mm", stroke_width=max(1, size_px // 18), stroke_fill=colour
    )


def disc(draw: Draw, centre_px: tuple[float, float], radius_px: float, colour: str) -> None:
    """A filled circle."""
    x, y = centre_px
    draw.ellipse((x - radius_px, y - radius_px, x + radius_px, y + radius_px), fill=colour)


def pixels(image: Image.Image) -> np.ndarray:
    """uint8 (H, W, 3), smoothed to half size."""
    return np.asarray(image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX))
