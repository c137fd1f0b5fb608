"""What a run takes from outside the package: named with its content's hash in the header, and looked for by readers."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vlagen_bench.axes import AXES
from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.plan import catalog, native_tasks
from vlagen_bench.scenes import native, specs
from vlagen_bench.tasks import FAMILIES
from vlagen_bench.types import Plan, Task
from vlagen_bench.utils import plugins, surface
from vlagen_bench.utils.imported import SourceFiles
from vlagen_bench.utils.locations import Kind, Location, sha256
from vlagen_bench.utils.registry import Registry

Entry = dict[str, Any]
"""`kind`, `name`, `sha256`, and where it came from: `path`, `module` or `package`"""
Hashes = dict[Location, str]
"""the content of places, each hashed once though several things are of it"""
FILES: tuple[Kind, ...] = ("suite", "task", "pack")
CODE: Mapping[str, Registry[Any]] = {"axis": AXES, "family": FAMILIES}
"""kinds that are classes"""
PROGRAM = "__main__"
"""the module of what the user's own program defines"""
NEEDED = ("task", "pack", *CODE)
"""kinds without which a run cannot be read"""


def used(plan: Plan, policy: str) -> list[Entry]:
    """What a plan and a policy, by its name, take from outside; empty where all of it ships. No name: no policy."""
    task = catalog.task(plan.suite.task)
    names = {"suite": plan.suite.name, "task": task.name, "pack": specs.of_task(task).pack}
    found = [_file_entry(kind, names[kind]) for kind in FILES]
    found.append(_native_entry(task))
    axes = {name for episode in plan.episodes for name in episode.values}
    hashes: Hashes = {}
    found += [_code_entry("axis", name, hashes) for name in sorted(axes)]
    found.append(_code_entry("family", task.family, hashes))
    return [entry for entry in (*found, _policy_entry(policy, hashes)) if entry is not None]


def _file_entry(kind: Kind, name: str) -> Entry | None:
    path = plugins.files(kind).get(name)
    if path is None or (location := plugins.location_of(path)) is None:
        return None
    return _entry(kind, name, location, sha256(path))


def _native_entry(task: Task) -> Entry | None:
    """Of a task of ManiSkill that is the user's own: its file, and every file of his that this imports."""
    if task.native is None or (source := native.source_of(task.native)) is None:
        return None
    location = plugins.location_of(Path(source.file)) if source.file else None
    digest = sha256(Path(source.file)) if source.file else None
    if location is None:  # registered by the user's own program, or found on the module path
        entry: Entry = {"kind": "task", "name": task.name, "sha256": digest, "module": source.module}
    else:
        entry = _entry("task", task.name, location, digest)
    return {**entry, "imports": source.imports} if source.imports else entry


def _code_entry(kind: str, name: str, hashes: Hashes) -> Entry | None:
    code = CODE[kind].get(name)
    if plugins.is_shipped(code):
        return None
    location = plugins.location_of_code(code)
    if location is not None:
        entry = _entry(kind, name, location, _content_sha256(location, hashes))
        return entry if location.path.is_dir() else _with_imports(entry, code)
    # Defined by the user's own program, or in a notebook, which has no file.
    file = getattr(sys.modules.get(code.__module__), "__file__", None)
    digest = None if file is None else sha256(Path(file))
    return _with_imports({"kind": kind, "name": name, "sha256": digest, "module": code.__module__}, code)


def _with_imports(entry: Entry, code: Any) -> Entry:
    """With the user's files that the class's own file imports, since its place is this file alone."""
    sources = SourceFiles([code.__module__], unloaded=True)
    imports = {name: digest for name, digest in sorted(sources.hashes().items()) if name != sources.first}
    return {**entry, "imports": imports} if imports else entry


def _policy_entry(name: str, hashes: Hashes) -> Entry | None:
    file = policy_file(name)
    location = None if file is None else plugins.location_of(file)
    return None if location is None else _entry("policy", name, location, _content_sha256(location, hashes))


def _content_sha256(location: Location, hashes: Hashes) -> str:
    if location not in hashes:
        hashes[location] = location.content_sha256()
    return hashes[location]


def policy_file(name: str) -> Path | None:
    """The file that a policy's class is in, by its name; None for a built-in one, a server, or an unknown name."""
    where, colon, _ = name.rpartition(":")
    if not colon or "://" in name:
        return None
    if where.endswith(".py"):
        return Path(where)
    try:
        spec = importlib.util.find_spec(where)
    except (ImportError, ValueError):
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin)


def _entry(kind: str, name: str, location: Location, digest: str | None) -> Entry:
    if location.distribution is not None:
        where = {"package": location.distribution}
    elif location.given == location.module:
        where = {"module": location.given}
    else:
        where = {"path": location.given}
    return {"kind": kind, "name": name, "sha256": digest, **where}


