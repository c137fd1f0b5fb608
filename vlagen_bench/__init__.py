"""vlagen_bench: what breaks when a robot policy leaves the world it was trained in?

Importing registers the Gymnasium environments `VLAGen/<Task>-<Condition>-v<N>`; it loads no simulator.
"""

from typing import Any

from vlagen_bench import ids

__version__ = "0.1.0"
__all__ = ["load_run", "make_vec"]

ids.register()


def __getattr__(name: str) -> Any:
    """Loads what needs more than the registration when it is asked for."""
    if name == "make_vec":
        from vlagen_bench.vector import make_vec

        return make_vec
    if name == "load_run":
        from vlagen_bench.finished import load_run

        return load_run
    raise AttributeError(f"module 'vlagen_bench' has no attribute '{name}'")
