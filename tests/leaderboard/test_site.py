"""The pages of the site: their links, words and reports."""

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from helpers.browser import Elements
from helpers.entries import EVIL, built
from helpers.fabricated import fabricate
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.site import publish
from vlagen_bench.report import entries
from vlagen_bench.report.html import write_report
from vlagen_bench.utils import paths


def test_there_is_a_page_for_all_and_each(full, tmp_path):
    names = [path.relative_to(tmp_path / "site").as_posix() for path in built(tmp_path)]
    assert names[-2:] == ["index.html", "suites/paper.html"]
    assert sum(name.startswith("entries/paper/") for name in names) == 20 and len(names) == 22


def test_links_lead_to_pages_of_the_site(full, tmp_path):
    for path in built(tmp_path):
        elements = Elements(path)
        ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
        assert len(ids) == len(set(ids))
        named = [attrs["aria-labelledby"] for _, attrs in elements.found if "aria-labelledby" in attrs]
        assert set(named) <= set(ids)
        for link in (one["href"] for one in elements.all("a")):
            parts = urlsplit(link)
            assert not parts.scheme and not parts.netloc and not parts.path.startswith("/")
            if parts.path:
                assert (path.parent / unquote(parts.path)).resolve().is_file(), link
            else:
                assert parts.fragment in ids, link


def test_pages_fetch_nothing_and_can_be_heard(full, tmp_path):
    for path in built(tmp_path):
        elements = Elements(path)
        assert not any(
            "src" in attrs or "style" in attrs or any(k.startswith("on") for k in attrs) for _, attrs in elements.found
        )
        assert [one["href"] for one in elements.all("link")] == ["data:,"]
        (policy,) = (one["content"] for one in elements.all("meta") if "http-equiv" in one)
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert len(elements.all("caption")) == len(elements.all("table"))
        assert all("scope" in one for one in elements.all("th"))
        levels = [int(tag[1]) for tag, _ in elements.found if tag in ("h1", "h2", "h3")]
        assert levels.count(1) == 1 and all(after - before <= 1 for before, after in pairwise(levels))
        assert any(one.get("name") == "viewport" for one in elements.all("meta"))


def test_what_submitters_wrote_is_text(full, tmp_path):
    shown = 0
    for path in built(tmp_path):
        text = path.read_text(encoding="utf-8")
        assert len(Elements(path).all("script")) == 1 and not Elements(path).all("img") and EVIL not in text
        shown += "&lt;script&gt;document.title" in text and "{{ 7*7 }}" in text
    assert shown == 2  # on its page, and beside its name


def test_equal_entries_give_equal_pages(full, tmp_path):
    first = {path: path.read_bytes() for path in built(tmp_path)}
    publish(tmp_path / "again")
    assert first == {path: (tmp_path / "again" / path.relative_to(tmp_path / "site")).read_bytes() for path in first}
    assert {path: path.read_bytes() for path in built(tmp_path)} == first  # over itself


def test_a_page_of_somebody_else_is_not_written_over(full, tmp_path):
    (tmp_path / "index.html").write_text("my page")
    with pytest.raises(ConfigError, match="is no page of vlagen_bench"):
        publish(tmp_path)
    assert (tmp_path / "index.html").read_text() == "my page" and not (tmp_path / "suites").exists()


def test_reports_are_published_with_their_entries(full, tmp_path):
    (tmp_path / "pages" / "paper").mkdir(parents=True)
    (tmp_path / "pages" / "paper" / "theirs.html").write_text("a report")
    built(tmp_path, reports=tmp_path / "pages")
    site = tmp_path / "site"
    assert (site / "reports/paper/theirs.html").read_text() == "a report"
    assert 'href="../../reports/paper/theirs.html"' in (site / "entries/paper/theirs.html").read_text()
    assert "Report of the run" not in (site / "entries/paper/attack.html").read_text()
    (tmp_path / "pages" / "paper" / "nobody.html").touch()
    with pytest.raises(
        ConfigError, match=r"nobody\.html is of no entry: there is no paper/nobody\.json in .*leaderboards"
    ):
        publish(site, tmp_path / "pages")
    with pytest.raises(ConfigError, match="no such folder"):
        publish(site, tmp_path / "nowhere")


