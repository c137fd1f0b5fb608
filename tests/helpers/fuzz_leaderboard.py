"""Damages submissions, run folders and openings at random, for a while: a sentence must come of it, or an entry that can be read.

PYTHONPATH=tests python -m helpers.fuzz_leaderboard --seconds 600 --seed 1
"""

import json
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from helpers.fuzzing import command
from helpers.submissions import CARD, LIMIT, members, recorded
from vlagen_bench.errors import VlagenError
from vlagen_bench.leaderboard import archive, card, commitment, pledge, submission, verdict, verify
from vlagen_bench.leaderboard.codec import expand, shrink
from vlagen_bench.leaderboard.site import boards
from vlagen_bench.leaderboard.site import pages as site_pages
from vlagen_bench.plan import catalog
from vlagen_bench.report import entries
from vlagen_bench.runs import episodes
from vlagen_bench.utils import paths

ODD_BYTES = (
    b"",
    b"\0",
    b"\xff" * 8,
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\n",
    b"[",
    b"{",
    b'"',
    b"\xed\xa0\x80",
)
ODD_TEXT = (
    "&a ",
    "*a",
    "!!int ",
    "---\n",
    "? ",
    "- ",
    ": ",
    "\t",
    "'",
    '"',
    "|\n",
    ">\n",
    "{",
    "[",
    "%YAML 1.1\n",
    "<<: ",
    "#",
    "\x85",
    "\ufeff",
    "\U0001f600",
)
ODD_VALUES = (
    None, True, False, 0, -1, 1 << 62, 1 << 80, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "a", "\ud800", "\u202e", "\0",
    "x" * 5000, "\u3164", "verified", "1" * 9, "0-1", "2026-13-01", "base-mode1", [], {}, [[]], {"a": {}}, [None] * 50, "../x", "nominal", "expert",
)  # fmt: skip


def damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.choice((1, 2, 4, 30, 500)))
        match rng.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                del out[at:end]
            case 2:
                out[at:at] = rng.choice(ODD_BYTES)
            case 3:
                out[at:end] = rng.randbytes(end - at)
            case 4:
                out[at:at] = out[at:end]
            case 5:
                del out[at:]
        if not out:
            break
    return bytes(out)


def damaged_text(data: bytes, rng: random.Random) -> bytes:
    text = data.decode()
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(ODD_TEXT) * rng.choice((1, 1, 1, 3000)) + text[at + rng.choice((0, 0, 1, 9)) :]
    return text.encode("utf-8", "surrogatepass")


def damaged_value(value: Any, rng: random.Random) -> Any:
    """One place of a JSON value is another."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        match rng.randrange(12):
            case 0:
                return {name: item for name, item in value.items() if name != key}
            case 1:
                return value | {rng.choice(("more", "id", "\u202e", "")): value[key]}
        return value | {key: damaged_value(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        return [*value[:at], damaged_value(value[at], rng), *value[at + 1 :]]
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.3:
        return value + rng.choice((1, -1, 0.5))
    if rng.random() < 0.03:
        for _ in range(rng.choice((20, 3000))):
            value = [value]
        return value
    return rng.choice(ODD_VALUES)


def dumped(value: Any) -> bytes:
    """JSON, however deep."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        return json.dumps(value).encode()
    finally:
        sys.setrecursionlimit(limit)


def lines_of(data: bytes, rng: random.Random) -> bytes:
    """One line of JSON is damaged."""
    lines = data.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = dumped(damaged_value(json.loads(lines[at]), rng))
    return b"\n".join(lines) + b"\n"


def damaged_submission(rng: random.Random) -> bytes:
    parts = members()
    name = rng.choice(archive.MEMBERS)
    match rng.randrange(8):
        case 0 | 1:
            return damaged_bytes(archive.pack(parts), rng)
        case 2:
            parts[name] = damaged_bytes(parts[name], rng)
        case 3:
            parts["header.json"] = dumped(damaged_value(json.loads(parts["header.json"]), rng))
        case 4:
            parts["card.yaml"] = damaged_text(CARD, rng)
        case 5 | 6:
            parts["episodes.jsonl.xz"] = shrink(lines_of(expand(parts["episodes.jsonl.xz"], "", LIMIT), rng))
        case 7:
            name = rng.choice(("episodes.jsonl.xz", "actions.xz"))
            parts[name] = shrink(damaged_bytes(expand(parts[name], "", LIMIT), rng))
    return archive.pack(parts)


