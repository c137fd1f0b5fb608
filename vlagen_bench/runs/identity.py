"""The identity of a run's policy: fingerprints compared on resume, their changes recorded, and the sentences about them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.utils.text import shown

SHORT = 12
"""letters of a hash in a sentence"""
LONGEST = 120
"""letters of a value in a sentence"""
Fingerprint = Mapping[str, Any]
"""`records.FingerprintKey` as it is stored"""


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def policy_differences(was: Fingerprint, new: Fingerprint) -> Iterator[str]:
    """A clause for everything in which two fingerprints name different policies; the former's come first.

    A file that only the new one knows is no difference: which files are imported may depend on what was played.
    """
    files, others = was.get("files") or {}, new.get("files") or {}
    for name, digest in files.items():
        if name not in others:
            yield f"{shown(name)} ({_hash(digest)}) is gone"
        elif others[name] != digest:
            yield f"{shown(name)} has changed ({_hash(digest)} then, {_hash(others[name])} now)"
    if was.get("version") != new.get("version"):
        yield f"its version was {_value(was.get('version'))} and is {_value(new.get('version'))}"
    if was.get("kind") != new.get("kind"):
        yield f"it was {shown(was.get('kind'))} and is {shown(new.get('kind'))}"
    yield from _server_differences(was.get("server"), new.get("server"))


def _server_differences(was: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[str]:
    if was is None or new is None or was.get("sha256") == new.get("sha256"):
        return
    old, other = was.get("metadata"), new.get("metadata")
    if old is None or other is None:
        yield f"the server's metadata have changed ({_hash(was.get('sha256'))} then, {_hash(new.get('sha256'))} now)"
        return
    for key in sorted({*old, *other}):
        before, after = old.get(key), other.get(key)
        if before == after:
            continue
        if key == "fingerprint" and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _served_differences(before, after)
        else:
            yield f"the server's {shown(key)} was {_value(before)} and is {_value(after)}"


def _served_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Of what `vlagen serve` says of the policy that it serves."""
    yield from (f"on the server, {clause}" for clause in policy_differences(before, after))
    rest = {*before, *after} - {"files", "version", "kind", "server"}
    for key in sorted(name for name in rest if before.get(name) != after.get(name)):
        yield f"the served policy's {shown(key)} changed ({_hash(before.get(key))} then, {_hash(after.get(key))} now)"


def environment_differences(was: Fingerprint, new: Fingerprint) -> Iterator[str]:
    """A clause for each version that is another now."""
    old, other = was.get("environment") or {}, new.get("environment") or {}
    for name in sorted({*old} & {*other}):  # what only one of them records says nothing
        if old[name] != other[name]:
            yield f"{name} was {_value(old.get(name))} and is {_value(other.get(name))}"


