"""What is on the page of a run that nobody ran, and does a browser show it without fetching anything?"""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import imageio.v2 as imageio
import numpy as np
import pytest

from helpers.fabricated import fabricate
from vlagen_bench.cli.selection import Selection
from vlagen_bench.errors import RunError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.report import comparison_page, load
from vlagen_bench.report.comparison import compare
from vlagen_bench.report.html import charts, write_report
from vlagen_bench.report.html.data import gather
from vlagen_bench.report.html.estimates import Estimate
from vlagen_bench.report.html.films import gallery, spread
from vlagen_bench.report.html.reproduce import command
from vlagen_bench.report.html.words import plain, points, points_range
from vlagen_bench.runs.video import caption, captioned
from vlagen_bench.statistics.intervals import newcombe, wilson

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"
LADDER = ("nominal", "lighting_l1", "lighting_l3", "lighting_l5", "mass_l2", "object_test", "lighting_l3+object_test")


def by_rule(episode):
    """Clean episodes succeed; lighting costs all, mass half, the rest nothing."""
    if episode.condition.startswith("lighting_l"):
        return "failure"
    if episode.condition == "mass_l2":
        return "once" if episode.index % 2 else "success"
    return "success"


@pytest.fixture
def ladder(tmp_path):
    return fabricate(tmp_path / "run", "core", by_rule, episodes=6, conditions=LADDER)


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def film(run, record, frames=20):
    """A film of an episode that gets brighter, 64x64 px and a caption."""
    (run / "videos").mkdir(exist_ok=True)
    path = run / "videos" / f"{record['condition']}-{record['index']:04d}-{record['id']}.mp4"
    planned = {one["id"]: one for one in json.loads((run / "plan.json").read_text())["episodes"]}
    text = caption(record["outcome"], planned[record["id"]]["values"]["instruction"]["text"])
    pictures = captioned([np.full((64, 64, 3), 10 * place, np.uint8) for place in range(frames)], text)
    imageio.mimwrite(path, pictures, fps=5, macro_block_size=2)
    return path


def failures(run):
    records = map(json.loads, (run / "episodes.jsonl").read_text().splitlines())
    return [record for record in records if record["outcome"] == "failure"]


class Elements(HTMLParser):
    """Every element with its attributes; and whether all that is opened is closed."""

    VOID = ("meta", "link", "img", "br", "input")

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], []
        self.feed(page.read_text(encoding="utf-8"))
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def test_the_headline_is_the_mean_over_conditions(ladder):
    found = gather(load.read(ladder))
    headline = found.headline
    assert headline.nominal == Estimate(value=1.0, low=wilson(6, 6)[0], high=1.0, n=6)
    assert headline.shifted.value == pytest.approx((0 + 0 + 0 + 0.5 + 1 + 0) / 6)
    assert headline.drop.value == pytest.approx(1 - headline.shifted.value) and headline.paired
    assert headline.drop.low < headline.drop.value < headline.drop.high
    assert [line.name for line in headline.worst] == ["lighting", "lighting_l3+object_test"]
    assert headline.worst[0].drop == Estimate(value=1.0, n=18)  # scenes that are all alike give a mean no interval
    assert [line.drop_p for line in headline.worst] == [2 / 2**6] * 2


def test_levels_of_an_axis_are_one_line_and_one_curve(ladder):
    found = gather(load.read(ladder))
    lines = {line.name: line for line in found.lines}
    assert set(lines) == {"nominal", "lighting", "mass", "object", "lighting_l3+object_test"}
    assert (lines["lighting"].success.n, lines["lighting"].failures, len(lines["lighting"].rows)) == (18, 18, 3)
    (curve,) = found.curves
    assert [step.level for step in curve.steps] == [1, 3, 5] and [step.success.value for step in curve.steps] == [
        0,
        0,
        0,
    ]
    assert (curve.clean.value, curve.clean.n) == (1.0, 6)
    assert {share.factor: share.drop for share in found.shares} == pytest.approx(
        {"lighting_l3": 1.0, "object_test": 0.0}
    )


def test_published_episodes_are_independent_and_unpaired(tmp_path):
    run = fabricate(tmp_path / "run", "paper", lambda e: "success" if e.index % 2 else "failure", episodes=4)
    headline = gather(load.read(run)).headline
    assert not headline.paired and headline.drop.value == 0
    assert newcombe(2, 4, 2, 4)[0] < headline.drop.low < 0 < headline.drop.high
    text = write_report(run).read_text(encoding="utf-8")
    assert "Drop against nominal" in text and "Paired drop" not in text and "openvla-rl-ppo" in text
    assert text.count("Under the same protocol") == 1 and text.count("neither ranked nor subtracted") == 2


