"""Plans: every episode of a suite, made by a pure function."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from helpers.places import TESTS
from vlagen_bench import axes
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.types import Episode

GOLDEN = json.loads((TESTS / "golden" / "plans.json").read_text())
TASKS = [catalog.task(name) for name in catalog.task_names()]


@pytest.mark.parametrize("name", [name for name in catalog.suite_names() if not catalog.suite(name).tasks])
def test_plans_are_pinned(name):
    """A change here changes what is measured: raise the version of the suite or task, and say so in the changelog."""
    assert plan.make_plan(catalog.suite(name)).hash == GOLDEN[name]


def test_the_plan_does_not_depend_on_the_hash_seed():
    code = "from vlagen_bench.plan import catalog, plan; print(plan.make_plan(catalog.suite('quick')).hash)"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.strip() == GOLDEN["quick"]


def test_another_seed_gives_another_plan():
    suite = catalog.suite("quick")
    assert plan.make_plan(plan.select(suite, conditions=None, episodes=None, seed=1)).hash != GOLDEN["quick"]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_an_episode_differs_from_its_twin_only_in_what_is_tested(task):
    for name in task.condition_names():
        episode, twin = plan.sample(task, name, index=3, seed=5)
        condition = catalog.condition(task, name)
        if not condition.perturb:
            assert twin is None and episode.twin is None, name
            continue
        assert episode.twin == twin.id, name
        changed = {key for key in episode.values if episode.values[key] != twin.values.get(key)}
        follows = {axis.name for axis in axes.AXES if set(axis.after) & set(condition.perturb)}
        assert set(condition.perturb) - changed == set() or set(condition.perturb) & changed, name
        assert changed <= set(condition.perturb) | follows, name


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_episodes_survive_json(task):
    for name in task.condition_names():
        episode, _ = plan.sample(task, name, index=0, seed=0)
        again = plan.episode_from_dict(json.loads(json.dumps(episode.to_dict())))
        assert again.id == episode.id and again.values == episode.values, name


def test_an_edited_episode_is_refused():
    episode = plan.sample(TASKS[0], TASKS[0].nominal_name, index=0, seed=0)[0].to_dict()
    episode["values"] = {**episode["values"], "yaw": 1.0}
    with pytest.raises(ConfigError, match="was edited"):
        plan.episode_from_dict(episode)


def test_fewer_episodes_are_the_first_of_more():
    suite = catalog.suite("quick")
    few = plan.make_plan(dataclasses.replace(suite, episodes=2))
    many = plan.make_plan(dataclasses.replace(suite, episodes=5))
    assert {e.id for e in few.episodes} < {e.id for e in many.episodes}


def test_a_narrowed_plan_is_part_of_the_whole():
    suite = catalog.suite("quick")
    one = plan.make_plan(plan.select(suite, conditions=("object_test",), episodes=None, seed=None))
    assert {e.id for e in one.episodes} <= {e.id for e in plan.make_plan(suite).episodes}
    assert {e.condition for e in one.episodes} == {"object_test", "nominal"}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_train_and_test_are_disjoint(task):
    pack = manifest.load(specs.scene(task.scene).pack)
    for kind in ("objects", "receptacles", "tables", "textures"):
        train, test = ({asset.id for asset in getattr(pack, kind) if asset.split == s} for s in ("train", "test"))
        assert test and not train & test


def test_unseen_means_unseen():
    task = catalog.task("tabletop_put_on")
    nominal = [plan.sample(task, "nominal", index=i, seed=0)[0].values for i in range(60)]
    for condition, axis in (
        ("object_test", "object"),
        ("receptacle_test", "receptacle"),
        ("table_test", "table"),
    ):
        unseen = [plan.sample(task, condition, index=i, seed=0)[0].values for i in range(60)]
        assert not {v[axis] for v in nominal} & {v[axis] for v in unseen}
    spots = {tuple(v["position"]["source"]) for v in nominal}
    ring = {
        tuple(plan.sample(task, "position_test", index=i, seed=0)[0].values["position"]["source"]) for i in range(60)
    }
    assert not spots & ring


# Pool sizes of the official conditions, calculated from the released code of Liu et al.
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("unseen_table", 250_880),
        ("texture_weak", 12_845_056),
        ("texture_strong", 12_845_056),
        ("in_distribution", 802_816),
        ("unseen_objects", 451_584),
        ("unseen_receptacles", 12_845_056),
        ("unseen_instructions", 12_845_056),
        ("unseen_positions", 643_072),
        ("reposition", 2_154_496),
    ],
)
def test_official_pools(name, size):
    assert plan.pool_size(catalog.task("bridge_put_on"), name) == size


def test_official_ids_wrap_around():
    task = catalog.task("bridge_put_on")
    low, high = (plan.official(task, "unseen_table", i) for i in (7, 7 + 250_880))
    assert low.values == high.values


def test_a_task_without_official_ids_says_so():
    with pytest.raises(ConfigError, match="no official episode ids"):
        plan.official(catalog.task("tabletop_put_on"), "nominal", 1)


def test_ids_are_content():
    a = Episode(task="t@1", condition="c", index=0, seed=0, values={"x": 1, "y": 2})
    b = Episode(task="t@1", condition="c", index=0, seed=0, values={"y": 2, "x": 1})
    assert a.id == b.id != dataclasses.replace(a, values={"x": 1, "y": 3}).id


def test_an_unknown_condition_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'lighting_l3'"):
        plan.select(catalog.suite("quick"), conditions=("lightning_l3",), episodes=None, seed=None)
