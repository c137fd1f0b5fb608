"""What is said of runs of one plan that nobody ran, and what is refused?"""

import csv
import io
import json
import re
import shutil

import pandas as pd
import pytest
from rich.console import Console

import vlagen_bench
from helpers.fabricated import fabricate
from helpers.submissions import recorded, tasks_with_tiny
from vlagen_bench.cli import common
from vlagen_bench.cli import compare as command
from vlagen_bench.cli import power as power_command
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.report import comparison_page, refilm
from vlagen_bench.report.comparison import compare
from vlagen_bench.statistics.paired import mcnemar, tango
from vlagen_bench.utils import paths as locations

CONDITIONS = ("nominal", "lighting_l3", "mass_l3")
EPISODES = 12


def good(episode):
    return "failure" if episode.index == 0 else "success"


def weak(episode):
    """Loses under light, all but index 0, which the good one loses; else the same."""
    lit = episode.condition == "lighting_l3"
    return "success" if lit and episode.index == 0 else "failure" if lit else good(episode)


def bad(_):
    return "failure"


@pytest.fixture
def made(tmp_path):
    """Makes a run folder of these conditions."""

    def make(name, outcome, **more):
        options = {"episodes": EPISODES, "conditions": CONDITIONS} | more
        return fabricate(tmp_path / name, "quick", outcome, **options)

    return make


@pytest.fixture
def printed(monkeypatch):
    """Runs a command in this process, and gives what it printed."""

    def call(module, function, *args, **kwargs) -> str:
        out = Console(file=io.StringIO(), width=110, highlight=False)
        monkeypatch.setattr(module, "console", lambda: out)
        assert function(*args, **kwargs) == common.OK
        return out.file.getvalue()

    return call


def test_episodes_are_paired_by_id(made):
    found = compare([made("a", good), made("b", weak)])
    lines = {line.condition: line for line in found.lines}
    assert tuple(lines) == CONDITIONS
    lit, gap = lines["lighting_l3"], lines["lighting_l3"].gaps["B"]
    assert (lit.n, lit.successes) == (12, {"A": 11, "B": 1})
    assert (gap.pairs.only_first, gap.pairs.only_other, gap.pairs.n) == (1, 11, 12)
    assert (gap.low, gap.high) == tango(1, 11, 12) and gap.pairs.difference == pytest.approx(-10 / 12)
    assert gap.p == mcnemar(1, 11) and gap.adjusted == pytest.approx(3 * gap.p), "a family of three conditions"
    assert lines["mass_l3"].gaps["B"].p == 1.0
    assert len(found.differing) == 12 and found.left_out == 0 and found.standings == ()


def test_overall_counts_scenes_not_episodes(made):
    """Every condition of an index goes the same way: 12 scenes, though there are 36 episodes."""
    found = compare([made("a", good), made("b", bad)]).overall
    gap = found.gaps["B"]
    assert (found.n, gap.pairs.only_other, gap.p) == (36, 33, pytest.approx(2 / 2**11))
    assert gap.p > mcnemar(0, 33) and gap.adjusted is None
    assert gap.low < -33 / 36 < gap.high


def test_errors_are_no_outcomes(made):
    found = compare(
        [made("a", good), made("b", lambda e: "error" if e.index == 3 else None if e.index == 4 else good(e))]
    )
    assert found.left_out == 6 and {line.n for line in found.lines} == {10}
    assert not found.differing, "an error is not a different outcome"


def test_a_condition_without_pairs_has_no_numbers(made, printed, tmp_path):
    paths = made("a", good), made("b", lambda e: None if e.condition == "mass_l3" else weak(e))
    line = compare(paths).lines[2]
    gap = line.gaps["B"]
    assert (line.n, line.rate("A"), gap.p, gap.adjusted, gap.low, gap.pairs.difference) == (0, *(None,) * 5)
    said = printed(command, command.compare, paths)
    assert "nan" not in said.lower() and "12 episodes without an outcome" in said and "incomplete" in said
    row = next(row for row in said.splitlines() if row.startswith("│ mass_l3"))
    assert [cell.strip() for cell in row.split("│")[2:-1]] == ["0", *["–"] * 8], "what nobody counted is not 0"
    comparison_page.write(compare(paths), tmp_path / "out")
    with open(tmp_path / "out" / "comparison.csv", newline="") as file:
        cells = [row for row in csv.DictReader(file) if row["condition"] == "mass_l3"]
    counted = ("successes", "success_rate", "only_run", "only_first", "difference", "low", "high", "p", "p_holm")
    assert [row["n"] for row in cells] == ["0", "0"] and not any(row[name] for row in cells for name in counted)


