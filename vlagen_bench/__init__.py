"""Reproducible robustness evaluation of robot policies in simulation.

Importing makes the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>` known as soon as Gymnasium is there; it
loads neither Gymnasium nor a simulator itself.
"""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Axis",
    "Draft",
    "Episode",
    "Plan",
    "Policy",
    "PoolAxis",
    "Run",
    "Scene",
    "SizeAxis",
    "Suite",
    "Task",
    "VlagenError",
    "__version__",
    "axis",
    "evaluate",
    "load_run",
    "make_plan",
    "make_vec",
]

if TYPE_CHECKING:  # the same names for type checkers, which do not follow __getattr__
    from vlagen_bench.axes.base import Axis, Draft, PoolAxis, SizeAxis, axis
    from vlagen_bench.envs.vector import make_vec
    from vlagen_bench.errors import VlagenError
    from vlagen_bench.plan.selection import make_plan
    from vlagen_bench.policies.base import Policy
    from vlagen_bench.report.evaluate import evaluate
    from vlagen_bench.report.run import Run, load_run
    from vlagen_bench.scenes.verbs import Scene
    from vlagen_bench.types import Episode, Plan, Suite, Task

_LAZY = {
    "Axis": "vlagen_bench.axes",
    "Draft": "vlagen_bench.axes",
    "Episode": "vlagen_bench.types",
    "Plan": "vlagen_bench.types",
    "Policy": "vlagen_bench.policies.base",
    "PoolAxis": "vlagen_bench.axes",
    "Run": "vlagen_bench.report.run",
    "Scene": "vlagen_bench.scenes.verbs",
    "SizeAxis": "vlagen_bench.axes",
    "Suite": "vlagen_bench.types",
    "Task": "vlagen_bench.types",
    "VlagenError": "vlagen_bench.errors",
    "axis": "vlagen_bench.axes",
    "evaluate": "vlagen_bench.report.evaluate",
    "load_run": "vlagen_bench.report.run",
    "make_plan": "vlagen_bench.plan.selection",
    "make_vec": "vlagen_bench.envs.vector",
}
"""public name -> the module that holds it, which is loaded when the name is first asked for"""


def _register() -> None:
    from vlagen_bench.envs import registration

    registration.register()


class _WithGymnasium:
    """Registers the environments right after Gymnasium was imported, so that commands which do not need it start fast."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _register()

            spec.loader.exec_module = exec_module
        return spec


if "gymnasium" in sys.modules:
    _register()
else:
    sys.meta_path.insert(0, _WithGymnasium())


def __getattr__(name: str) -> Any:
    """Loads a public name when it is asked for, so that importing the package stays fast."""
    if name not in _LAZY:
        raise AttributeError(f"module 'vlagen_bench' has no attribute '{name}'")
    random = sys.modules.get("random")
    state = random.getstate() if random is not None else None
    value = getattr(importlib.import_module(_LAZY[name]), name)
    if random is not None:  # rich draws a number as it is loaded, which would change what a seeded program draws next
        random.setstate(state)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
