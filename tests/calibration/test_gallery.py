"""The page of all axes' sheets, and the labels of a ladder."""

import re

import pytest

from vlagen_bench.axes import AXES
from vlagen_bench.calibration import gallery
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.backends import simulator_of
from vlagen_bench.sim.simulator import Simulator

TASK = catalog.task("tabletop_put_on")


def test_the_page_has_a_list_of_contents_by_kind():
    names = gallery.axes_of(TASK)
    page = gallery._page(TASK, {axis: f"{axis}.png" for axis in names})
    contents = page[page.index('<nav aria-label="Contents"') : page.index("</nav>")]
    linked = re.findall(r'href="#(\w+)"', contents)
    assert linked == list(names) and set(linked) <= set(re.findall(r'<h3 id="(\w+)"', page))
    assert [contents.index(f"<dt>{kind}</dt>") for kind in ("Vision", "Semantics", "Execution", "Dynamics")] == sorted(
        contents.index(f"<dt>{kind}</dt>") for kind in ("Vision", "Semantics", "Execution", "Dynamics")
    )
    assert page.count("<img ") == page.count('alt="') == len(names) and "http" not in page


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        ("clutter", ["clean twin", "level 1: 1 thing", "level 2: 2 things"]),
        ("object", ["clean twin", "test"]),
    ],
)
def test_a_ladder_begins_with_the_clean_twin_and_says_sizes_in_words(axis, labels):
    assert list(gallery.ladder(TASK, axis, index=0, seed=0))[: len(labels)] == labels


def test_every_rung_of_every_ladder_is_named_once():
    for axis in gallery.axes_of(TASK):
        assert len(gallery.ladder(TASK, axis, index=0, seed=0)) == 1 + len(AXES.get(axis).variants())


@pytest.mark.sim
@pytest.mark.slow
def test_a_task_of_maniskill_has_sheets_whose_later_pictures_follow_the_same_drawn_actions():
    task = catalog.task("PushCube-v1")
    drawn = simulator_of(task, cameras=CameraChoice(fast_meshes=True))
    assert drawn.spec.robot.simplify_to is not None
    clean, *_, pushed = gallery.ladder(task, "push", index=0, seed=0).values()
    actions = gallery._actions(drawn, clean)
    assert len(actions) == gallery.LATER
    pictures = [gallery._picture(drawn, episode, actions) for episode in (clean, clean, pushed)]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] != pictures[2]).any()


def test_what_works_with_our_own_scenes_alone_says_so():
    with pytest.raises(
        ConfigError, match="PushCube-v1 is of ManiSkill, and this works with the scenes of this package alone"
    ):
        Simulator.of(catalog.task("PushCube-v1"))