def test_films_come_along_with_their_report(shelf, tmp_path):
    """Every link of a published report leads somewhere, wherever the site is carried."""
    shelf("theirs", "quick", successes=0, n=4)
    run = fabricate(
        tmp_path / "a run", "quick", lambda episode: "failure", episodes=1, conditions=("nominal", "mass_l3")
    )
    (run / "videos").mkdir()
    for record in map(json.loads, (run / "episodes.jsonl").read_text().splitlines()):
        (run / "videos" / f"{record['condition']}-{record['index']:04d}-{record['id']}.mp4").write_bytes(b"film")
    page = write_report(run, tmp_path / "pages" / "quick" / "theirs.html")
    built(tmp_path, reports=tmp_path / "pages")
    shutil.rmtree(run)
    (tmp_path / "site").rename(tmp_path / "carried")
    published = tmp_path / "carried/reports/quick/theirs.html"
    elements, films = Elements(published), 0
    for link in (one["href"] for one in elements.all("a")):
        parts = urlsplit(link)
        assert not parts.scheme and not parts.netloc
        if parts.path:
            film = (published.parent / unquote(parts.path)).resolve()
            assert film.is_relative_to(tmp_path / "carried") and film.read_bytes() == b"film", link
            films += 1
        else:
            assert parts.fragment in {attrs.get("id") for _, attrs in elements.found}, link
    assert films == 2
    with pytest.raises(ConfigError, match=f"no such film: .*vlagen report RUN --html {page}"):
        built(tmp_path, reports=tmp_path / "pages")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("link", ["../../leaderboards/quick/theirs.json", "../quick", "/etc/hostname"])
def test_a_report_takes_along_films_alone(shelf, tmp_path, link):
    shelf("theirs", "quick", successes=0, n=4)
    (tmp_path / "pages" / "quick").mkdir(parents=True)
    (tmp_path / "pages" / "quick" / "theirs.html").write_text(f'<a href="{link}">film</a>')
    with pytest.raises(ConfigError, match="there is no such film"):
        built(tmp_path, reports=tmp_path / "pages")


def test_pages_of_entries_that_are_gone_are_told(shelf, tmp_path):
    shelf("gone")
    built(tmp_path)
    (paths.leaderboards_dir() / "paper" / "gone.json").unlink()
    before = (tmp_path / "site/index.html").read_bytes()
    with pytest.raises(ConfigError, match=r"entries/paper/gone\.html"):
        built(tmp_path)
    assert (tmp_path / "site/index.html").read_bytes() == before


def test_nothing_published_is_a_page_too(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: tmp_path / "none")
    (page,) = built(tmp_path)
    assert "Nothing is published yet." in page.read_text()


def test_the_command_builds_what_is_shipped(tmp_path):
    command = [str(Path(sys.executable).parent / "vlagen"), "leaderboard", "build"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("Written: site/index.html"), done.stderr
    assert len(list((tmp_path / "site/entries").rglob("*.html"))) == len(entries.files())


@pytest.mark.parametrize(("name", "says"), [
    ("xxx.html", r"xxx\.html\.json: the name 'xxx\.html' is not allowed.*no dots"), ("the1rs", "looks like 'theirs'"),
    ("they-rs.v2", "no dots"), ("verified-best", "only a verification says 'verified'"),
])  # fmt: skip
def test_names_that_the_rule_forbids_are_told_before_anything_is_written(full, shelf, tmp_path, name, says):
    shelf(name)
    with pytest.raises(ConfigError, match=says):
        built(tmp_path)
    assert not (tmp_path / "site").exists()


def test_texts_that_cannot_be_seen_are_told(shelf, tmp_path):
    shelf("theirs", model="\u3164")
    with pytest.raises(ConfigError, match=r"theirs\.json: the text .* U\+3164, which cannot be seen"):
        built(tmp_path)


def test_a_site_with_reports_and_films_is_built_twice(shelf, tmp_path):
    pages = tmp_path / "pages" / "quick"
    for name in ("xxx", "xxx-html"):
        shelf(name, "quick", successes=0, n=4)
        (pages / name).mkdir(parents=True)
        (pages / name / "a.mp4").write_bytes(b"film")
        (pages / f"{name}.html").write_text(f'<a href="{name}/a.mp4">film</a>')
    first = {path: path.read_bytes() for path in built(tmp_path, reports=tmp_path / "pages")}
    assert {path: path.read_bytes() for path in built(tmp_path, reports=tmp_path / "pages")} == first
    assert len(list((tmp_path / "site/reports/quick").rglob("a.mp4"))) == 2


def test_the_badge_says_how_many_episodes_were_simulated_again(full, tmp_path):
    built(tmp_path)
    for page in ("index.html", "suites/paper.html", "entries/paper/ours-sampled.html"):
        assert "verified 300 of 3072</span>" in (tmp_path / "site" / page).read_text(), page
    assert "verified 3072 of 3072</span>" in (tmp_path / "site/suites/paper.html").read_text()


@pytest.mark.parametrize(("resimulated", "kind", "fits"), [
    (1, "verified", False), (57, "verified", False), (58, "verified", True), (57, "self-run", True), (58, "self-run", False),
])  # fmt: skip
def test_verified_takes_a_least_sample(shelf, resimulated, kind, fits):
    shelf("ours", resimulated=resimulated, kind=kind)
    if fits:
        assert "ours" in {entry.name for entry in entries.load("paper")}
    else:
        with pytest.raises(ConfigError, match="verified is one with 58 or more"):
            entries.load("paper")
