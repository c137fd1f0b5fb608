"""Which axes are there? Every module of this folder is imported, in order of name, so a new file is enough."""

import importlib
import pkgutil

from vlagen_bench.axes.base import (
    AXES,
    STAGES,
    Axis,
    Draft,
    Offer,
    PoolAxis,
    apply_stage,
    axis,
    lack_of,
    make,
    ordered,
    variant,
    variant_name,
)

for _module in sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.ispkg):
    importlib.import_module(f"{__name__}.{_module}")

__all__ = [
    "AXES",
    "STAGES",
    "Axis",
    "Draft",
    "Offer",
    "PoolAxis",
    "apply_stage",
    "axis",
    "lack_of",
    "make",
    "ordered",
    "variant",
    "variant_name",
]
