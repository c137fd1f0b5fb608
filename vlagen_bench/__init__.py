"""Reproducible robustness evaluation of robot policies in simulation.

Importing makes the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>` known as soon as Gymnasium is there; it
loads neither Gymnasium nor a simulator itself.
"""

import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import Loader

__version__ = "0.1.0"
__all__ = ["load_run", "make_vec", "register_path"]


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
                    spec.loader = cast("Loader", _Registering(spec.loader))
                return spec
        return None


# Where this module is reloaded, its finder takes the place of the one before.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != _GymnasiumFinder.__name__]
sys.meta_path.insert(0, _GymnasiumFinder())
# After the finder is there, so that an import in another thread meets one of the two.
if "gymnasium" in sys.modules:
    _register()


def __getattr__(name: str) -> Any:
    """Loads what needs more than the registration when it is asked for."""
    if name == "make_vec":
        from vlagen_bench.envs.vector import make_vec

        return make_vec
    if name == "load_run":
        from vlagen_bench.report.load import load_run

        return load_run
    if name == "register_path":
        from vlagen_bench.utils.plugins import register_path

        return register_path
    raise AttributeError(f"module 'vlagen_bench' has no attribute '{name}'")
