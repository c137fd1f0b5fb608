"""The page in a real browser."""

import random
import re
import shutil
import subprocess

import pytest

from helpers.browser import CHROMIUM, Elements, browse
from helpers.fabricated import fabricate
from helpers.ladder import LADDER, by_rule, edit, failures, film
from helpers.layout import on_a_phone, printed_pages
from vlagen_bench.report import comparison_page
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.html import write_report

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_browser_shows_it_and_fetches_nothing(ladder, tmp_path):
    chance = random.Random(0)
    for record in chance.sample(failures(ladder), 2):
        film(ladder, record)
    dom, said, asked = browse(write_report(ladder).as_uri(), tmp_path)
    assert "CONSOLE" not in said, said
    assert not [url for url in asked if not url.startswith("data:")]
    for heading in (
        "Which axes hurt",
        "How it falls with severity",
        "How it fails",
        "Gallery of failures",
        "Provenance",
    ):
        assert f">{heading}</h2>" in dom
    assert dom.count('aria-label="Sort by ') > 5 and 'type="search"' in dom  # the script ran


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_browser_shows_a_comparison_and_fetches_films_only(ladder, tmp_path):
    other = fabricate(tmp_path / "b", "core", lambda _: "success", episodes=6, conditions=LADDER)
    for run in (ladder, other):
        film(run, failures(ladder)[0])
    page = comparison_page.write(compare([ladder, other]), tmp_path / "out")
    Elements(page)
    dom, said, asked = browse(page.as_uri(), tmp_path)
    assert "CONSOLE" not in said, said
    films = {path.as_uri() for path in (tmp_path / "out" / "videos").iterdir()}
    assert len(films) == 2 and {url for url in asked if not url.startswith("data:")} <= films
    assert dom.count("<video") == 2 and dom.count("Play together</button>") == 1
    assert dom.count('aria-label="Sort by ') > 5 and dom.count('type="search"') == 1


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here: apt-get install poppler-utils")
def test_a_printed_page_breaks_no_key_and_wastes_no_paper(ladder, tmp_path):
    for record in failures(ladder):
        film(ladder, record, frames=6)
    edit(ladder / "header.json", harness={"a_rather_long_name_of_a_limit_s": 1.0})
    pdf, flags = tmp_path / "page.pdf", ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [CHROMIUM, *flags, profile, f"--print-to-pdf={pdf}", write_report(ladder).as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "harness.a_rather_long_name_of_a_limit_s" in pages
    shown = [page.count(" steps") for page in pages.split("\f")]
    assert sum(shown) == 24 and sum(map(bool, shown)) <= 3, f"films a page: {shown}"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize("guarded", [True, False])
def test_the_policy_of_the_page_holds_in_a_browser(ladder, tmp_path, guarded):
    """What is smuggled into a page is neither run nor fetched; without its policy it is, so these tests can fail."""
    page = write_report(ladder)
    text = page.read_text(encoding="utf-8")
    if not guarded:
        text = re.sub(r"<meta http-equiv.*>", "", text)
    evil = '<img src="http://smuggled.test/x.png"><script>document.title = "owned"</script></body>'
    page.write_text(text.replace("</body>", evil), encoding="utf-8")
    dom, said, asked = browse(page.as_uri(), tmp_path)
    assert ("<title>owned" in dom) == (not guarded)
    assert (asked == []) == guarded
    assert not guarded or said.count("CONSOLE") >= 2


@pytest.fixture(params=["report", "comparison"])
def written(request, ladder, tmp_path):
    """A page of each kind, of a run with films, with names as long as they come."""
    for record in failures(ladder):
        film(ladder, record, frames=3)
    name = "examples/a_folder_of_policies/a_rather_long_module_name.py:TheClassOfThePolicy"
    edit(ladder / "header.json", policy={"name": name, "arguments": {}})
    if request.param == "report":
        return write_report(ladder)
    others = [
        fabricate(tmp_path / name, "core", rule, episodes=6, conditions=LADDER)
        for name, rule in (("b", lambda _: "success"), ("c", lambda _: "failure"))
    ]
    return comparison_page.write(compare([ladder, *others]), tmp_path / "out")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_phone_shows_every_number(written, tmp_path):
    cells, bad = on_a_phone(written, tmp_path)
    assert cells > 50 and bad == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_what_a_phone_cuts_off_is_found(ladder, tmp_path):
    """A page without its style for phones has tables that are wider; without this, the test above could not fail."""
    page = write_report(ladder)
    page.write_text(
        page.read_text(encoding="utf-8").replace("@media screen and (max-width: 40rem)", "@media (width: 1px)"), "utf-8"
    )
    _, bad = on_a_phone(page, tmp_path)
    assert any(text.startswith("outside: TD") for text in bad) and any("must be scrolled" in text for text in bad)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize("rule", [lambda _: "failure", by_rule], ids=["all fail", "some fail"])
def test_a_run_of_forty_episodes_takes_four_sheets_of_paper_and_the_first_is_full(tmp_path, rule):
    run = fabricate(tmp_path / "run", "quick", rule, episodes=4)
    for record in failures(run):
        film(run, record, frames=6)
    edit(
        run / "header.json",
        harness={f"a_value_of_the_machine_{number}": "a text of some length" for number in range(60)},
    )
    sheets = printed_pages(write_report(run), tmp_path)
    assert len(sheets) <= 4 and sheets[0] > 0.85 and all(end > 0.7 for end in sheets[:-1]), sheets
