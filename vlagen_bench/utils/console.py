"""The console that commands and progress print on."""

import os

from rich.console import Console

UNLIMITED = 1000
"""columns where the output is no terminal: nothing is cut there, and tables choose their width (`utils.tables`)"""


def console() -> Console:
    """Standard output as plain text; where it is no terminal, lines are as long as what they say, unless COLUMNS limits them."""
    out = Console(highlight=False, soft_wrap=False, force_jupyter=False)
    if out.is_terminal or "COLUMNS" in os.environ:
        return out
    return Console(highlight=False, width=UNLIMITED, force_jupyter=False)
