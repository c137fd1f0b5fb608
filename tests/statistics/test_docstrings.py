"""The examples in the docstrings of the statistics."""

import doctest
import importlib
import pkgutil

import pytest

from vlagen_bench import statistics

MODULES = [name for _, name, _ in pkgutil.iter_modules(statistics.__path__, "vlagen_bench.statistics.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
