"""The templates of pages: no sentence runs into the next."""

import re
from itertools import pairwise

import pytest

from helpers.places import PACKAGE

TEMPLATES = sorted(PACKAGE.rglob("*.j2"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_block_that_ends_a_sentence_keeps_its_line_break(template):
    """A block at the end of a line takes the line break with it, unless it ends with `+%}`."""
    lines = template.read_text(encoding="utf-8").split("\n")
    for number, (line, after) in enumerate(pairwise(lines), start=1):
        if re.search(r"[.:;,]\{% end\w+ %\}$", line):
            assert not after or re.match(r"</|\{% (end|elif|else)", after), f"line {number}: {line[-60:]}"
