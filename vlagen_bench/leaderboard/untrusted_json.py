"""Untrusted JSON: plain values, bounded in size and depth, strictly within the standard."""

import json
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard.limits import INTEGER, JSON_DEPTH, Refused
from vlagen_bench.report.entry_texts import text_fault


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a file, one more than `limit` at most; raises `ConfigError` if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Give the path of a file.") from None


def parse(data: bytes, where: str, limit: int) -> Any:
    """The value of a JSON text.

    Args:
        data: UTF-8.
        where: for the message.
        limit: of its size, bytes.

    Raises:
        Refused: it is too long, too deep or no JSON, has NaN, a key twice, a huge number, or text that cannot be shown.
    """
    if len(data) > limit:
        raise Refused(f"{where} has {len(data)} bytes, and at most {limit} are allowed.")
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, where), parse_constant=_no_number)
    except RecursionError:
        raise Refused(f"{where} is nested deeper than {JSON_DEPTH} levels.") from None
    except ValueError as error:
        raise Refused(f"{where} is not JSON: {shown(str(error))}.") from None
    _check(value, where, JSON_DEPTH)
    return value


def shown(text: str, chars: int = 80) -> str:
    """The text as it can be printed: one line, nothing that steers a terminal, cut where it is long."""
    plain = "".join(char if char.isprintable() else "?" for char in text[: chars + 1])
    return plain if len(plain) <= chars else plain[: chars - 1] + "…"


def check_text(text: str, where: str) -> None:
    """Raises `Refused` for text that is too long, invisible, or looks like other text."""
    if (fault := text_fault(text)) is not None:
        raise Refused(f"{where} {fault}")


def _object(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"{where}: the key '{shown(twice)}' stands twice in one object.")
    return mapping


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _check(value: Any, where: str, depth: int) -> None:
    match value:
        case bool() | None:
            pass
        case str():
            check_text(value, where)
        case int() if abs(value) >= INTEGER:
            raise Refused(f"{where} has a number of more than 63 bits.")
        case float() if value in (float("inf"), float("-inf")):  # 1e999 is read so
            raise Refused(f"{where} has a number that is infinite.")
        case list() | dict() if depth == 0:
            raise Refused(f"{where} is nested deeper than {JSON_DEPTH} levels.")
        case list():
            for item in value:
                _check(item, where, depth - 1)
        case dict():
            for key, item in value.items():
                check_text(key, where)
                _check(item, where, depth - 1)
