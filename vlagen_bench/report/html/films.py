"""The failures that the page shows: a few per condition, each as its first picture and a film strip."""

import io
import os
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import quote

import imageio.v2 as imageio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.report import UNNAMED
from vlagen_bench.runs.film_frames import FilmRegion, caption_px, region_of
from vlagen_bench.utils.smooth_text import put, width_px

MOST = 24
"""failures that are shown"""
BUDGET_BYTES = 10_000_000
"""of all their pictures, as they stand in the page"""
STRIP, COLUMNS = 6, 3
"""pictures of a strip, and how many stand side by side"""
FIRST_PX, STRIP_PX = 320, 160
"""widths"""


@dataclass(frozen=True, kw_only=True)
class EmbeddedPicture:
    """A picture in the page."""

    source: str
    """a data: address"""
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True)
class FailureFilm:
    """A failure with its film."""

    id: str
    condition: str
    index: int
    instruction: str
    trouble: str
    steps: int
    link: str
    """of the film, from the page"""
    first: EmbeddedPicture | None
    """None where the film cannot be read"""
    strip: EmbeddedPicture | None
    pictures: int
    """in the strip"""


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The failures that are shown, and how many there are."""

    films: tuple[FailureFilm, ...]
    failures: int
    filmed: int


def gallery(run: LoadedRun, page: Path, *, most: int = MOST, budget_bytes: int = BUDGET_BYTES) -> Gallery:
    """At most `most` failures with films, spread over conditions, as far as the budget goes.

    Args:
        run: the run.
        page: where the page will be, which links to the films.
        most: how many at most.
        budget_bytes: of all pictures together.
    """
    paths = {path.stem.rpartition("-")[2]: path for path in sorted((run.path / "videos").glob("*.mp4"))}
    failed = [record for record in run.planned if run.results.get(record["id"], {}).get("outcome") == "failure"]
    filmed = [record for record in failed if record["id"] in paths]
    films, used = [], 0
    for episode in spread(filmed, run.report.groups)[:most]:
        film = _film(run, episode, paths[episode["id"]], page)
        used += sum(len(shot.source) for shot in (film.first, film.strip) if shot)
        if used > budget_bytes:
            break
        films.append(film)
    order = {name: place for place, name in enumerate(dict.fromkeys(record["condition"] for record in run.planned))}
    films.sort(key=lambda film: (order[film.condition], film.index))
    return Gallery(films=tuple(films), failures=len(failed), filmed=len(filmed))


def spread(episodes: Sequence[Mapping[str, Any]], first: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One of each condition, then a second of each ...; conditions in `first` come before others, which are twins only."""
    of_condition = defaultdict(list)
    for episode in sorted(episodes, key=lambda record: record["condition"] not in first):
        of_condition[episode["condition"]].append(episode)
    return [record for record in chain.from_iterable(zip_longest(*of_condition.values())) if record is not None]


def _film(run: LoadedRun, episode: Mapping[str, Any], path: Path, page: Path) -> FailureFilm:
    record, instruction = run.results[episode["id"]], episode["values"]["instruction"]["text"]
    first = strip = None
    pictures = _pictures(path, f"{record['outcome']}: {instruction}")
    if pictures:
        first = _shot(_wide(pictures[0][1], FIRST_PX))
        strip = _shot(_side_by_side([_timed(_wide(picture, STRIP_PX), time) for time, picture in pictures]))
    return FailureFilm(
        id=episode["id"],
        condition=episode["condition"],
        index=episode["index"],
        instruction=instruction,
        trouble=record["metrics"].get("trouble") or UNNAMED,
        steps=record["steps"],
        link=quote(Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()),
        first=first,
        strip=strip,
        pictures=len(pictures),
    )


def _pictures(path: Path, text: str) -> list[tuple[float, Image.Image]]:
    """Time in seconds and picture of the primary camera, at even steps to the end; none of a film that is damaged.

    Films of earlier releases do not say where that picture is: they have a caption of this text under it.
    """
    try:
        region = region_of(path)
        with imageio.get_reader(path) as opened:
            reader: Any = opened  # imageio's types do not say what a reader can do
            facts = reader.get_meta_data()
            if region is None:
                width, height = facts["size"]
                height -= caption_px(text, width)
                region = FilmRegion(left_px=0, top_px=0, width_px=width, height_px=height, held=0)
            fps = facts["fps"]
            # To count them truly is to read the film twice.
            count = round(facts["duration"] * fps) - region.held
            chosen = set(np.linspace(0, count - 1, min(STRIP, count)).round().astype(int))
            return [
                (place / fps, Image.fromarray(_cut(frame, region)))
                for place, frame in enumerate(reader)
                if place in chosen
            ]
    except (OSError, RuntimeError, ValueError, SyntaxError):
        return []


def _cut(frame: np.ndarray, region: FilmRegion) -> np.ndarray:
    left, top = region.left_px, region.top_px
    return frame[top : top + region.height_px, left : left + region.width_px]


def _wide(picture: Image.Image, width_px: int) -> Image.Image:
    return picture.resize((width_px, round(width_px * picture.height / picture.width)), Image.Resampling.LANCZOS)


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    width, height = pictures[0].size
    lines = -(-len(pictures) // COLUMNS)
    strip = Image.new("RGB", (width * min(len(pictures), COLUMNS), height * lines), "white")
    for place, picture in enumerate(pictures):
        line, column = divmod(place, COLUMNS)
        strip.paste(picture, (column * width, line * height))
    return strip


def _timed(picture: Image.Image, time_s: float) -> Image.Image:
    """The picture with its time in a corner."""
    draw, font, words = ImageDraw.Draw(picture), ImageFont.load_default(size=11), f"{time_s:.1f} s"
    bottom = picture.height
    draw.rectangle((0, bottom - 16, width_px(words, font) + 8, bottom), fill="black")
    put(draw, (4, bottom - 15), words, fill="white", font=font)
    return picture


def _shot(picture: Image.Image) -> EmbeddedPicture:
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=78, optimize=True)
    source = "data:image/jpeg;base64," + b64encode(jpeg.getvalue()).decode()
    return EmbeddedPicture(source=source, width_px=picture.width, height_px=picture.height)
