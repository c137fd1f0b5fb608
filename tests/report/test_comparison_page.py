"""The page, tables and films of a comparison."""

import csv
import json
import re
import shutil

import numpy as np
import pytest

from helpers.compared import CONDITIONS, bad, good, weak
from helpers.submissions import recorded, tasks_with_tiny
from vlagen_bench.cli import compare as command
from vlagen_bench.errors import ConfigError
from vlagen_bench.report import comparison_page, refilm
from vlagen_bench.report.comparison import compare
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.utils import paths as locations


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
    assert page.count('<td class="failure"') == page.count('<td class="success"') == 11
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


def test_a_page_of_somebody_else_is_not_written_over(made, tmp_path):
    mine = tmp_path / "out" / "index.html"
    mine.parent.mkdir()
    mine.write_text("my page")
    with pytest.raises(ConfigError, match="is no page of vlagen_bench"):
        comparison_page.write(compare((made("a", good), made("b", weak))), mine.parent)
    assert list(mine.parent.iterdir()) == [mine] and mine.read_text() == "my page"


@pytest.mark.parametrize(
    ("wrist", "says"), [(128, "cameras front 64\u00a0×\u00a064, wrist 128"), (96, "not the same in all")]
)
def test_runs_whose_policies_saw_other_cameras_say_so_each_for_itself(made, printed, tmp_path, wrist, says):
    paths = made("a", good), made("b", weak)
    for path, size in zip(paths, (128, wrist), strict=True):
        header = json.loads((path / "header.json").read_text())
        header["cameras"] = {"front": [64, 64], "wrist": [size, size]}
        (path / "header.json").write_text(json.dumps(header))
    said = printed(command, command.compare, paths, out=tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert says in page.partition("</header>")[0], "what is true of all runs"
    each = "<br><small>cameras front 64\u00a0×\u00a064, wrist 96\u00a0×\u00a096 pixels</small>"
    assert page.count(each) == said.count("cameras front 64 x 64, wrist 96 x 96 pixels") == (wrist == 96)


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
        _make_lie(paths[1], line)
    (paths[1] / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = " ".join(printed(command, command.compare, paths, out=out, films=1).split())
    assert said.count("No film, since") == 1 and "the episode is over after" in said and "80 are recorded" in said
    assert len(list((paths[0] / "videos").glob("*.mp4"))) == 1 and not list((paths[1] / "videos").glob("*.mp4"))
    assert (out / "index.html").read_text().count("<video") == 1


def _make_lie(run, line, steps=80):
    """Turns the record of a success into one of a failure that contradicts nothing but its own actions."""
    file = run / "actions" / f"{line['id']}.npz"
    with np.load(file) as stored:
        actions, hashes = stored["actions"], stored["state_hashes"]
    more = steps - len(actions)
    np.savez(file, actions=np.pad(actions, ((0, more), (0, 0))), state_hashes=np.pad(hashes, (0, more)))
    line.update(outcome="failure", success_at_end=False, success_once=False, steps=steps)
    line["metrics"] |= {
        "trouble": "never_reached",
        "first_success_step": None,
        "placed": False,
        "placed_once": False,
        "progress": 0.0,
        "time_to_success_s": None,
        "path_ratio": None,
    }


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
