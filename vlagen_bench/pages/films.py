"""Which failures are shown, and how? A few of every condition, each as its first picture and a strip of its film."""

import io
import os
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import quote

import imageio.v2 as imageio
import numpy as np
from PIL import Image

from vlagen_bench.finished import Run
from vlagen_bench.report import UNNAMED
from vlagen_bench.video import CAPTION_PX

MOST = 24
"""failures that are shown"""
BUDGET_BYTES = 10_000_000
"""of all their pictures, as they stand in the page"""
STRIP = 6
FIRST_PX, STRIP_PX = 320, 160
"""widths"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture in the page."""

    source: str
    """a data: address"""
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True)
class Film:
    """A failure with its film."""

    id: str
    condition: str
    index: int
    instruction: str
    trouble: str
    steps: int
    link: str
    """of the film, from the page"""
    first: Shot | None
    """None where the film cannot be read"""
    strip: Shot | None
    times_s: tuple[float, ...]
    """of the pictures of the strip"""


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The failures that are shown, and how many there are."""

    films: tuple[Film, ...]
    failures: int
    filmed: int


def gallery(run: Run, page: Path, *, most: int = MOST, budget_bytes: int = BUDGET_BYTES) -> Gallery:
    """At most `most` failures with films, spread over conditions, as far as the budget goes.

    Args:
        run: the run.
        page: where the page will be, which links to the films.
        most: how many at most.
        budget_bytes: of all pictures together.
    """
    paths = {path.stem.rpartition("-")[2]: path for path in sorted((run.path / "videos").glob("*.mp4"))}
    failed = [one for one in run.planned if run.results.get(one["id"], {}).get("outcome") == "failure"]
    filmed = [one for one in failed if one["id"] in paths]
    films, used = [], 0
    for episode in spread(filmed, run.report.groups)[:most]:
        film = _film(run, episode, paths[episode["id"]], page)
        used += sum(len(shot.source) for shot in (film.first, film.strip) if shot)
        if used > budget_bytes:
            break
        films.append(film)
    order = {name: place for place, name in enumerate(dict.fromkeys(one["condition"] for one in run.planned))}
    films.sort(key=lambda film: (order[film.condition], film.index))
    return Gallery(films=tuple(films), failures=len(failed), filmed=len(filmed))


def spread(episodes: Sequence[Mapping[str, Any]], first: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One of each condition, then a second of each ...; conditions in `first` come before others, which are twins only."""
    of_condition = defaultdict(list)
    for episode in sorted(episodes, key=lambda one: one["condition"] not in first):
        of_condition[episode["condition"]].append(episode)
    return [one for one in chain.from_iterable(zip_longest(*of_condition.values())) if one is not None]


def _film(run: Run, episode: Mapping[str, Any], path: Path, page: Path) -> Film:
    record = run.results[episode["id"]]
    first = strip = None
    times: tuple[float, ...] = ()
    if pictures := list(_pictures(path)):
        chosen = np.linspace(0, len(pictures) - 1, min(STRIP, len(pictures))).round().astype(int)
        times = tuple(float(pictures[place][0]) for place in chosen)
        first = _shot(pictures[0][1])
        strip = _shot(_side_by_side([pictures[place][1] for place in chosen]))
    return Film(
        id=episode["id"],
        condition=episode["condition"],
        index=episode["index"],
        instruction=episode["values"]["instruction"]["text"],
        trouble=record["metrics"].get("trouble") or UNNAMED,
        steps=record["steps"],
        link=quote(Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()),
        first=first,
        strip=strip,
        times_s=times,
    )


def _pictures(path: Path) -> Iterator[tuple[float, Image.Image]]:
    """Time and picture, less the caption, `FIRST_PX` wide; none of a film that is damaged."""
    try:
        with imageio.get_reader(path) as reader:
            fps = reader.get_meta_data()["fps"]
            for place, frame in enumerate(reader):
                picture = Image.fromarray(frame[:-CAPTION_PX])
                height = round(FIRST_PX * picture.height / picture.width)
                yield place / fps, picture.resize((FIRST_PX, height), Image.Resampling.LANCZOS)
    except (OSError, RuntimeError, ValueError, SyntaxError):
        return


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    height = round(STRIP_PX * pictures[0].height / pictures[0].width)
    strip = Image.new("RGB", (STRIP_PX * len(pictures), height))
    for place, picture in enumerate(pictures):
        strip.paste(picture.resize((STRIP_PX, height), Image.Resampling.LANCZOS), (place * STRIP_PX, 0))
    return strip


def _shot(picture: Image.Image) -> Shot:
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=78, optimize=True)
    source = "data:image/jpeg;base64," + b64encode(jpeg.getvalue()).decode()
    return Shot(source=source, width_px=picture.width, height_px=picture.height)
