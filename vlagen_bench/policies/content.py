"""The content of a policy: what tells it from another under the same name, as far as anything does."""

import inspect
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.types import canonical_json, content_hash
from vlagen_bench.utils.imported import SourceFiles, on_disk
from vlagen_bench.utils.text import LONGEST_TEXT, shown

Kind = Literal["built-in", "code", "server"]
MOST_FILES = 1_000
"""source files that are named"""
MOST_CHARS = 32_768
"""of a server's metadata that are kept"""
VERSION_CHARS = 200
DEPTH = 8
"""of nested metadata"""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is known of a policy's content."""

    kind: Kind
    version: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """name -> SHA-256"""
    left_out: int = 0
    """files beyond `MOST_FILES`"""
    server: Mapping[str, Any] | None = None
    root: str | None = None
    """the folder that the names of files are relative to"""

    def stored(self) -> dict[str, Any]:
        """What a header says of it; the folder, which is of this machine, not."""
        said = {"kind": self.kind, "version": self.version, "files": dict(self.files)}
        left_out = {"left_out": self.left_out} if self.left_out else {}
        return said | left_out | ({} if self.server is None else {"server": dict(self.server)})

    def completed(self, known: Mapping[str, str]) -> "Content":
        """With the files of an earlier session that are not imported yet, as they are on the disk now.

        One that is not there any more is left out. Where the policy's folder is on another machine, nothing can be looked
        up, and they are taken as they were.
        """
        missing = {name: digest for name, digest in known.items() if name not in self.files}
        if self.root is not None and (root := Path(self.root)).is_dir():
            missing = {name: digest for name in missing if (digest := on_disk(root, name)) is not None}
        return replace(self, files={**self.files, **missing})

    def expect(self, now: "Content") -> None:
        """Raises `PolicyError` if the policy, loaded once more, is another one: files are read again, and may be edited."""
        files = now.completed(self.files).files
        changed = [name for name, digest in self.files.items() if files.get(name) != digest]
        changed += ["its version"] * (self.version != now.version) + ["its server"] * (self.server != now.server)
        if changed:
            raise PolicyError(
                f"the policy was loaded again, and has changed since this run loaded it first: {', '.join(changed)}. "
                f"Undo that, then --retry-errors; or begin anew: --out DIR"
            )


Look = Callable[[], Content]
"""gives the content as far as it is known by now: a policy may import files when it is first asked"""


def of_code(policy: Any, start: Collection[str], before: Collection[str] | None) -> Look:
    """The content of an object whose code is here; its version is asked once, now, since that may be the policy's code.

    Args:
        policy: the object.
        start: names of the modules that it was loaded from.
        before: names of the modules that were there before that; None: not known.
    """
    own = [kind.__module__ for kind in type(policy).__mro__]
    sources = SourceFiles([*start, *own], before)
    version = version_of(policy)

    def look() -> Content:
        files = sources.hashes() or _source_of(type(policy))
        named = dict(sorted(files.items())[:MOST_FILES])
        root = None if sources.root is None else str(sources.root)
        return Content(kind="code", version=version, files=named, left_out=len(files) - len(named), root=root)

    return look


def _source_of(kind: type) -> dict[str, str]:
    """Of a class that no file holds, as one of a notebook, its text."""
    try:
        text = inspect.getsource(kind)
    except (OSError, TypeError, IndexError):
        return {}
    return {f"class {shown(kind.__qualname__)}": content_hash(text)}


def of_server(greeting: Mapping[str, Any]) -> Content:
    """The content of a policy behind an address, by what its server says of itself."""
    metadata = {shown(key): _plain(value) for key, value in greeting.items()}
    text = canonical_json(metadata)
    parts = (metadata, metadata.get("spec"), metadata.get("fingerprint"))
    versions = [_version(part.get("version")) for part in parts if isinstance(part, dict)]
    version = next((one for one in versions if one is not None), None)
    kept = {"metadata": metadata} if len(text) <= MOST_CHARS else {}
    return Content(kind="server", version=version, server={"sha256": content_hash(metadata), **kept})


def version_of(policy: Any) -> str | None:
    """The version that a policy says: its attribute `version`, or that of its `spec`."""
    for read in (lambda: policy.version, lambda: dict(policy.spec)["version"]):
        try:
            version = _version(read())
        except KeyboardInterrupt:
            raise
        except BaseException:  # there is none, or it is the policy's own code that fails
            continue
        if version is not None:
            return version
    return None


def _version(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return shown(value)[:VERSION_CHARS]


def _plain(value: Any, depth: int = 0) -> Any:
    """As JSON, whatever a server sends."""
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, str):
        return value if value.isprintable() and len(value) <= LONGEST_TEXT else f"{shown(value)} {content_hash(value)}"
    if isinstance(value, float):
        return value if math.isfinite(value) else shown(value)
    if depth < DEPTH and isinstance(value, Mapping):
        return {shown(key): _plain(item, depth + 1) for key, item in value.items()}
    if depth < DEPTH and isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {"array": list(value.shape), "dtype": str(value.dtype), "sha256": content_hash(value.tobytes().hex())}
    return shown(value)
