"""Reproducible robustness evaluation of robot policies in simulation.

Importing makes the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>` known as soon as Gymnasium is there; it
loads neither Gymnasium nor a simulator itself.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__version__ = "0.1.0"
__all__ = ["load_run", "make_vec"]


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
    """Loads what needs more than the registration when it is asked for."""
    if name == "make_vec":
        from vlagen_bench.envs.vector import make_vec

        return make_vec
    if name == "load_run":
        from vlagen_bench.report.load import load_run

        return load_run
    raise AttributeError(f"module 'vlagen_bench' has no attribute '{name}'")
