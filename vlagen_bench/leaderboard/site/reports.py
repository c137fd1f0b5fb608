"""The published reports: pages of `vlagen report`, and the films that they link to."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import paths

LINK = re.compile(r'(?P<before><a\b[^>]*\bhref=")(?P<file>[^":#]+)"')
"""to a file: what has a colon or `#` leads to the web, or stays within the page"""
FILM = ".mp4"


@dataclass(frozen=True, kw_only=True)
class PublishedReport:
    """A page, and what has to lie beside it."""

    name: str
    """in the site"""
    html: bytes
    films: dict[str, Path]
    """name in the site -> where it is now"""


def read_reports(folder: Path, names: Collection[str]) -> Iterator[PublishedReport]:
    """The reports in a folder.

    Args:
        folder: with pages as SUITE/NAME.html.
        names: those of the entries, in the same form.

    Raises:
        ConfigError: there is no such folder, a report is of no entry, or what it links to is no film, or gone.
    """
    if not folder.is_dir():
        raise ConfigError(f"--reports {folder}: there is no such folder. It has pages as SUITE/NAME.html.")
    found = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html"))]
    for name in found:
        if name not in names:
            raise ConfigError(
                f"--reports {folder}: {name} is of no entry: there is no {Path(name).with_suffix('.json')} in "
                f"{paths.leaderboards_dir()}. A report is called as its entry, SUITE/NAME.html."
            )
    for name in found:
        yield _report(folder, name)


def _report(folder: Path, name: str) -> PublishedReport:
    page, films = folder / name, {}

    def beside(link: re.Match[str]) -> str:
        film = page.resolve().parent / unquote(link["file"])
        if film.suffix != FILM or not film.is_file():
            raise ConfigError(
                f"{page} links to {link['file']}, and there is no such film: its link would be dead. A page that is "
                f"copied or moved loses its films. Write it where it is: vlagen report RUN --html {page}"
            )
        own = f"{page.stem}/{film.name}"
        films[f"reports/{Path(name).parent.as_posix()}/{own}"] = film
        return f'{link["before"]}{quote(own)}"'

    html = LINK.sub(beside, page.read_bytes().decode("utf-8", "surrogateescape"))
    return PublishedReport(name=f"reports/{name}", html=html.encode("utf-8", "surrogateescape"), films=films)
