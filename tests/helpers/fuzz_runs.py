"""Damages run folders at random, for a while: every user of the folder gives a result or one sentence, and all say the same.

PYTHONPATH=tests python -m helpers.fuzz_runs --seconds 600 --seed 1
"""

import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import vlagen_bench
from helpers.fuzz_leaderboard import damaged_bytes, damaged_value, dumped, lines_of
from helpers.fuzzing import command
from helpers.submissions import CARD, recorded
from vlagen_bench.cli.compare import compare
from vlagen_bench.cli.report import report
from vlagen_bench.errors import VlagenError
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.leaderboard.submit import submit
from vlagen_bench.policies.replay import Replay
from vlagen_bench.runs import episodes
from vlagen_bench.runs.folder import RunFolder

FILES = ("header.json", "header.json", "plan.json", "episodes.jsonl", "episodes.jsonl", "episodes.jsonl", "actions")
TAILS = (b"\0" * 300, b"\0\n", b"\n", b"\r\n", b"{", b'{"id": "', b"\xff\xfe", b"[]\n", b"null\n")


def damage(run: Path, rng: random.Random) -> None:
    """One to three damages of a run folder."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        name = rng.choice(FILES)
        path = rng.choice(sorted((run / "actions").iterdir()) or [run]) if name == "actions" else run / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        match rng.randrange(10):
            case 0:
                path.unlink()
                if rng.random() < 0.2:
                    path.mkdir()
            case 1:
                path.write_bytes(b"")
            case 2:
                path.write_bytes(data[: rng.randrange(len(data) + 1)])
            case 3:
                path.write_bytes(data + rng.choice(TAILS))
            case 4:
                path.write_bytes(damaged_bytes(data, rng))
            case _ if path.suffix == ".json":
                path.write_bytes(_json(data, rng))
            case _ if path.suffix == ".jsonl":
                path.write_bytes(_lines(data, rng))
            case _:
                path.write_bytes(damaged_bytes(data, rng))


def _json(data: bytes, rng: random.Random) -> bytes:
    try:
        return dumped(damaged_value(json.loads(data), rng))
    except (ValueError, RecursionError):  # of an earlier damage
        return data


def _lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at, other = rng.randrange(len(lines) + 1), rng.randrange(len(lines) + 1)
    match rng.randrange(5):
        case 0:
            return b"".join([*lines[:at], *lines[at + 1 :]])
        case 1:
            return b"".join([*lines[:at], *lines[other : other + 1], *lines[at:]])
    try:
        return lines_of(data, rng)
    except (ValueError, IndexError, RecursionError):
        return data


def resume(run: Path) -> None:
    """Opens it as the same command would, whose header is the undamaged one."""
    whole = episodes.read(recorded())
    with RunFolder.writing(run, whole.header_json, whole.plan):
        pass


def retry_lost(run: Path) -> None:
    """Afterwards all that is left can be read."""
    whole = episodes.read(recorded())
    with RunFolder.writing(run, whole.header_json, whole.plan, retry_lost=True) as folder:
        left = {name for name in folder.results if folder.done(name, retry_errors=False)}
    found = episodes.records(run)
    assert not found.torn and left <= found.results.keys()
    for name in left:
        found.take(found.plan.by_id[name])


def load_run(run: Path) -> None:
    loaded = vlagen_bench.load_run(run)
    assert (
        len(loaded.episodes) == len(loaded.plan.episodes)
        and len(loaded.table)
        and repr(loaded)
        and loaded._repr_html_()
    )


def replayed(run: Path) -> None:
    for take in episodes.of_run(run):
        policy = Replay(str(run))
        policy.reset([take.episode.id])
        assert len(take.actions) == take.record.steps


def submitted(run: Path) -> None:
    card = run.parent / "card.yaml"
    card.write_bytes(CARD)
    submit(run, card)


USERS: dict[str, Callable[[Path], object]] = {
    "report": report,
    "load_run": load_run,
    "compare": lambda run: compare((recorded(), run)),
    "compare with a page": lambda run: compare((recorded(), run), out=run.parent / "compared"),
    "replay": replayed,
    "submit": submitted,
    "until": lambda run: EarlyStopping(f"decided:{run}", episodes.read(recorded()).plan),
    "resume": resume,
    "retry lost": retry_lost,
}
SLOW = {"report": 0.2, "compare with a page": 0.02, "load_run": 0.5, "compare": 0.5, "submit": 0.3, "retry lost": 0.5}
"""how often those are asked that take their time; the others always"""
MAY_REFUSE_MORE = {
    "replay": "",
    "submit": "",
    "compare": "are of different",
    "compare with a page": "are of different",
    "until": "--until decided:",
    "resume": "holds another run",
    "retry lost": "holds another run",
}
"""what else a user says of a folder that can be read: of what the actions hold, of a part of a suite, of another or a small plan"""


def asked(user: Callable[[Path], object], run: Path) -> str | None:
    """The sentence with which a user refuses a folder; None if it gave a result."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            user(run)
    except VlagenError as error:
        said = str(error)
        assert len(said.splitlines()) == 1 and said.strip(), f"not one sentence: {said!r}"
        return said
    return None


def check(run: Path, rng: random.Random, found: Counter[str]) -> None:
    """Asks all users of a damaged folder; raises `AssertionError` where they do not agree."""
    expected = asked(episodes.read, run)
    found["refused" if expected else "read"] += 1
    for name, user in USERS.items():
        if rng.random() >= SLOW.get(name, 1.0):
            continue
        found[f"asked: {name}"] += 1
        if name == "retry lost" and expected and "retry-lost" in expected:
            expected, refused = None, asked(user, run)
            found["lost actions, to be played again"] += 1
        else:
            refused = asked(user, run)
        if refused == expected or (
            expected is None and name in MAY_REFUSE_MORE and MAY_REFUSE_MORE[name] in str(refused)
        ):
            continue
        first = ("holds another run", "episodes.jsonl cannot be read: Is a directory")  # they see that before the rest
        other_run = name in ("resume", "retry lost") and any(said in str(refused) for said in first)
        assert other_run, f"{name} says: {refused!r}, but the reader: {expected!r}"


def fuzz(*, seconds: float, seed: int) -> Counter[str]:
    """How often damage was refused, or made no difference; and each other exception, with how to get it again."""
    found: Counter[str] = Counter()
    whole, deadline = recorded(), time.monotonic() + seconds
    warnings.simplefilter("ignore", UserWarning)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(sys.maxsize):
            if time.monotonic() > deadline:
                return found
            rng = random.Random(f"{seed} {number}")
            run = Path(folder) / "run"
            shutil.rmtree(run, ignore_errors=True)
            shutil.copytree(whole, run)
            damage(run, rng)
            try:
                check(run, rng, found)
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                found[f"WRONG, seed {seed} {number}: {type(error).__name__} in {place}: {error}"[:600]] += 1
    return found


def wrong(found: Counter[str]) -> list[str]:
    """What nobody may see."""
    return [what for what in found if what.startswith("WRONG")]


if __name__ == "__main__":
    command(__doc__, fuzz, lambda found: not wrong(found))