def a_submission(rng: random.Random, folder: Path) -> None:
    entry = verify.verify(submission.read(damaged_submission(rng)), published=[], sample=0).entry()
    file = folder / entry.suite / f"{entry.name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(verdict.text(entry), encoding="utf-8")
    try:
        again = entries.read(file)
    except VlagenError as error:
        raise AssertionError(f"an entry was written that cannot be read: {error}") from None
    assert again == entry, "an entry is read as another"


def a_card(rng: random.Random, folder: Path) -> None:
    card.read(rng.choice((damaged_bytes, damaged_text))(CARD, rng))


def a_run(rng: random.Random, folder: Path) -> None:
    run = folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(recorded(), run)
    path = rng.choice([path for path in sorted(run.rglob("*")) if path.is_file() and path.name != "lock"])
    data = path.read_bytes()
    if path.suffix == ".json" and rng.random() < 0.6:
        path.write_bytes(dumped(damaged_value(json.loads(data), rng)))
    elif path.suffix == ".jsonl" and rng.random() < 0.6:
        path.write_bytes(lines_of(data, rng))
    else:
        path.write_bytes(damaged_bytes(data, rng))
    list(episodes.of_run(run))


def an_opening(rng: random.Random, folder: Path) -> None:
    opening = commitment.commit(catalog.suite("tiny"), [1, 2, 3], dated="2026-01-31", reveal_on="2026-03-31")
    files = [dumped(vars(opening) | {"seeds": [1, 2, 3]}), dumped(vars(opening.commitment()))]
    at = rng.randrange(2)
    files[at] = rng.choice((damaged_bytes, lambda data, rng: dumped(damaged_value(json.loads(data), rng))))(
        files[at], rng
    )
    commitment.reveal(*files)


def a_pledge(rng: random.Random, folder: Path) -> None:
    opening = commitment.commit(catalog.suite("tiny"), [1, 2, 3], dated="2026-01-31", reveal_on="2026-03-31")
    made = pledge.pledge(opening.commitment(), "my-model", "0a" * 32, "2026-02-01")
    files = [dumped(vars(made)), dumped(vars(opening.commitment()))]
    at = rng.randrange(2)
    files[at] = rng.choice((damaged_bytes, lambda data, rng: dumped(damaged_value(json.loads(data), rng))))(
        files[at], rng
    )
    pledge.check(pledge.read(files[0], commitment.read(files[1])), card.read(CARD))


def an_entry(rng: random.Random, folder: Path) -> None:
    """The file of a published entry: what the site reads."""
    entry = verify.verify(submission.read(archive.pack(members())), published=[], sample=0).entry()
    content = json.loads(verdict.text(entry))
    for _ in range(rng.choice((1, 1, 2))):
        content = damaged_value(content, rng)
    file = folder / "boards" / "tiny" / "my-model.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(dumped(content))
    with mock.patch.object(paths, "leaderboards_dir", lambda: folder / "boards"):
        pages = list(site_pages.render([boards.page("tiny")]))
    assert len(pages) == 3, "the first page, the suite's and the entry's"


WAYS: tuple[Callable[[random.Random, Path], None], ...] = (
    a_submission, a_submission, a_card, a_run, an_opening, a_pledge, an_entry,
)  # fmt: skip


def fuzz(*, seconds: float, seed: int) -> Counter[str]:
    """How often damage was refused, or made no difference; and each other exception, with how to get it again."""
    members()
    found: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        for number in range(sys.maxsize):
            if time.monotonic() > deadline:
                return found
            rng = random.Random(f"{seed} {number}")
            way = rng.choice(WAYS)
            try:
                way(rng, Path(folder))
                found["accepted"] += 1
            except VlagenError as error:
                # Of a stranger's file nothing is quoted that cannot be printed; of one's own, standard error escapes it.
                str(error).encode(errors="backslashreplace" if way is a_run else "strict")
                found["refused"] += 1
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                found[
                    f"{way.__name__}: {type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"[
                        :300
                    ]
                ] += 1
    return found


if __name__ == "__main__":
    command(__doc__, fuzz, lambda found: set(found) <= {"refused", "accepted"})
