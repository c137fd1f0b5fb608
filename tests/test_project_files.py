"""The files that a visitor of the repository reads first: CITATION.cff and CONTRIBUTING.md."""

import configparser
import re

import yaml

import vlagen_bench
from helpers import pages

CITATION = yaml.safe_load((pages.TOP / "CITATION.cff").read_text(encoding="utf-8"))
CONTRIBUTING = (pages.TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_citation_has_the_version_and_licence_of_the_package():
    setup = configparser.ConfigParser()
    setup.read(pages.TOP / "setup.cfg")
    assert CITATION["version"] == vlagen_bench.__version__
    assert CITATION["license"] == setup["metadata"]["license"]


def test_the_citation_has_what_the_format_asks_for():
    assert {"cff-version", "message", "title", "authors", "version"} <= CITATION.keys()
    (paper,) = CITATION["references"]
    assert {"type", "title", "authors"} <= paper.keys() and paper["year"] == 2025


def test_the_guide_for_contributors_is_short():
    assert len(CONTRIBUTING.splitlines()) < 60


def test_the_links_of_the_guide_lead_somewhere():
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", CONTRIBUTING)
    assert targets and all((pages.TOP / target).exists() for target in targets), targets


def test_the_files_that_the_guide_names_exist():
    named = re.findall(r"(?:^|[\s`])((?:tests|scripts)/[\w./-]+\.\w+)", CONTRIBUTING)
    assert named and all((pages.TOP / name).exists() for name in named), named