def test_means_of_published_rows_are_labelled_as_what_they_are(tmp_path):
    """Of all settings, whatever the run itself has."""
    run = fabricate(tmp_path / "run", "paper", by_rule, episodes=2, conditions=("unseen_table", "reposition"))
    text = write_report(run).read_text(encoding="utf-8")
    shown = text[text.index('id="published"') : text.index('id="gallery"')]
    assert "mean of 15<" in shown and "mean of 2 of 15" not in shown


def test_the_page_is_one_file_that_fetches_nothing(ladder):
    film(ladder, failures(ladder)[0])
    page = write_report(ladder)
    assert page == ladder / "report.html" and page.stat().st_size < 20_000_000
    elements = Elements(page)
    assert not [one for tag in ("script", "iframe", "object") for one in elements.all(tag) if "src" in one]
    assert all(one["href"] == "data:," for one in elements.all("link"))
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in elements.all("img"))
    (policy,) = (one["content"] for one in elements.all("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not any("style" in attrs or any(key.startswith("on") for key in attrs) for _, attrs in elements.found)
    assert "http" not in re.sub(r"\S*arxiv\S*", "", page.read_text(encoding="utf-8").replace("http-equiv", ""))


def test_the_page_can_be_heard(ladder):
    film(ladder, failures(ladder)[0])
    elements = Elements(write_report(ladder))
    ids = [attrs["id"] for _, attrs in elements.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = [
        attrs[key] for _, attrs in elements.found for key in ("aria-labelledby", "aria-describedby") if key in attrs
    ]
    linked = [one["href"][1:] for one in elements.all("a") if one["href"].startswith("#")]
    assert named and linked and set(named + linked) <= set(ids)
    assert all(one.get("alt") for one in elements.all("img"))
    assert all(one.get("aria-hidden") == "true" or one.get("role") == "img" for one in elements.all("svg"))
    assert len(elements.all("caption")) == len(elements.all("table")) and all(
        "scope" in one for one in elements.all("th")
    )
    levels = [int(tag[1]) for tag, _ in elements.found if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1 and all(after - before <= 1 for before, after in pairwise(levels))


def test_what_others_wrote_is_text(ladder):
    content = json.loads((ladder / "plan.json").read_text())
    edit(ladder / "header.json", policy={"name": EVIL, "arguments": {EVIL: EVIL}}, renderer=EVIL)
    film(ladder, failures(ladder)[0])
    for episode in content["episodes"]:
        episode["values"]["instruction"]["text"] = EVIL
    (ladder / "plan.json").write_text(json.dumps(content))
    lines = map(json.loads, (ladder / "episodes.jsonl").read_text().splitlines())
    hurt = [{**one, "metrics": {"trouble": EVIL}} for one in lines]
    (ladder / "episodes.jsonl").write_text("".join(json.dumps(one) + "\n" for one in hurt))
    page = write_report(ladder)
    elements = Elements(page)
    assert len(elements.all("script")) == 1 and not any("onerror" in attrs for _, attrs in elements.found)
    assert EVIL not in page.read_text(encoding="utf-8") and "&lt;script&gt;" in page.read_text(encoding="utf-8")


def test_no_data_is_a_dash(tmp_path):
    run = fabricate(tmp_path / "run", "quick", lambda e: None if e.condition == "mass_l3" else "error", episodes=2)
    page = write_report(run)
    text = page.read_text(encoding="utf-8")
    assert "<b>Incomplete.</b>" in text and "NaN" not in text and ">None<" not in text and " nan" not in text
    assert not re.search(r"<b>0 %</b>", text) and "<b>–</b>" in text
    assert text.count("<li>it broke</li>") == 1
    assert "<p>Not measured." in text and "No episode failed among those that were scored" in text
    assert "No perturbed episode has an outcome together with its clean twin yet" in text
    assert "have no clean twins" not in text and "Drop against clean twins" in text
    Elements(page)


def test_a_part_of_a_run_opens_the_radar(tmp_path):
    run = fabricate(tmp_path / "run", "quick", lambda e: None if e.condition == "mass_l3" else "success", episodes=2)
    found = gather(load.read(run))
    drawn = charts.radar(found.spokes, found.headline.nominal)
    assert "polygon" not in drawn and "mass: no data" in drawn
    assert found.headline.known == 8 and found.headline.conditions == 9


def test_an_oracle_is_marked(tmp_path):
    run = fabricate(tmp_path / "run", "paper", lambda e: "success", episodes=1, oracle=True)
    text = write_report(run).read_text(encoding="utf-8")
    assert "<b>Oracle.</b>" in text and "The run is an oracle’s" in text and "this run minus the entry" not in text


def test_equal_runs_give_equal_pages(ladder):
    film(ladder, failures(ladder)[0])
    assert write_report(ladder).read_bytes() == write_report(ladder).read_bytes()
    assert not list(ladder.glob("*.partial"))


def test_the_noise_floor_is_told_where_it_is_known(ladder, tmp_path):
    text = write_report(ladder).read_text(encoding="utf-8")
    assert "<p>Not measured." in text and f"--repeat 3 --out {shlex.quote(str(ladder))}</code>" in text, (
        "not a folder of that name here"
    )
    options = {"episodes": 6, "conditions": LADDER}
    again = fabricate(
        tmp_path / "run-repeat-2",
        "core",
        lambda e: "failure" if e.condition == "nominal" and e.index < 2 else by_rule(e),
        **options,
    )
    other = fabricate(tmp_path / "run-repeat-3", "core", by_rule, **options)
    edit(other / "header.json", policy={"name": "another", "arguments": {}})
    (tmp_path / "run-repeat-4").mkdir()
    for run in (ladder, again):
        text = write_report(run).read_text(encoding="utf-8")
        assert "Outcomes agree in 40 of 42 episodes" in text and "Not measured" not in text
        floor = 2 * 2**0.5 * (2 / 2) ** 0.5 / 42
        assert f"differ by less than {100 * floor:.1f} points" in text and "in a single condition it is larger" in text
        noise = text[text.index('id="noise"') : text.index('id="published"')]
        assert noise.count('<th scope="row">') == 2 and '<td class="n">67 %</td>' in noise, "nominal, and all"
        assert "<code>run</code>, <code>run-repeat-2</code>." in noise
        assert "or damaged: <code>run-repeat-3</code>, <code>run-repeat-4</code>." in noise
    Elements(ladder / "report.html")


def test_who_played_is_said_in_words(ladder):
    edit(
        ladder / "header.json", players=[{"executor": "processes", "workers": None}, {"executor": "ray", "workers": 2}]
    )
    text = write_report(ladder).read_text(encoding="utf-8")
    assert "<td>executor processes, workers none; executor ray, workers 2</td>" in text and "{&#39;" not in text


def test_a_stopped_run_has_the_intervals_that_hold(ladder):
    """Wilson's, of a run that ended because of its outcomes, would cover less than it says."""
    ends = {name: [0.111, 0.999] for name in LADDER}
    whole = gather(load.read(ladder))
    stopped = {"until": "width<0.9", "episodes": 40, "intervals": ends, "verdict": "7 of 7 conditions & so on"}
    edit(ladder / "header.json", stopped=stopped)
    found = gather(load.read(ladder))
    assert (found.headline.nominal.low, found.headline.nominal.high) == (0.111, 0.999) != whole.headline.nominal.low
    assert {(step.success.low, step.success.high) for step in found.curves[0].steps} == {(0.111, 0.999)}
    lines = {line.name: line.success for line in found.lines}
    assert (lines["mass"].low, lines["mass"].high) == (0.111, 0.999)
    text = write_report(ladder).read_text(encoding="utf-8")
    assert (
        "<b>Stopped early.</b>" in text
        and "7 of 7 conditions &amp; so on" in text
        and "--until width&lt;0.9" in text
        and "confidence sequence" in text
    )
    assert "Wilson" not in text.replace("Means: Newcombe’s way of putting Wilson’s intervals together", "")
    assert text.count("11 – 100 %") > len(LADDER)


def test_factors_that_were_not_run_apart_are_said_so(tmp_path):
    names = ("lighting_l3+object_test", "object_test+mass_l3")
    run = fabricate(tmp_path / "run", "core", by_rule, episodes=3, conditions=names)
    text = write_report(run).read_text(encoding="utf-8")
    assert "cannot be told from lighting L3, mass L3: the episodes do not tell them apart" in text.replace("\n", " ")


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


@pytest.mark.parametrize("options", [
    {}, {"episodes": 3}, {"seed": 7, "conditions": "nominal,mass_l3"}, {"axes": "lighting:3,object:test", "episodes": 2},
    {"suite": "paper", "episodes": 2},
])  # fmt: skip
def test_the_command_makes_the_same_plan(options):
    """The words of the command, read back by hand, give the plan of the run."""
    made = Selection(**options).plan()
    header = {
        "suite": {"name": made.suite.name},
        "conditions": list(made.suite.conditions),
        "episodes_per_condition": made.suite.episodes,
        "seed": made.suite.seed,
        "policy": {"name": "my policy.py:P", "arguments": {"a": "1 2"}, "execution": {"horizon": 4, "ensemble": None}},
    }
    said = command(header)
    assert said.startswith("vlagen-eval --policy 'my policy.py:P' --policy-args 'a=1 2' --execute-horizon 4 --suite ")
    words = said.split(" --suite ")[1].split()
    read = dict(zip((word.removeprefix("--") for word in words[1::2]), words[2::2], strict=True))
    numbers = {key: int(value) for key, value in read.items() if key in ("episodes", "seed")}
    again = plan.make_plan(
        plan.select(
            catalog.suite(words[0]),
            conditions=tuple(read["conditions"].split(",")) if "conditions" in read else None,
            episodes=numbers.get("episodes"),
            seed=numbers.get("seed"),
        )
    )
    assert again.hash == made.hash


@pytest.mark.parametrize(("value", "text"), [(0.123, "+12"), (-0.04, "−4"), (0.001, "0"), (-0.001, "0"), (None, "–")])
def test_points(value, text):
    assert points(value) == text
    assert points_range(Estimate(value=value)) == "–"


def test_names_are_plain():
    assert plain("camera_pose_l3+object_test") == "camera pose L3 + object test"
    assert plain("table_low") == "table low"


def test_a_bar_is_on_its_scale():
    drawn = charts.rate_bar(Estimate(value=0.5, low=0.25, high=0.75))
    assert 'width="84"' in drawn and 'x1="48"' in drawn and 'x1="132"' in drawn
    assert charts.rate_bar(Estimate()) == "" and charts.drop_dot(Estimate(), (-1, 1), told=False) == ""
    assert "hollow" in charts.drop_dot(Estimate(value=0.1, low=-0.1, high=0.3), (-1, 1), told=False)
    assert "hollow" not in charts.drop_dot(Estimate(value=0.2, low=0.1, high=0.3), (-1, 1), told=True)
    assert charts.reach_of([Estimate(value=0.1, low=-0.3, high=1.2), Estimate()], (-0.25, 1.0)) == (-0.5, 1.25)


def test_what_is_no_run_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="is no run folder"):
        write_report(tmp_path)


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def browsed(tmp_path):
    """Opens a page in headless Chromium, which reaches nobody: its DOM, what was said, and what the page asked for."""

    def call(page):
        flags = (
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={tmp_path / 'net.json'}", "--dump-dom",
        )  # fmt: skip
        env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        done = subprocess.run(
            [CHROMIUM, *flags, page.as_uri()], capture_output=True, text=True, env=env, timeout=120, check=True
        )
        requests = [
            event["params"] for event in json.loads((tmp_path / "net.json").read_text())["events"] if "params" in event
        ]
        # Chromium calls home by itself; what a page asks for has the page as its initiator.
        asked = [one["url"] for one in requests if one.get("initiator", "not an origin") != "not an origin"]
        return done.stdout, done.stderr, asked

    return call


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_browser_shows_it_and_fetches_nothing(ladder, browsed):
    chance = random.Random(0)
    for record in chance.sample(failures(ladder), 2):
        film(ladder, record)
    dom, said, asked = browsed(write_report(ladder))
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
def test_a_browser_shows_a_comparison_and_fetches_films_only(ladder, tmp_path, browsed):
    other = fabricate(tmp_path / "b", "core", lambda _: "success", episodes=6, conditions=LADDER)
    for run in (ladder, other):
        film(run, failures(ladder)[0])
    page = comparison_page.write(compare([ladder, other]), tmp_path / "out")
    Elements(page)
    dom, said, asked = browsed(page)
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
def test_the_policy_of_the_page_holds_in_a_browser(ladder, browsed, guarded):
    """What is smuggled into a page is neither run nor fetched; without its policy it is, so these tests can fail."""
    page = write_report(ladder)
    text = page.read_text(encoding="utf-8")
    if not guarded:
        text = re.sub(r"<meta http-equiv.*>", "", text)
    evil = '<img src="http://smuggled.test/x.png"><script>document.title = "owned"</script></body>'
    page.write_text(text.replace("</body>", evil), encoding="utf-8")
    dom, said, asked = browsed(page)
    assert ("<title>owned" in dom) == (not guarded)
    assert (asked == []) == guarded
    assert not guarded or said.count("CONSOLE") >= 2
