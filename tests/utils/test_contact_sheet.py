"""Sheets of pictures, and films, show every word that they are given."""

import numpy as np
import pytest
from PIL import ImageDraw

from vlagen_bench.runs.film_frames import caption_px, captioned
from vlagen_bench.utils.contact_sheet import SheetCell, contact_sheet

IMAGE = np.zeros((64, 64, 3), np.uint8)
LONG = "I am about to take a photograph for a catalogue. Please put the milk carton on the wooden tray. " * 3


@pytest.fixture
def drawn(monkeypatch):
    """What is written on sheets: left, top, width, height and text of every line."""
    found = []
    write = ImageDraw.ImageDraw.text

    def noted(self, at, text, **look):
        left, top, right, bottom = look["font"].getbbox(text)
        found.append((at[0] + left, at[1] + top, at[0] + right, at[1] + bottom, text))
        write(self, at, text, **look)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", noted)
    return found


@pytest.mark.parametrize(
    ("title", "row", "label"),
    [
        ("short", "row", f"level 5: {LONG}"),
        (LONG, "row", "short"),
        ("short", "+".join(["camera_pose_l3"] * 30), "short"),
        ("short", "row", "+".join(["camera_pose_l3"] * 30)),
    ],
)
def test_every_word_is_on_the_sheet(drawn, title, row, label):
    cells = [SheetCell(row=name, label=text, image=IMAGE) for name in (row, "next") for text in (label, "other")]
    sheet = contact_sheet(title, cells, cell_width_px=100)
    assert all(
        left >= 0 and top >= 0 and right <= sheet.width and bottom <= sheet.height
        for left, top, right, bottom, _ in drawn
    )
    written = "".join(text.replace(" ", "") for *_, text in drawn)
    assert written == "".join([title, row, label, "other", "next", label, "other"]).replace(" ", "")


def test_no_label_is_under_the_next_picture_or_in_the_next_column(drawn):
    contact_sheet(
        "t", [SheetCell(row=row, label=LONG, image=IMAGE) for row in "ab" for _ in range(2)], cell_width_px=100
    )
    heads = [top for _, top, _, _, text in drawn if text in ("a", "b")]
    (_, second) = heads
    first_row = drawn[2 : [text for *_, text in drawn].index("b")]
    assert max(bottom for _, _, _, bottom, _ in first_row) <= second
    assert all(right <= 108 for left, _, right, _, _ in first_row if left < 108)


@pytest.mark.parametrize("text", ["success: go", f"failure: {LONG}"])
def test_every_word_is_under_a_film(drawn, text):
    frames = [np.full((64, 100, 3), number, np.uint8) for number in range(3)]
    pictures = captioned(frames, text)
    assert {picture.shape for picture in pictures} == {(64 + caption_px(text, 100), 100, 3)}
    assert caption_px(text, 100) % 2 == 0, "codecs want even heights"
    assert all((picture[:64] == frame).all() for picture, frame in zip(pictures, frames, strict=True))
    assert "".join(line.replace(" ", "") for *_, line in drawn) == text.replace(" ", "")
    assert all(right <= 100 and bottom <= caption_px(text, 100) for _, _, right, bottom, _ in drawn)
