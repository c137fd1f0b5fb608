"""The family of docs/extend.md, in a folder of its own outside the package: listed, validated, played and judged."""

import json

import pytest

from helpers import pages
from helpers.commands import call
from helpers.pages import PAGES

pytestmark = pytest.mark.sim

PLACE = "touching"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with the family and the task of the page."""
    made = tmp_path_factory.mktemp("outside")
    blocks = [block for block in pages.blocks(PAGES["docs/extend.md"]) if (block.file or "").startswith(PLACE)]
    assert {block.file for block in blocks} == {f"{PLACE}/tasks/touch.py", f"{PLACE}/tasks/tabletop_touch.yaml"}
    for block in blocks:
        (made / block.file).parent.mkdir(parents=True, exist_ok=True)
        (made / block.file).write_text(block.body, encoding="utf-8")
    return made


def test_everything_with_it_is_in_order(folder):
    done = call("vlagen", "validate", "--include", PLACE, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "task tabletop_touch" in done.stdout


def test_the_expert_touches_and_who_stands_still_does_not(folder):
    played = {}
    for policy in ("expert", "noop"):
        words = ("--include", PLACE, "--task", "tabletop_touch", "--conditions", "nominal", "--episodes", "2")
        done = call("vlagen-eval", *words, "--policy", policy, "--video", "none", "--out", policy, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = (folder / policy / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
        played[policy] = [json.loads(line) for line in lines]
    assert {one["outcome"] for one in played["expert"]} == {"success"}
    assert {one["metrics"]["trouble"] for one in played["noop"]} == {"never_reached"}
    header = json.loads((folder / "noop" / "header.json").read_text(encoding="utf-8"))
    assert {"family", "task"} <= {entry["kind"] for entry in header["outside"]}
    assert "never came near" in (folder / "noop" / "report.html").read_text(encoding="utf-8")


def test_its_run_is_replayed_bit_for_bit(folder):
    done = call("vlagen", "replay", "expert", "--include", PLACE, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