def test_more_than_two_have_a_set_of_the_best(made, printed):
    paths = made("a", good), made("b", good), made("c", bad)
    found = compare(paths)
    assert {one.name: one.among_best for one in found.standings} == {"A": True, "B": True, "C": False}
    said = printed(command, command.compare, paths)
    assert "B against A" in said and "C against A" in said and "cannot be told from the best" in said
    assert max(len(line) for line in said.splitlines() if line[:1] in "│┃┏└") <= 110


def test_an_oracle_is_shown_marked_and_never_ranked(made, printed):
    paths = made("o", lambda _: "success", oracle=True), made("a", good), made("b", weak), made("c", bad)
    found = compare(paths)
    assert found.ranked == ("B", "C", "D") and {one.name for one in found.standings} == {"B", "C", "D"}
    assert all(set(line.gaps) == {"C", "D"} for line in found.lines)
    assert found.overall.successes["A"] == 36
    assert not compare([made("a2", good), made("b2", good), paths[0]]).differing, "only an oracle differs"
    said = printed(command, command.compare, paths)
    assert "A (oracle)" in said and "never ranked" in said and "against A" not in said


def test_an_oracle_and_one_policy_are_not_subtracted(made, printed, tmp_path):
    paths = made("o", lambda _: "success", oracle=True), made("a", good)
    assert len(compare(paths).differing) == 3
    said = printed(command, command.compare, paths, out=tmp_path / "out")
    assert "nothing is ranked or subtracted" in said and "Success rates" in said and "against" not in said
    assert (tmp_path / "out" / "index.html").is_file() and not (tmp_path / "out" / "comparison.svg").exists()


@pytest.mark.parametrize(("more", "says"), [
    ({"episodes": 4}, r"episodes per condition 12 against 4; .* episodes of \d+ and \d+ are the same"),
    ({"conditions": CONDITIONS[:2]}, "conditions that only one has: mass_l3 against nothing"),
])  # fmt: skip
def test_other_plans_are_refused_and_it_is_said_how_they_differ(made, more, says):
    with pytest.raises(RunError, match=f"different plans.*{says}.*--seed"):
        compare([made("a", good), made("b", good, **more)])


def test_another_suite_is_named(made, tmp_path):
    other = fabricate(tmp_path / "p", "paper", good, episodes=2)
    with pytest.raises(RunError, match=r"suite quick version .* against paper version"):
        compare([made("a", good), other])


def test_a_comparison_needs_two_different_runs(made):
    path = made("a", good)
    for paths, says in (
        ([path], "two run folders or more"),
        ([path, path], "named twice"),
        ([path, path / "x"], "no run folder"),
    ):
        with pytest.raises(RunError, match=says):
            compare(paths)


