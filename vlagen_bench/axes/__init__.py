"""The axes: importing this package imports every module in it, in order of name, which registers its axis."""

import importlib
import pkgutil

from vlagen_bench.axes.base import (
    AXES,
    STAGES,
    Axis,
    Draft,
    Offer,
    PoolAxis,
    SizeAxis,
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
    "SizeAxis",
    "apply_stage",
    "axis",
    "lack_of",
    "make",
    "ordered",
    "variant",
    "variant_name",
]
