"""The documentation as a site: mkdocs builds it without a warning, and its pages fetch nothing."""

import html
import inspect
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import yaml

import vlagen_bench
from helpers import pages

CONFIG = pages.TOP / "mkdocs.yml"
FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src",),
}
"""attributes that a browser loads by itself; a link of the style or icon kind is added below"""
LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "prefetch", "modulepreload", "dns-prefetch"}


class Resources(HTMLParser):
    """What a page loads by itself: scripts, styles, pictures."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        names = FETCHED.get(tag, ())
        if tag == "link" and LOADED_LINKS & set((values.get("rel") or "").split()):
            names = ("href",)
        self.addresses += [values[name] for name in names if values.get(name)]


def from_elsewhere(page):
    """The resources of a page that are not files of the site."""
    parser = Resources()
    parser.feed(page)
    return [address for address in parser.addresses if re.match(r"(https?:)?//", address)]


def files_in(nav):
    """The files of a navigation tree, in order."""
    for entry in nav:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from files_in(value) if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=pages.TOP, env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_stands_in_the_navigation_once():
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    named = list(files_in(config["nav"]))
    assert sorted(named) == sorted(page.removeprefix("docs/") for page in pages.PAGES if page.startswith("docs/"))


@pytest.mark.slow
def test_every_page_is_built(site):
    for page in pages.PAGES:
        if page.startswith("docs/"):
            name = page.removeprefix("docs/").removesuffix(".md")
            built = site / (re.sub(r"README$", "index", name) + ".html")
            assert "<h1" in built.read_text(encoding="utf-8"), built


@pytest.mark.slow
def test_no_page_fetches_anything_from_elsewhere(site):
    built = sorted(site.rglob("*.html"))
    assert len(built) > len(pages.PAGES) - 2
    for page in built:
        assert from_elsewhere(page.read_text(encoding="utf-8")) == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.slow
def test_the_reference_has_every_public_name_with_its_docstring(site):
    reference = "".join(page.read_text(encoding="utf-8") for page in (site / "reference").glob("*.html"))
    reference = re.sub("</?code>", "`", reference)
    for name in vlagen_bench.__all__:
        value = getattr(vlagen_bench, name)
        if name == "__version__":
            continue
        assert f'id="{value.__module__}.{value.__qualname__}"' in reference, name
        first_words = " ".join(inspect.getdoc(value).split()[:3])
        assert html.escape(first_words, quote=False) in reference, (name, first_words)


def test_a_resource_from_elsewhere_would_be_found():
    assert from_elsewhere('<script src="https://cdn.example/x.js"></script><a href="https://example.org">x</a>')
    assert from_elsewhere('<link rel="stylesheet" href="//fonts.example/css">')
    assert from_elsewhere('<script src="assets/x.js"></script><link rel="stylesheet" href="a.css">') == []
