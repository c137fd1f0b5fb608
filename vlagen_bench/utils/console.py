"""The console that commands and progress print on."""

from rich.console import Console


def console() -> Console:
    """Standard output as plain text; wide enough for a table where it is no terminal."""
    out = Console(highlight=False, soft_wrap=False, force_jupyter=False)
    return out if out.is_terminal else Console(highlight=False, width=110, force_jupyter=False)
