"""The families of tasks. Every module of this folder is imported, in order of name, so a new file is enough."""

import importlib
import pkgutil

from vlagen_bench.tasks.base import (
    FAMILIES,
    TaskFamily,
    check_names,
    check_nominal,
    draft,
    family,
    family_of,
    judge_of,
    judged,
    offer,
    offer_of,
    rule_of,
)

for _module in sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.ispkg):
    importlib.import_module(f"{__name__}.{_module}")

__all__ = [
    "FAMILIES",
    "TaskFamily",
    "check_names",
    "check_nominal",
    "draft",
    "family",
    "family_of",
    "judge_of",
    "judged",
    "offer",
    "offer_of",
    "rule_of",
]
