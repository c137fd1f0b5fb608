"""The folders of this checkout."""

from pathlib import Path

import vlagen_bench

TESTS = Path(__file__).parents[1]
TOP = TESTS.parent
DOCS = TOP / "docs"
PACKAGE = Path(vlagen_bench.__file__).parent
