"""Reproducible robustness evaluation of robot policies in simulation.

Importing makes the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>` known as soon as Gymnasium is there; it
loads neither Gymnasium nor a simulator itself.
"""

import importlib
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

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
    "TrainedPolicy",
    "VlagenError",
    "__version__",
    "axis",
    "evaluate",
    "load_run",
    "make_plan",
    "make_vec",
    "perturb",
    "register_path",
]

if TYPE_CHECKING:  # the same names for type checkers, which do not follow __getattr__
    from vlagen_bench.axes.base import Axis, Draft, PoolAxis, SizeAxis, axis
    from vlagen_bench.envs.perturbed import perturb
    from vlagen_bench.envs.policy import TrainedPolicy
    from vlagen_bench.envs.vector import make_vec
    from vlagen_bench.errors import VlagenError
    from vlagen_bench.plan.selection import make_plan
    from vlagen_bench.policies.base import Policy
    from vlagen_bench.report.evaluate import evaluate
    from vlagen_bench.report.run import Run, load_run
    from vlagen_bench.scenes.verbs import Scene
    from vlagen_bench.types import Episode, Plan, Suite, Task
    from vlagen_bench.utils.plugins import register_path

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
    "TrainedPolicy": "vlagen_bench.envs.policy",
    "VlagenError": "vlagen_bench.errors",
    "axis": "vlagen_bench.axes",
    "evaluate": "vlagen_bench.report.evaluate",
    "load_run": "vlagen_bench.report.run",
    "make_plan": "vlagen_bench.plan.selection",
    "make_vec": "vlagen_bench.envs.vector",
    "perturb": "vlagen_bench.envs.perturbed",
    "register_path": "vlagen_bench.utils.plugins",
}
"""public name -> the module that holds it, which is loaded when the name is first asked for"""


def _register() -> None:
    from vlagen_bench.envs import registration
    from vlagen_bench.errors import VlagenError

    try:
        registration.register()
    except VlagenError as error:  # importing a library does not fail because of another package
        warnings.warn(f"No VLAGen environments are registered: {error}", stacklevel=2)


class _Registering:
    """The loader of Gymnasium, which registers the environments after each execution of that module."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module shows its own loader, as without us.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        _register()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _GymnasiumFinder:
    """Finds Gymnasium as the other finders do, so that commands which do not need it start fast.

    It keeps no state: looking for Gymnasium without importing it, importing it again, and doing so in several threads
    all end with the environments registered.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "gymnasium":
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = cast(Any, _Registering(spec.loader))
                return spec
        return None


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


# At the end, since a plug-in that is loaded here imports this module's names.
# Where this module is reloaded, its finder takes the place of the one before.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != _GymnasiumFinder.__name__]
sys.meta_path.insert(0, _GymnasiumFinder())
# After the finder is there, so that an import in another thread meets one of the two.
if "gymnasium" in sys.modules:
    _register()
