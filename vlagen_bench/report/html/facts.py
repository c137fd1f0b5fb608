"""The header of a run as pairs of texts, for its page."""

from collections.abc import Iterator, Mapping
from typing import Any


def facts(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key of the header with its value, both as text; keys inside others after a dot."""
    for key, value in header.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", text) for inner, text in facts(value))
        elif isinstance(value, list):
            between = "; " if any(isinstance(item, Mapping) for item in value) else ", "
            yield key, between.join(map(_text, value)) or "none"
        else:
            yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    return "none" if value is None else str(value)
