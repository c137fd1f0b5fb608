"""The page of a run that nobody ran: what it shows, and that it fetches nothing."""

import dataclasses
import json
import re
import shlex
from itertools import pairwise

import pytest

from helpers.browser import Elements
from helpers.fabricated import fabricate
from helpers.ladder import LADDER, by_rule, edit, failures, film
from vlagen_bench.errors import RunError
from vlagen_bench.plan import plan
from vlagen_bench.report import load
from vlagen_bench.report.estimates import Estimate
from vlagen_bench.report.html import write_report
from vlagen_bench.report.html.data import gather
from vlagen_bench.runs import episodes
from vlagen_bench.statistics.intervals import newcombe, wilson
from vlagen_bench.statistics.scene_means import difference_p
from vlagen_bench.types import Plan

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_headline_is_the_mean_over_conditions(ladder):
    found = gather(load.read(ladder))
    headline = found.headline
    assert headline.nominal == Estimate(value=1.0, low=wilson(6, 6)[0], high=1.0, n=6)
    assert headline.shifted.value == pytest.approx((0 + 0 + 0 + 0.5 + 1 + 0) / 6)
    assert headline.drop.value == pytest.approx(1 - headline.shifted.value) and headline.paired
    assert headline.drop.low < headline.drop.value < headline.drop.high
    assert not headline.worst and headline.axes == 4, "six scenes are too few to name an axis of three levels"
    lines = {line.name: line for line in found.lines}
    lighting = lines["lighting"]
    assert lighting.drop_p == max(2 / 4**6, difference_p([(3, 0, 3)] * 6)) < 0.05 < lighting.adjusted
    assert lighting.drop.value == 1.0 and 0.2 < lighting.drop.low < lighting.drop.high == 1.0
    together = lines["lighting_l3+object_test"]
    assert (together.drop_p, together.adjusted, together.told) == (2 / 2**6, pytest.approx(3 * 2 / 2**6), False)
    assert together.drop.low > 0 and lines["nominal"].adjusted is None, (
        "by itself it would be told; among four it is not"
    )
    assert together.shrunken < together.drop.value == 1.0


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


def test_a_page_without_films_names_the_command_that_makes_them(ladder):
    """A finished run plays nothing again, so that `vlagen-eval --video failures` films nothing."""
    text = write_report(ladder).read_text(encoding="utf-8")
    shown = text[text.index('id="gallery"') : text.index('id="provenance"')]
    assert "has a film of none" in shown and "<code>vlagen replay RUN --video</code>" in shown


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


def with_instruction(run, text):
    """Every episode of the run tells the policy this, under the ids and the hash that follow from it."""
    recorded = episodes.read(run)
    told = {}
    for planned in sorted(recorded.plan.episodes, key=lambda episode: episode.twin is not None):
        values = {**planned.values, "instruction": {**planned.values["instruction"], "text": text}}
        twin = planned.twin and told[planned.twin].id
        told[planned.id] = dataclasses.replace(planned, values=values, twin=twin)
    made = Plan(suite=recorded.plan.suite, episodes=tuple(told[planned.id] for planned in recorded.plan.episodes))
    plan.write(made, run / "plan.json")
    edit(run / "header.json", plan_hash=made.hash)
    lines = [record.to_dict() | told[name].to_dict() for name, record in recorded.results.items()]
    (run / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in recorded.results:
        (run / "actions" / f"{name}.npz").rename(run / "actions" / f"{told[name].id}.npz")


def test_what_others_wrote_is_text(ladder):
    edit(ladder / "header.json", policy={"name": EVIL, "arguments": {EVIL: EVIL}}, renderer=EVIL)
    with_instruction(ladder, EVIL)
    film(ladder, failures(ladder)[0])
    lines = map(json.loads, (ladder / "episodes.jsonl").read_text().splitlines())
    hurt = [one | {"metrics": {"trouble": EVIL}} if one["outcome"] == "failure" else one for one in lines]
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
    assert "Nothing is known of the policy yet: none of 20 episodes has an outcome." in text
    assert "have no clean twins" not in text and "Drop against clean twins" in text
    Elements(page)


def test_axes_stand_by_kind_the_largest_drop_first_and_those_without_data_last(tmp_path):
    def outcome(episode):
        if episode.condition == "camera_pose_l3":
            return None
        return "failure" if episode.condition in ("table_test", "action_noise_l3") and episode.index else "success"

    run = fabricate(tmp_path / "run", "quick", outcome, episodes=2)
    found = gather(load.read(run))
    assert {kind: [line.name for line in lines] for kind, lines in found.kinds} == {
        "nominal": ["nominal"],
        "vision": ["table", "lighting", "camera_pose"],
        "semantics": ["object", "instruction"],
        "execution": ["object_position", "reposition"],
        "dynamics": ["action_noise", "mass"],
    }
    assert found.headline.known == 8 and found.headline.conditions == 9
    text = write_report(run).read_text(encoding="utf-8")
    plot = text[text.index('class="profile dots') : text.index('id="conditions"')]
    assert plot.count('class="kind-row"') == 4 and plot.count('class="point') == 2 + 8, "two in the legend"
    order = [plot.index(f'<th scope="row">{name}</th>') for name in ("table", "lighting", "camera pose")]
    assert order == sorted(order)


def test_without_twins_the_axes_with_the_lowest_success_come_first(tmp_path):
    run = fabricate(
        tmp_path / "run", "paper", lambda e: "failure" if e.condition == "noise_weak" else "success", episodes=2
    )
    vision = dict(gather(load.read(run)).kinds)["vision"]
    assert vision[0].success.value == 0 and {line.success.value for line in vision[1:]} == {1}


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
        assert noise.count('<th scope="row">') == 2 and 'data-label="Lowest rate">67 %</td>' in noise, (
            "nominal, and all"
        )
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
    assert "cannot be distinguished from lighting L3, mass L3: the episodes do not tell them apart" in text.replace(
        "\n", " "
    )


def test_what_is_no_run_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        write_report(tmp_path)


def test_nothing_is_said_to_hurt_where_nothing_hurts_among_all(tmp_path):
    """Eight scenes, nine axes; one is lost in six scenes: p is 0.03 by itself, and 0.28 among nine."""
    run = fabricate(
        tmp_path / "run",
        "quick",
        lambda e: "failure" if e.condition == "mass_l3" and e.index < 6 else "success",
        episodes=8,
    )
    found = gather(load.read(run))
    (mass,) = [line for line in found.lines if line.name == "mass"]
    assert mass.drop_p == 2 / 2**6 and mass.adjusted == pytest.approx(9 * 2 / 2**6) and mass.drop.low > 0
    assert found.headline.worst == () and mass.shrunken < mass.drop.value
    assert "no change has a drop that can be told from chance" in write_report(run).read_text(encoding="utf-8")
