"""Does the published leaderboard rank what can be ranked and nothing else, fetch nothing, and open everywhere?"""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from helpers.fabricated import fabricate
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.provenance import MEANINGS, not_proven, proven
from vlagen_bench.leaderboard.site import boards, publish
from vlagen_bench.plan import catalog
from vlagen_bench.report import entries
from vlagen_bench.report.html import write_report
from vlagen_bench.report.html.estimates import Estimate
from vlagen_bench.utils import paths

EVIL = """</title></script><script>document.title='owned'</script><img src=x onerror=alert(1)>{{ 7*7 }}"'"""


def content(name, suite="paper", *, successes=120, n=192, resimulated=0, model="A model", notes=(), **changes):
    """What is in the file of an entry that was submitted."""
    groups, own = entries.groups_of(suite), boards.own_protocol(catalog.suite(suite))
    episodes = n * len(groups)
    return {
        "schema": 1,
        "kind": "verified" if resimulated else "self-run",
        "suite": suite,
        "name": name,
        "model": model,
        "source": {"citation": "none", "table": "submission 0123456789ab, by me@example.org", "read": "counted"},
        "protocol": {
            "suite_version": own.suite_version, "success": own.success, "settling": own.settling,
            "episodes_per_condition": n, "decoding": "greedy", "notes": ["policy: mine.py:Policy", *notes],
        },
        "conditions": {condition: {"n": n, "successes": successes} for condition in groups},
        "proof": {
            "archive_sha256": "a" * 64, "actions_sha256": "b" * 64, "states_sha256": "c" * 64, "plan_hash": "d" * 16,
            "actions_digests": "0123" * episodes, "states_digests": "4567" * episodes,
            "episodes": episodes, "resimulated": resimulated, "exact": resimulated, "release": "0.1.0",
            **({"sample_seed": 7} if 0 < resimulated < episodes else {}),
        },
        **changes,
    }  # fmt: skip


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The published entries, in a folder where others can be put beside them."""
    folder = tmp_path / "leaderboards"
    shutil.copytree(paths.leaderboards_dir() / "paper", folder / "paper")
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: folder)

    def put(name, suite="paper", **what):
        (folder / suite).mkdir(exist_ok=True)
        (folder / suite / f"{name}.json").write_text(json.dumps(content(name, suite, **what)))

    return put


@pytest.fixture
def full(shelf):
    """With submissions of every sort."""
    shelf("ours-verified", successes=157, resimulated=3072, model="Ours 3B, trained on 10k episodes, then RL")
    shelf("ours-sampled", successes=156, resimulated=300)
    shelf("theirs", successes=154)
    shelf("attack", successes=20, model=EVIL, notes=(EVIL,))
    shelf("oracle", successes=192, notes=("policy: vlagen_bench.policies.expert:Expert",))


class Elements(HTMLParser):
    """Every element with its attributes; all that is opened is closed."""

    def __init__(self, path):
        super().__init__()
        self.found, self.open = [], []
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def built(tmp_path, **options):
    publish(tmp_path / "site", **options)
    return sorted((tmp_path / "site").rglob("*.html"))


def of(page, name):
    return next(one for one in page.standings if one.entry.name == name)


def test_there_is_a_page_for_all_and_each(full, tmp_path):
    names = [path.relative_to(tmp_path / "site").as_posix() for path in built(tmp_path)]
    assert names[-2:] == ["index.html", "suites/paper.html"]
    assert sum(name.startswith("entries/paper/") for name in names) == 20 and len(names) == 22


def test_protocols_stand_apart(full):
    own, *others, never = boards.page("paper").blocks
    assert not own.differences and {one.entry.name for one in own.standings} == {
        "openvla-rl-ppo", "openvla-sft-16k", "ours-verified", "ours-sampled", "theirs", "attack",
    }  # fmt: skip
    assert [len(block.standings) for block in others] == [7, 6]
    for block in others:
        assert block.differences and not block.ties and all(one.place is None for one in block.standings)
        names = [one.entry.name for one in block.standings]
        assert names == sorted(names)
        assert len({one.entry.name.split("-")[0].rstrip("05") for one in block.standings}) <= 2
    assert never.privileged


def test_what_cannot_be_told_apart_is_tied(full):
    own = boards.page("paper").blocks[0]
    assert own.ties[0] == ("ours-verified", "ours-sampled", "theirs")
    places = {one.entry.name: (one.place.first, one.place.last) for one in own.standings}
    assert places["ours-verified"] == places["theirs"] == (1, 3)
    assert places["attack"] == (6, 6) and own.standings[-1].entry.name == "attack"


@pytest.mark.parametrize("how", [{"resimulated": 3072}, {"resimulated": 300}, {}, {"kind": "reported", "proof": None}])
@pytest.mark.parametrize("note", [
    "policy: expert", "policy: replay", "policy: vlagen_bench.policies.expert:Expert", "policy: copies/Expert.py:P",
    "Policy:expert", " POLICY :  Replay ",
])  # fmt: skip
def test_who_sees_the_state_is_never_ranked(shelf, tmp_path, note, how):
    """However the entry came: checked, taken at its word, or written by hand."""
    shelf("best", successes=192, notes=(note,), **how)
    page = boards.page("paper")
    never = page.blocks[-1]
    assert never.privileged and not never.ties and of(page, "best").place is None
    assert "best" not in {name for block in page.blocks for group in block.ties for name in group}
    built(tmp_path)
    text = (tmp_path / "site/entries/paper/best.html").read_text()
    assert "<b>Never ranked.</b>" in text and "Place <b>" not in text
    assert "At the top" in (index := (tmp_path / "site/index.html").read_text()) and "best.html" not in index


def test_the_expert_by_name_is_never_ranked(shelf):
    shelf("expert", successes=192)
    assert of(boards.page("paper"), "expert").place is None


def test_a_policy_that_is_called_like_one_is_ranked(shelf):
    shelf("experts-distilled", successes=150, notes=("policy: experts.py:Student", "trained on: expert"))
    assert of(boards.page("paper"), "experts-distilled").place


def test_parts_and_uneven_counts_are_not_ranked(shelf):
    shelf("part", conditions={"in_distribution": {"n": 192, "successes": 192}})
    uneven = content("uneven")["conditions"] | {"reposition": {"n": 400, "successes": 400}}
    shelf("uneven", conditions=uneven)
    page = boards.page("paper")
    assert of(page, "part").place is None and of(page, "uneven").place is None
    assert len(page.blocks[0].ties) == 2


def test_one_entry_is_at_no_top(shelf, tmp_path):
    shelf("one", "quick", successes=0, n=4)
    built(tmp_path)
    assert (tmp_path / "site/index.html").read_text().count("At the top") == 1  # of the suite `paper`
    assert "The only one that can be ranked" in (tmp_path / "site/index.html").read_text()
    assert "none is there to compare it with" in (tmp_path / "site/suites/quick.html").read_text()


def test_shared_scenes_are_counted_not_episodes(shelf):
    """By episodes 4/4 of 9 conditions against 2/4 were far apart; by four scenes they are not."""
    shelf("one", "quick", successes=4, n=4)
    shelf("other", "quick", successes=2, n=4)
    (block,) = boards.page("quick").blocks
    assert not block.differences and block.ties == (("one", "other"),)
    assert block.standings[0].estimates[0] == Estimate(value=1.0, n=36)  # and no interval of the mean


def test_means_are_whole_or_none(full):
    page = boards.page("paper")
    names = [column.name for column in page.columns]
    row = of(page, "openvla-rl-ppo").estimates
    vision = row[names.index("vision")]
    assert vision.value == pytest.approx((162 + 160 + 121 + 164 + 128) / 5 / 192) and vision.low < vision.value
    assert of(page, "rlinf-openvla-ppo").estimates[names.index("semantics")] == Estimate(value=0.7835)
    assert of(page, "pirl-pi0-sft").estimates[names.index("semantics")] == Estimate()
    assert len(names) == 1 + 4 + 15 and {column.shelf for column in page.columns} == {
        "overview", "vision", "semantics", "execution"
    }  # fmt: skip


def test_levels_of_an_axis_are_one_column():
    columns = {column.name: column for column in boards.page("core").columns}
    assert columns["lighting"].conditions == tuple(f"lighting_l{level}" for level in range(1, 6))
    assert sum(len(one.conditions) for one in columns.values() if one.shelf != "overview") == 179


def test_the_sentences_say_what_was_proven(full):
    found = {one.entry.name: one.entry for one in boards.page("paper").standings}
    assert "3072 of 3072 episodes were simulated again" in proven(found["ours-verified"])[2]
    assert "more than 29 of the 3072 records were false" in proven(found["ours-sampled"])[3]
    assert len(proven(found["theirs"])) == 2 and "Whether the actions do" in not_proven(found["theirs"])[0]
    assert proven(found["openvla-rl-ppo"]) == ()
    for name in ("ours-verified", "ours-sampled", "theirs"):
        assert any(said.startswith("Who made the actions") for said in not_proven(found[name]))
    assert "Not: who made the actions" in MEANINGS["verified"]


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


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def browse(url, tmp_path):
    """The DOM of a page in headless Chromium, what was said, and what the page asked for."""
    flags = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={tmp_path / 'net.json'}", "--dump-dom",
    )  # fmt: skip
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    done = subprocess.run([CHROMIUM, *flags, url], capture_output=True, text=True, env=env, timeout=120, check=True)
    events = json.loads((tmp_path / "net.json").read_text())["events"]
    requests = [event["params"] for event in events if "params" in event]
    # Chromium calls home by itself; what a page asks for has the page as its initiator.
    asked = [one["url"] for one in requests if one.get("initiator", "not an origin") != "not an origin"]
    return done.stdout, done.stderr, [one for one in asked if not one.startswith("data:")]


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
    for name, words in (("index.html", "Tied at the top"), ("suites/paper.html", "ours-verified")):
        dom, said, asked = browse(f"{root}/{name}", tmp_path)
        assert "CONSOLE" not in said, said
        assert not asked and words in dom and "<title>owned" not in dom
    assert dom.count('aria-label="Sort by ') > 20 and 'type="search"' in dom  # the scripts ran
    controls = re.findall(r'<div class="controls filter"[^>]*>', dom)
    assert len(controls) == 4 and not any("hidden" in one for one in controls)
    assert '<th scope="col" class="n" data-sort="" data-shelf="vision" hidden=""' in dom


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
    ours, paper = ["ours-verified", "ours-sampled"], ["openvla-rl-ppo", "openvla-sft-16k"]
    assert json.loads(re.search("<title>(.*)</title>", dom)[1]) == [5, 5, 20, ours, paper, paper[::-1]]
