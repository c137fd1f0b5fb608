"""JSON of a run folder: read strictly, and built into its types, with the repair in every refusal."""

import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.types import canonical_json
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.text import shown

T = TypeVar("T")


def built(kind: type[T], content: Any, where: str, repair: str) -> T:
    """What was stored, as this type; raises `RunError` that ends with how to repair it."""
    try:
        return build(kind, content, where)
    except VlagenError as error:
        raise RunError(f"{shown(error)} {repair}") from None
    except (TypeError, ValueError, RecursionError):
        raise RunError(f"{where} has values of a wrong type. {repair}") from None


def load(file: Path, repair: str) -> Any:
    """The content of a JSON file; raises `RunError` that ends with how to repair it."""
    try:
        return parse(file.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{file} cannot be read: there is no such file. {repair}") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}. {repair}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: it is not JSON ({shown(error)}). {repair}") from None


def parse(data: bytes) -> Any:
    """The value of a JSON text; raises `ValueError` or `RecursionError` where it is none, or holds what cannot be written."""
    value = json.loads(data.decode("utf-8"), parse_constant=no_number)
    if b"\\ud" in data.lower():  # half of a pair is no text
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def no_number(name: str) -> NoReturn:
    """Refuses NaN and infinity, which JSON does not have."""
    raise ValueError(f"{name} is not a number")


def same(one: Any, other: Any) -> bool:
    """Whether two values are one JSON value; what is none is not the same as anything."""
    try:
        return canonical_json(one) == canonical_json(other)
    except (ValueError, RecursionError):  # an infinite number, such as 1e999; or depth
        return False
