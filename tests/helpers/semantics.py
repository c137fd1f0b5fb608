"""Episodes of the semantics axes."""

from vlagen_bench.axes import Draft
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs

TABLETOP, BRIDGE = catalog.task("tabletop_put_on"), catalog.task("bridge_put_on_fixed")


def values(condition, index=0, task=TABLETOP, seed=0):
    return plan.sample(task, condition, index=index, seed=seed)[0].values


def draft(found, task=TABLETOP):
    scene = specs.scene(task.scene)
    return Draft(scene=scene, pack=manifest.load(scene.pack), values=found)