def test_the_folder_holds_tables_plot_and_films_side_by_side(made, printed, tmp_path):
    paths, out = (made("a", good), made("b", weak)), tmp_path / "out"
    shown = compare(paths).differing[0]
    for path in paths:
        (path / "videos").mkdir()
    (paths[0] / "videos" / f"lighting_l3-0000-{shown['id']}.mp4").write_bytes(b"film")
    said = printed(command, command.compare, paths, out=out)
    assert f"Written: {out / 'index.html'}" in said.replace("\n", "")
    page = (out / "index.html").read_text()
    assert "12 episodes where they differ" in page and "<svg" in (out / "comparison.svg").read_text()
    name = f"videos/A-lighting_l3-0000-{shown['id']}.mp4"
    assert page.count("<video") == 1 and name in page and (out / name).read_bytes() == b"film"
    assert page.count("<article") == 1 and page.count("No film.") == 1, "episodes without any film are a table"
    assert f"vlagen replay {paths[1]} --episode {shown['id']} --video --out {paths[1] / 'videos'}</code>" in page
    assert f"vlagen compare {paths[0]} {paths[1]} --out {out} --films 6</code>" in page and "vlagen-eval" not in page
    assert page.count('<td class="failure">') == page.count('<td class="success">') == 11
    assert "−83" in page and "Without a film" in page and page.count("<caption") == page.count("<table")
    with open(out / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (
        len(rows) == 8 and rows[0]["p"] == "" and rows[3]["successes"] == "1" and float(rows[3]["p"]) == mcnemar(1, 11)
    )
    with open(out / "differing.csv", newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["id"], first["A"], first["B"], first["film_A"], first["film_B"]) == (
        shown["id"],
        "failure",
        "success",
        name,
        "",
    )


def test_an_episode_that_a_run_has_no_outcome_of_has_nothing_to_film(made, tmp_path):
    paths = made("a", good), made("b", bad), made("c", lambda e: "error" if e.index == 1 else None)
    found = compare(paths)
    wanted = {(run.path, one) for run, one in refilm.missing(found, 100)}
    assert wanted == {(path, episode["id"]) for path in paths[:2] for episode in found.differing}
    (paths[0] / "videos").mkdir()
    shown = found.differing[0]["id"]
    (paths[0] / "videos" / f"nominal-0001-{shown}.mp4").write_bytes(b"film")
    assert (paths[0], shown) not in {(run.path, one) for run, one in refilm.missing(found, 100)}
    page = comparison_page.write(found, tmp_path / "out").read_text()
    assert page.count("--films 6</code>") == 1
    assert page.count("No film.") == 2 and page.count("To make it:") == 1


def test_episodes_with_all_their_films_come_first(made, tmp_path):
    paths = made("a", good), made("b", bad)
    ids = [one["id"] for one in compare(paths).differing]
    for path, films in zip(paths, (ids, ids[-1:]), strict=True):
        (path / "videos").mkdir()
        for one in films:
            (path / "videos" / f"x-0000-{one}.mp4").write_bytes(b"film")
    page = comparison_page.write(compare(paths), tmp_path / "out").read_text()
    assert re.findall(r'<h3 id="episode-(\w+)">', page) == [ids[-1], *ids[:-1]]
    for one in ids:
        (paths[1] / "videos" / f"x-0000-{one}.mp4").write_bytes(b"film")
    page = comparison_page.write(compare(paths), tmp_path / "out").read_text()
    assert "No film." not in page and "--films" not in page and "vlagen replay" not in page


def test_films_are_of_few_episodes_of_all_conditions(made):
    found = compare([made("a", good), made("b", bad)])
    assert refilm.missing(found, 0) == []
    chosen = {one for _, one in refilm.missing(found, 3)}
    assert {one["condition"] for one in found.differing if one["id"] in chosen} == set(CONDITIONS)


@pytest.mark.parametrize("asked", [{"films": 2}, {"films": -1}])
def test_films_need_a_page(made, printed, asked):
    with pytest.raises(ConfigError, match=r"--films .*--out DIR"):
        printed(command, command.compare, (made("a", good), made("b", bad)), **asked)


@pytest.mark.sim
@pytest.mark.slow
def test_both_films_are_made_side_by_side_where_they_show_what_is_recorded(printed, tmp_path, monkeypatch):
    """A run, and a copy of it whose records lie about two episodes: of these there is no film, and it is said why."""
    tasks = tasks_with_tiny()
    monkeypatch.setattr(locations, "tasks_dir", lambda: tasks)
    paths, out = (tmp_path / "a", tmp_path / "b"), tmp_path / "out"
    for path in paths:
        shutil.copytree(recorded(), path)
    lines = [json.loads(line) for line in (paths[1] / "episodes.jsonl").read_text().splitlines()]
    for line in lines[:2]:
        line.update(outcome="failure", success_at_end=False)
    (paths[1] / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = " ".join(printed(command, command.compare, paths, out=out, films=1).split())
    assert said.count("No film, since") == 1 and "success is recorded as false and is true" in said
    assert len(list((paths[0] / "videos").glob("*.mp4"))) == 1 and not list((paths[1] / "videos").glob("*.mp4"))
    assert (out / "index.html").read_text().count("<video") == 1


def test_a_page_can_be_written_twice_and_escapes(made, tmp_path):
    path = made("<b>", weak)
    _rename(path, "<script>x</script>")
    found = compare([made("a", good), path])
    comparison_page.write(found, tmp_path / "out")
    page = comparison_page.write(found, tmp_path / "out").read_text()
    assert "<script>x" not in page and "&lt;script&gt;x" in page


def test_the_page_says_what_weakens_it(made, tmp_path, printed):
    paths = made("a", good), made("b", lambda e: None if e.condition == "mass_l3" else weak(e))
    rule = "decided:runs/a & b"
    header = json.loads((paths[1] / "header.json").read_text())
    stopped = {"until": rule, "episodes": 24, "intervals": {name: [0.0, 1.0] for name in CONDITIONS}}
    (paths[1] / "header.json").write_text(json.dumps({**header, "stopped": stopped}))
    said = " ".join(printed(command, command.compare, paths, out=tmp_path / "out").split())
    assert f"stopped by --until {rule}. The intervals" in said and "all p, are for a number of episodes" in said
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<b>B was stopped early</b>" in page and "--until decided:runs/a &amp; b" in page
    assert "<b>Provisional.</b> 12 episodes have no outcome in every run" in page
    assert "nan" not in page.lower().split("<main")[1].split("<script>")[0] and ">None<" not in page


def _rename(path, name):
    header = json.loads((path / "header.json").read_text())
    (path / "header.json").write_text(json.dumps({**header, "policy": {"name": name, "arguments": {}}}))


def test_a_run_is_two_frames(made):
    run = vlagen_bench.load_run(made("a", lambda e: {3: "error", 4: None}.get(e.index, weak(e))))
    assert run.conditions.index.tolist() == list(CONDITIONS)
    lit = run.conditions.loc["lighting_l3"]
    assert (lit.n, lit.successes, lit.pairs, lit.errors) == (10, 1, 10, 1)
    assert (lit.drop_low, lit.drop_high) == pytest.approx(tango(int(lit.lost), int(lit.gained), 10))
    assert run.conditions.loc["nominal", "drop"] is pd.NA
    mine = run.episodes[run.episodes.condition == "lighting_l3"]
    assert (mine.success.mean(), mine["drop"].sum()) == (0.1, lit.lost - lit.gained)
    assert mine.success.isna().sum() == 2 and mine.outcome.isna().sum() == 1 and mine.error.notna().sum() == 1
    assert {"value_lighting", "metric_trouble", "instruction", "index"} <= set(mine.columns)
    for frame in (run.episodes, run.conditions):
        cells = [cell for name in frame for cell in frame[name].tolist() if cell is not pd.NA]
        missing = [cell for cell in cells if cell is None or cell != cell]
        assert not missing, "pandas.NA, never None or NaN"
    assert run.conditions["sequence_low"].isna().all()


@pytest.mark.parametrize(("asked", "there", "not_there"), [
    ({"rate": 0.1}, "│     20 │                 20% │", "30% │"), ({"discordance": 0.2}, "│     20 │                 20% │", "│     30 │     "),
    ({"rate": 0.0}, "at a rate of 0%", "Boschloo"),
])  # fmt: skip
def test_power_leaves_out_usual_questions_that_cannot_be(printed, asked, there, not_there):
    """At a mean rate of 10 % at most 20 % of the pairs can disagree."""
    said = printed(power_command, power_command.power, power_command.PowerArgs(**asked)).split("Is there a difference?")
    assert there in said[-1] and not_there not in said[-1]


def test_power_answers_in_a_table(printed):
    said = printed(power_command, power_command.power, power_command.PowerArgs(drop=0.2))
    assert "61" in said and "102" in said and "nan" not in said.lower()
    said = printed(power_command, power_command.power, power_command.PowerArgs(width=0.1, rate=0.5))
    assert "380" in said and "Boschloo" not in said


@pytest.mark.parametrize(("asked", "says"), [
    ({"drop": 0.2, "discordance": 0.1}, "discordance"), ({"drop": 0.4, "rate": 0.9}, "--rate"), ({"family": 0}, "--family"),
    ({"drop": 0.2, "power": 1.2}, "power"), ({"width": -1}, "width"),
])  # fmt: skip
def test_power_refuses_what_cannot_be(printed, asked, says):
    with pytest.raises(ConfigError, match=says):
        printed(power_command, power_command.power, power_command.PowerArgs(**asked))