def missing(header: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first entry of what a run took from outside that is not here, and without which it cannot be read."""
    return next((one for one in _entries(header) if one.get("kind") in NEEDED and not _is_here(one)), None)


def require(path: Path, header: Mapping[str, Any]) -> None:
    """Raises `RunError` that says what to include, if what a run took from outside is not here."""
    entry = missing(header)
    if entry is not None:
        raise RunError(
            f"{path} was made with the {entry['kind']} '{entry.get('name')}' from outside this package, and it is "
            f"not here. {_remedy(entry)}"
        )


def changes(header: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for everything from outside that is here with another content than the run was made with."""
    hashes: Hashes = {}
    for entry in _entries(header):
        now = _now(entry, hashes) if entry.get("kind") != "policy" else None
        if now is not None and _differ(entry, now):
            yield (
                f"The {entry['kind']} '{entry['name']}' from outside this package has changed since the run was made."
                f"{_which_imports(entry, now)}"
            )


def check_same(path: Path, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """Raises `RunError` if a run cannot go on, since what it takes from outside has another content now."""
    was, now = ({(e.get("kind"), e.get("name")): e for e in _entries(header)} for header in (old, new))
    for key in sorted({*was, *now}, key=str):
        before, after = was.get(key), now.get(key)
        if before is None and key[0] == "task" and native_tasks.is_native(str(key[1])) and "module" in (after or {}):
            continue  # not recorded by former releases, which named a task only where it had been included
        if key[0] == "policy" and (None in (before, after) or ("fingerprint" in old and "fingerprint" in new)):
            continue  # the header names the policy anyway, and its fingerprint says which files it consists of
        if before is None or after is None or _differ(before, after):
            hashes = [str((entry or {}).get("sha256", "none"))[:12] for entry in (before, after)]
            contents = f" (hashes then and now: {' and '.join(hashes)})" if hashes[0] != hashes[1] else ""
            raise RunError(
                f"{path} holds a run with another content of the {key[0]} '{key[1]}' from outside this package{contents}.{_which(before, after)} Restore what it was made with, or choose another "
                f"folder: {surface.way('--out DIR', 'out=DIR')}"
            )


def _differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return before.get("sha256") != after.get("sha256") or bool(changed_imports(before, after))


def changed_imports(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The imported files that two entries know with another content, or that are gone.

    One that only the later entry knows is no difference: former releases recorded none, and a file that imports another one
    than before has changed itself.
    """
    old, new = before.get("imports") or {}, after.get("imports") or {}
    return sorted(name for name, digest in old.items() if new.get(name) != digest)


def _which_imports(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = changed_imports(before, after)
    return f" What it imports is another now: {', '.join(names)}." if names else ""


def _which(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What has changed, as far as hashes tell: the file of a suite, task or pack; of code, one file of a place."""
    if before is None or after is None:
        return ""
    if said := _which_imports(before, after):
        return said
    path = plugins.files(after["kind"]).get(after["name"]) if after["kind"] in FILES else None
    if path is not None:
        return f" The file {path} has changed."
    where = after.get("path") or after.get("module") or after.get("package")
    return f" A file of {where} has changed." if where else ""


def include_options(header: Mapping[str, Any]) -> list[str]:
    """The options that include what a run took from outside."""
    given = (entry.get("path") or entry.get("module") for entry in _entries(header) if not _is_imported(entry))
    return [word for one in dict.fromkeys(filter(None, given)) for word in ("--include", one)]


def _is_imported(entry: Mapping[str, Any]) -> bool:
    """Whether nothing needs to be included: `module:Class` is imported by its name, and a program knows what it defines."""
    named = entry.get("kind") == "task" and ":" in str(entry.get("name")).partition("{")[0]
    return named or (entry.get("path") or entry.get("module")) == PROGRAM


def _entries(header: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return header.get("outside") or ()


def _is_here(entry: Mapping[str, Any]) -> bool:
    """Whether something is known under the name of an entry, whatever its content."""
    kind, name = entry["kind"], entry["name"]
    if kind == "task" and native_tasks.is_native(name):
        return _native_task(name) is not None
    return name in (CODE[kind] if kind in CODE else plugins.files(kind))


def _now(entry: Mapping[str, Any], hashes: Hashes) -> Entry | None:
    """What is here under the name of an entry: with its own hash if it is from outside."""
    if not _is_here(entry):
        return None
    kind, name = entry["kind"], entry["name"]
    if kind == "task" and (task := _native_task(name)) is not None:
        return _native_entry(task) or {"sha256": None}
    here = _code_entry(kind, name, hashes) if kind in CODE else _file_entry(kind, name)
    return here or {"sha256": None}


def _native_task(name: str) -> Task | None:
    """The task of ManiSkill of this name, if it is one and is here."""
    try:
        return catalog.task(name) if native_tasks.is_native(name) else None
    except VlagenError:
        return None


def _remedy(entry: Mapping[str, Any]) -> str:
    if "package" in entry:
        return f"Install the package {entry['package']}."
    given = entry.get("path") or entry.get("module")
    if given == PROGRAM:
        return "It was defined by the program that made the run: do what you do with it in that program."
    if _is_imported(entry):
        return f"Make the module {given} one that Python finds, as with PYTHONPATH."
    return f"It was included as: {surface.include(str(given))}"
