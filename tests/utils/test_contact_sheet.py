"""Sheets of pictures, and films, show every word that they are given."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.runs.film_frames import caption_px, captioned
from vlagen_bench.utils import smooth_text
from vlagen_bench.utils.contact_sheet import LEGEND, MARK, SheetCell, contact_sheet

IMAGE = np.zeros((64, 64, 3), np.uint8)
LONG = "I am about to take a photograph for a catalogue. Please put the milk carton on the wooden tray. " * 3


@pytest.fixture
def drawn(monkeypatch):
    """What is written on sheets: left, top, right, bottom and text of every line."""
    found = []
    put = smooth_text.put

    def noted(draw, at, text, *, fill, font):
        _, top, _, bottom = font.getbbox(text)
        found.append((at[0], at[1] + top, at[0] + smooth_text.width_px(text, font), at[1] + bottom, text))
        put(draw, at, text, fill=fill, font=font)

    monkeypatch.setattr(smooth_text, "put", noted)
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
    assert all(right <= 110 for left, _, right, _, _ in first_row if left < 110)


@pytest.mark.parametrize("text", ["success: go", f"failure: {LONG}"])
def test_every_word_is_under_a_film(drawn, text):
    frames = [np.full((64, 100, 3), number, np.uint8) for number in range(3)]
    pictures = captioned(frames, text)
    assert {picture.shape for picture in pictures} == {(64 + caption_px(text, 100), 100, 3)}
    assert caption_px(text, 100) % 2 == 0, "codecs want even heights"
    assert all((picture[:64] == frame).all() for picture, frame in zip(pictures, frames, strict=True))
    assert "".join(line.replace(" ", "") for *_, line in drawn) == text.replace(" ", "")
    assert all(right <= 100 and bottom <= caption_px(text, 100) for _, _, right, bottom, _ in drawn)


def marks(sheet):
    """Where a sheet has the colour of marks: left, top, right, bottom; None where it has none."""
    return Image.fromarray((np.asarray(sheet) == [0xE6, 0x00, 0x7E]).all(axis=2)).getbbox()


def test_what_differs_from_the_twin_is_outlined(drawn):
    changed = IMAGE.copy()
    changed[20:36, 8:24] = 255
    cells = [SheetCell(row="r", label="clean", image=IMAGE), SheetCell(row="r", label="x", image=changed, twin=IMAGE)]
    sheet = contact_sheet("t", cells, cell_width_px=128)
    left, top, right, bottom = marks(sheet)
    start, above = 10 + 128 + 10, sheet.height - 10 - 6 - 17 - 128
    assert start + 16 - 8 <= left < start + 16 and start + 48 < right <= start + 48 + 20, "twice as large"
    assert above + 40 - 20 <= top < above + 40 and above + 72 < bottom <= above + 72 + 20
    assert LEGEND in "".join(f"{text} " for *_, text in drawn) and MARK == "#e6007e"


def test_where_everything_differs_the_frame_is_dashed():
    cells = [SheetCell(row="r", label="x", image=255 - IMAGE, twin=IMAGE)]
    sheet = contact_sheet("t", cells, cell_width_px=128)
    left, _, right, _ = marks(sheet)
    assert right - left == 128
    colours = np.asarray(sheet)[sheet.height - 10 - 6 - 17 - 128 + 1]
    assert 0.3 < (colours == [0xE6, 0x00, 0x7E]).all(axis=1)[10:138].mean() < 0.7


def test_nothing_is_marked_where_nothing_differs_or_no_twin_is_known(drawn):
    cells = [SheetCell(row="r", label="x", image=IMAGE, twin=IMAGE), SheetCell(row="r", label="y", image=IMAGE)]
    assert marks(contact_sheet("t", cells)) is None
    assert any(LEGEND.startswith(text) for *_, text in drawn)
    drawn.clear()
    contact_sheet("t", [SheetCell(row="r", label="y", image=IMAGE)])
    assert [text for *_, text in drawn] == ["t", "r", "y"], "without twins there is no legend"


def test_words_that_differ_are_outlined():
    cells = [SheetCell(row="r", label="x", image=IMAGE, twin=IMAGE, reworded=True)]
    sheet = contact_sheet("t", cells)
    _, top, _, bottom = marks(sheet)
    assert top > sheet.height - 10 - 6 - 17 and bottom <= sheet.height


def test_letters_stand_where_the_font_wants_them():
    """Drawn at its size, the word of the next line is torn apart: letters stand on whole pixels."""
    font, words = ImageFont.load_default(size=13), "level 1: 1 thing"
    large = ImageFont.load_default(size=130)
    sheet = Image.new("L", (200, 30))
    smooth_text.put(ImageDraw.Draw(sheet), (0, 0), words, fill="white", font=font)
    exact = Image.new("L", (2000, 300))
    ImageDraw.Draw(exact).text((0, 0), words, fill=255, font=large)
    wanted = np.asarray(exact.resize((200, 30), Image.Resampling.BOX), float)
    plain = Image.new("L", (200, 30))
    ImageDraw.Draw(plain).text((0, 0), words, fill=255, font=font)
    errors = [float(np.abs(np.asarray(one, float) - wanted).mean()) for one in (sheet, plain)]
    assert errors[0] < errors[1] / 2, errors
    assert smooth_text.width_px(words, font) == pytest.approx(large.getlength(words) / 10, rel=0.02)
