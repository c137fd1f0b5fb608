"""The site in a real browser."""

import functools
import http.server
import json
import re
import threading

import pytest

from helpers.browser import CHROMIUM, browse
from helpers.entries import built
from helpers.layout import on_a_phone

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers


@pytest.fixture
def served(tmp_path):
    """Where a plain web server on this machine shows the site, under a path as project pages have."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/site"
        server.shutdown()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize("where", ["file", "http"])
def test_a_browser_shows_it_from_a_folder_and_from_a_host(full, served, tmp_path, where):
    built(tmp_path)
    root = (tmp_path / "site").as_uri() if where == "file" else served
    for name, words in (("index.html", "Tied at the top"), ("suites/paper.html", "ours-checked")):
        dom, said, asked = browse(f"{root}/{name}", tmp_path)
        assert "CONSOLE" not in said, said
        assert not [address for address in asked if not address.startswith("data:")]
        assert words in dom and "<title>owned" not in dom
    assert dom.count('aria-label="Sort by ') > 20 and 'type="search"' in dom  # the scripts ran
    controls = re.findall(r'<div class="controls filter"[^>]*>', dom)
    assert len(controls) == 4 and not any("hidden" in one for one in controls)
    assert re.search('<th scope="col" class="n" data-sort="" data-shelf="vision"[^>]* hidden=""', dom)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize("name", ["suites/paper.html", "entries/paper/ours-checked.html"])
def test_a_phone_shows_every_number_that_is_chosen(full, tmp_path, name):
    built(tmp_path)
    cells, bad = on_a_phone(tmp_path / "site" / name, tmp_path)
    assert cells > 20 and bad == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_choices_and_sorting_act(full, tmp_path):
    """A page without its policy, so that a script may use it as a reader would."""
    built(tmp_path)
    page = tmp_path / "site/suites/paper.html"
    use = """<script>
      const board = document.getElementById("board-1");
      const choose = (what, value) => {
        const select = document.querySelector(`[data-board=board-1] [data-choose=${what}]`);
        select.value = value;
        select.dispatchEvent(new Event("change"));
      };
      const seen = (one) => getComputedStyle(one).display !== "none";
      const names = () => [...board.tBodies[0].rows].filter(seen).map((row) => row.querySelector("a").textContent);
      const heads = () => [...board.querySelectorAll("thead [data-shelf]")].filter(seen).length;
      const said = [heads()];
      choose("shelf", "vision"); said.push(heads());
      choose("shelf", ""); said.push(heads());
      choose("kind", "verified"); said.push(names());
      choose("kind", "reported"); said.push(names());
      const button = board.querySelector("th[data-sort] button");
      button.click(); button.click(); said.push(names());
      document.title = JSON.stringify(said);
    </script></body>"""
    text = re.sub(r"<meta http-equiv.*>", "", page.read_text(encoding="utf-8")).replace("</body>", use)
    page.write_text(text, encoding="utf-8")
    dom, said, _ = browse(page.as_uri(), tmp_path)
    assert "CONSOLE" not in said, said
    ours, paper = ["ours-checked", "ours-sampled"], ["openvla-rl-ppo", "openvla-sft-16k"]
    assert json.loads(re.search("<title>(.*)</title>", dom)[1]) == [5, 5, 20, ours, paper, paper[::-1]]
