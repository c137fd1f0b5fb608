"""The archive of a submission: a zip with six uncompressed members, so that equal contents are equal bytes."""

import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from vlagen_bench.leaderboard.limits import ARCHIVE_BYTES, DIRECTORY_BYTES, MANIFEST_BYTES, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown

MANIFEST = "manifest.json"
MEMBERS = ("header.json", "card.yaml", "episodes.jsonl.xz", "actions.xz", "states.bin")
"""in this order, after the manifest"""
STAMP = (1980, 1, 1, 0, 0, 0)
"""the first date that a zip can name"""
FORMAT = {"format": "vlagen-bench submission", "version": 1}

END, END_64, END_BYTES = b"PK\x05\x06", b"PK\x06\x07", 22
"""zip's end of central directory, without a comment, and the locator that would overrule it (APPNOTE.TXT 4.3.16, 4.3.15)"""


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive of these members; the same bytes for the same members, always."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for name in (MANIFEST, *MEMBERS):
            info = zipfile.ZipInfo(name, STAMP)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16  # of Unix, wherever it is made
            file.writestr(info, manifest(members) if name == MANIFEST else members[name])
    return buffer.getvalue()


def manifest(members: Mapping[str, bytes]) -> bytes:
    """What the archive says of its members: sizes and hashes."""
    listed = {name: {"bytes": len(members[name]), "sha256": sha256(members[name])} for name in MEMBERS}
    return (json.dumps({**FORMAT, "members": listed}, indent=1, sort_keys=True) + "\n").encode()


def sha256(data: bytes) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of an archive; nothing is decompressed, and nothing is written anywhere.

    Whatever a zip can hide (links, comments, second names, data before, between or after the members) is refused by one
    rule in the end: packing the members again must give these very bytes.

    Raises:
        Refused: it is anything but what `pack` makes.
    """
    _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            infos = file.infolist()
            _check_members(infos)
            members = {info.filename: file.read(info) for info in infos}
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
        KeyError, IndexError, OverflowError,
    ) as error:  # fmt: skip
        raise Refused(f"The file is a damaged zip: {shown(str(error))}.") from None
    _check_manifest(members.pop(MANIFEST), members)
    if pack(members) != data:
        raise Refused(
            "The file is not an archive as `vlagen leaderboard submit` writes it: packing its members again gives other "
            "bytes, so something is hidden in it, or was changed. Submit the file as it was written."
        )
    return members


def _check_end(data: bytes) -> None:
    """Before the directory is read: it is short, and stands where it should."""
    if len(data) > ARCHIVE_BYTES:
        raise Refused(f"The file has {len(data)} bytes, and at most {ARCHIVE_BYTES} are allowed.")
    if not data.startswith(b"PK\x03\x04"):
        raise Refused("The file is not a zip archive. Submit what `vlagen leaderboard submit` wrote.")
    end = data[-END_BYTES:]
    if not end.startswith(END) or data[-END_BYTES - 20 : -END_BYTES].startswith(END_64):
        raise Refused("The file is a truncated zip, or something was added to its end. Submit it as it was written.")
    (size,) = struct.unpack_from("<L", end, 12)
    if size > DIRECTORY_BYTES:
        raise Refused(f"The zip's directory has {size} bytes; six members need at most {DIRECTORY_BYTES}.")


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        name = shown(info.filename)
        if info.filename.startswith(("/", "\\")) or ".." in info.filename or ":" in info.filename:
            raise Refused(f"The member '{name}' leads out of the archive. A submission has plain names only.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Refused(f"The member '{name}' is a link. A submission has plain files only.")
        if info.flag_bits & 0x1:
            raise Refused(f"The member '{name}' is encrypted. A submission can be read by all.")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise Refused(f"The member '{name}' is compressed by the zip. A submission stores its members as they are.")
        if info.filename.casefold() in seen:
            raise Refused(f"The member '{name}' stands twice; names that differ in case alone are one name.")
        seen.add(info.filename.casefold())
        if info.filename not in (MANIFEST, *MEMBERS):
            raise Refused(
                f"The member '{name}' does not belong to a submission, which has: {', '.join((MANIFEST, *MEMBERS))}."
            )
    for name in (MANIFEST, *MEMBERS):
        if name not in seen:
            raise Refused(f"The member '{name}' is missing.")


def _check_manifest(given: bytes, members: Mapping[str, bytes]) -> None:
    claimed = parse(given, MANIFEST, MANIFEST_BYTES)
    if not isinstance(claimed, dict) or {key: claimed.get(key) for key in FORMAT} != FORMAT:
        raise Refused(f"{MANIFEST} does not say {FORMAT}: it is of another format, or of another release.")
    if given == manifest(members):
        return
    listed = claimed.get("members")
    for name in MEMBERS:
        entry = listed.get(name) if isinstance(listed, dict) else None
        if entry != {"bytes": len(members[name]), "sha256": sha256(members[name])}:
            raise Refused(f"{MANIFEST}: the size or the hash of '{name}' is not the member's: one of both was edited.")
    raise Refused(f"{MANIFEST} says more than sizes and hashes, or in another form. Submit the file as it was written.")