def same_policy(header: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two runs are of one policy and of no other, as far as their headers say."""
    if any(sentences(one) for one in (header, other)):
        return False
    was, new = header.get("fingerprint"), other.get("fingerprint")
    if was is None or new is None:
        return True
    common = (was.get("files") or {}).keys() & (new.get("files") or {}).keys()
    mine, theirs = ({**one, "files": {name: one["files"][name] for name in common}} for one in (was, new))
    return not any(policy_differences(mine, theirs))


def resumed(
    path: Path, old: Mapping[str, Any], new: Mapping[str, Any], *, episodes: int, allowed: bool
) -> dict[str, Any]:
    """What the header has to say once the first result of a resumed run is added; empty where nothing changed.

    Args:
        path: the run folder.
        old: its header.
        new: the header of this session.
        episodes: how many have an outcome already.
        allowed: whether the run may go on with another policy, or in another environment.

    Raises:
        RunError: it may not, and would mix results.
    """
    was, is_now = old.get("fingerprint"), new.get("fingerprint")
    if is_now is None:
        return {}
    differing = [] if was is None else list(policy_differences(was, is_now))
    around = [] if was is None else list(environment_differences(was, is_now))
    if episodes and not allowed and (differing or around):
        raise RunError(_refusal(path, old, differing, around, episodes))
    if was is not None and not differing and not around:
        kept = {**is_now["files"], **was["files"]}
        return {"fingerprint": {**was, "files": kept}} if kept != was["files"] else {}
    change = {
        "was": was, "at": now(), "episodes": episodes, "policy": bool(differing), "what": [*differing, *around],
    }  # fmt: skip
    return {"fingerprint": is_now, "fingerprint_changes": [*old.get("fingerprint_changes", ()), change]}


def _refusal(path: Path, old: Mapping[str, Any], differing: list[str], around: list[str], episodes: int) -> str:
    held = (
        f"{path} holds results of {episodes} episode{'s' * (episodes > 1)} from {_since(old)}, and since then "
        f"{'the policy' if differing else 'what it is scored with'} has changed: {_listed([*differing, *around])}."
    )
    return (
        f"{held} To score it as it is now, choose a new folder: --out DIR. To go on in this one, with results of both in "
        f"one table, which every report will say: --continue-with-changed-policy (in Python: "
        f"continue_with_changed_policy=True)."
    )


def sentences(header: Mapping[str, Any]) -> tuple[str, ...]:
    """What stands first in everything that is said about a run whose results are not all of one policy and environment."""
    said = []
    for change in header.get("fingerprint_changes") or ():
        if change["was"] is not None and change["episodes"]:
            who = "POLICY" if change["policy"] else "ENVIRONMENT"
            more = " Its numbers are not of one policy, and it is never ranked." if change["policy"] else ""
            said.append(
                f"CHANGED {who}: the first {change['episodes']} results were made before {change['at']}, and since then "
                f"{_listed(change['what'])}.{more}"
            )
    return tuple(said)


def unknown(header: Mapping[str, Any]) -> tuple[str, ...]:
    """What cannot be known of whether the results of a run are of the policy that is asked for now, a sentence each."""
    said, fingerprint = [], header.get("fingerprint")
    unrecorded = [change["episodes"] for change in header.get("fingerprint_changes") or () if change["was"] is None]
    if fingerprint is None or any(unrecorded):
        said.append(
            f"The first {sum(unrecorded)} results were recorded without a fingerprint of the policy: whether they are of the "
            f"same one cannot be checked."
            if fingerprint is not None
            else "The run was recorded without a fingerprint of its policy: whether this is the same one cannot be checked."
        )
    if fingerprint is not None and fingerprint["kind"] == "server" and not _tells(fingerprint):
        said.append(
            f"The results are from {_since(header)} on. The server says nothing that tells one checkpoint from another (no "
            f"`version` in its metadata), so whether it serves the same policy now cannot be known."
        )
    return tuple(said)


def _tells(fingerprint: Fingerprint) -> bool:
    """Whether a policy server says which policy it serves, and not its address alone."""
    metadata = (fingerprint.get("server") or {}).get("metadata") or {}
    return fingerprint.get("version") is not None or "fingerprint" in metadata


def changed_since(clauses: tuple[str, ...]) -> str:
    """The sentence for results that are not of the policy, or the environment, of now."""
    return f"warning: the results that are there are not of what would be scored now: {_listed(clauses)}."


def shown_again(header: Mapping[str, Any]) -> str:
    """The sentence for a run of which nothing is played any more."""
    return f"Nothing is left to play, and the policy was not asked: the results are from {_since(header)} on."


def _since(header: Mapping[str, Any]) -> str:
    """When the first results of a run were made, as far as that is recorded."""
    changes = header.get("fingerprint_changes") or ()
    first = changes[0]["was"] if changes else header.get("fingerprint")
    return "an unrecorded time" if first is None else str(first["since"])


def _listed(clauses: list[str] | tuple[str, ...]) -> str:
    more = len(clauses) - 5
    return "; ".join([*clauses[:5], *([f"and {more} more"] if more > 0 else [])])


def _hash(digest: Any) -> str:
    return shown(digest)[:SHORT]


def _value(value: Any) -> str:
    text = "nothing" if value is None else shown(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
