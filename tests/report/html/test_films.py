"""Films on the page of a run."""

from urllib.parse import unquote

from helpers.browser import Elements
from helpers.ladder import failures, film
from vlagen_bench.report import load
from vlagen_bench.report.html import write_report
from vlagen_bench.report.html.films import gallery, spread


def test_films_are_shown_and_linked_from_where_the_page_is(ladder, tmp_path):
    path = film(ladder, failures(ladder)[0])
    page = tmp_path / "else where" / "page.html"
    assert write_report(ladder, page) == page
    (link,) = (one["href"] for one in Elements(page).all("a") if one["href"].endswith(".mp4"))
    assert (page.parent / unquote(link)).resolve() == path.resolve()
    (shown,) = gallery(load.read(ladder), page).films
    assert (shown.pictures, shown.first.width_px, shown.first.height_px) == (6, 320, 320)  # less the caption
    assert (shown.strip.width_px, shown.strip.height_px) == (480, 320)


def test_pictures_stay_within_their_budget(ladder):
    for record in failures(ladder)[:5]:
        film(ladder, record, frames=3)
    run, page = load.read(ladder), ladder / "report.html"
    everything = gallery(run, page)
    assert (len(everything.films), everything.filmed) == (5, 5) and everything.failures == len(failures(ladder))
    one = sum(len(shot.source) for shot in (everything.films[0].first, everything.films[0].strip))
    assert len(gallery(run, page, budget_bytes=3 * one).films) in (2, 3)
    assert len(gallery(run, page, most=2).films) == 2


def test_a_damaged_film_is_told(ladder):
    film(ladder, failures(ladder)[0]).write_bytes(b"no film")
    assert "Its film cannot be read." in write_report(ladder).read_text(encoding="utf-8")


def test_failures_are_spread_over_conditions():
    episodes = [{"condition": name, "index": index} for name in ("a:clean", "b", "c") for index in range(3)]
    shown = spread(episodes, {"b": "", "c": ""})
    assert [(one["condition"], one["index"]) for one in shown[:4]] == [("b", 0), ("c", 0), ("a:clean", 0), ("b", 1)]
    assert len(shown) == 9
