"""JSON of a run folder: read strictly, and built into its types, with the repair in every refusal."""

import json
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from vlagen_bench.errors import RunError, VlagenError
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
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=no_number)
    except FileNotFoundError:
        raise RunError(f"{file} cannot be read: there is no such file. {repair}") from None
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror}. {repair}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file} cannot be read: it is not JSON ({shown(error)}). {repair}") from None


def no_number(name: str) -> NoReturn:
    """Refuses NaN and infinity, which JSON does not have."""
    raise ValueError(f"{name} is not a number")
