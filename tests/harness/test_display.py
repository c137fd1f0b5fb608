"""The first lines of a run say what its policy sees."""

import io

from rich.console import Console

from vlagen_bench.harness.display import ConsoleDisplay
from vlagen_bench.harness.evaluate import Begun, Evaluation
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan
from vlagen_bench.policies import base


def first_lines(tmp_path, **seen):
    screen = io.StringIO()
    evaluation = Evaluation(plan=make_plan(catalog.suite("quick")), path=tmp_path)
    begun = Begun(evaluation=evaluation, loaded=base.load("noop", {}), done=0, stand_ins=(), **seen)
    ConsoleDisplay(Console(file=screen, width=300)).begins(begun)
    return screen.getvalue()


def test_cameras_are_named_where_they_are_not_the_primary_one_alone(tmp_path):
    chosen = {"front": (224, 224), "wrist": (128, 128)}
    assert "It sees: front 224 x 224, wrist 128 x 128." in first_lines(tmp_path, cameras_px=chosen)
    assert "It sees" not in first_lines(tmp_path)
