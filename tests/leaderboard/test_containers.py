"""Strange and damaged containers of submissions are refused."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest

from helpers.forged import refused, zipped
from helpers.fuzz_leaderboard import fuzz
from helpers.submissions import (
    members,
)
from vlagen_bench.leaderboard import archive, limits, records
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.plan import catalog, plan

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def link():
    info = zipfile.ZipInfo("link", archive.STAMP)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def patched(find: bytes, offset: int, new: bytes, *, last: bool = False) -> bytes:
    """The honest archive with some bytes replaced, at an offset from where a mark stands."""
    data = bytearray(archive.pack(members()))
    at = (data.rfind if last else data.find)(find) + offset
    data[at : at + len(new)] = new
    return bytes(data)


def directory_of(size: int) -> bytes:
    data = bytearray(archive.pack(members()))
    struct.pack_into("<L", data, len(data) - 22 + 12, size)
    return bytes(data)


def two_files() -> bytes:
    """A zip within which another stands first."""
    return archive.pack(members()) + archive.pack(members())


CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
CONTAINERS = {
    "no zip": (lambda: b"hello", "is not a zip archive"),
    "empty": (lambda: b"", "is not a zip archive"),
    "truncated": (lambda: archive.pack(members())[:-100], "truncated zip"),
    "half": (lambda: archive.pack(members())[:2000], "truncated zip"),
    "something at its end": (lambda: archive.pack(members()) + b"\0", "truncated zip, or something was added"),
    "something at its beginning": (lambda: b"MZ" + archive.pack(members()), "is not a zip archive"),
    "two in one": (two_files, "packing its members again gives other bytes"),
    "too large": (lambda: b"PK\x03\x04" + bytes(limits.ARCHIVE_BYTES), "at most 67108864 are allowed"),
    "long directory": (lambda: directory_of(1 << 30), "directory has 1073741824 bytes"),
    "zip bomb": (
        lambda: zipped(extra=[("manifest.json.bomb", b"")], method=zipfile.ZIP_DEFLATED), "is compressed by the zip"
    ),
    "lzma member": (lambda: zipped(method=zipfile.ZIP_LZMA), "is compressed by the zip"),
    "symlink": (lambda: zipped(extra=[(link(), b"/etc/passwd")]), "'link' is a link"),
    "absolute path": (lambda: zipped(extra=[("/etc/passwd", b"x")]), "leads out of the archive"),
    "parent path": (lambda: zipped(extra=[("../../x", b"x")]), "leads out of the archive"),
    "backslash path": (lambda: zipped(extra=[("..\\x", b"x")]), "leads out of the archive"),
    "drive": (lambda: zipped(extra=[("C:x", b"x")]), "leads out of the archive"),
    "case": (lambda: zipped(extra=[("Header.json", b"{}")]), "stands twice; names that differ in case"),
    "duplicate": (lambda: zipped(extra=[("header.json", b"{}")]), "stands twice"),
    "nested archive": (lambda: zipped(extra=[("inner.zip", archive.pack(members()))]), "'inner.zip' does not belong to"),
    "extra member": (lambda: zipped(extra=[("actions.pkl", b"x")]), "'actions.pkl' does not belong to"),
    "homoglyph": (lambda: zipped(extra=[("heаder.json", b"{}")]), "does not belong to a submission"),
    "control characters": (lambda: zipped(extra=[("a\x1b[2J", b"")]), "'a?[2J' does not belong to"),
    "missing member": (lambda: zipped(drop=["card.yaml"]), "'card.yaml' is missing"),
    "missing manifest": (lambda: zipped(drop=["manifest.json"]), "'manifest.json' is missing"),
    "encrypted": (lambda: patched(CENTRAL, 8, b"\x01\x00"), "is encrypted"),
    "wrong CRC": (lambda: patched(CENTRAL, 16, b"\0\0\0\0", last=True), "is a damaged zip: Bad CRC-32"),
    "damaged member": (lambda: patched(b"my-model", 0, b"x"), "is a damaged zip: Bad CRC-32"),
    "another time": (lambda: zipped(lambda i: setattr(i, "date_time", (2024, 5, 1, 0, 0, 0))), "gives other bytes"),
    "a comment": (lambda: zipped(lambda i: setattr(i, "comment", b"hi"), only="header.json"), "gives other bytes"),
    "an extra field": (lambda: zipped(lambda i: setattr(i, "extra", b"\x99\x99\0\0")), "gives other bytes"),
    "a device": (lambda: zipped(lambda i: setattr(i, "external_attr", 0o060644 << 16)), "gives other bytes"),
    "local name": (lambda: patched(LOCAL, 30, b"x"), "is a damaged zip"),
    "offset": (lambda: patched(CENTRAL, 42, b"\xff\xff\xff\x7f"), "is a damaged zip"),
    "claimed size": (lambda: patched(CENTRAL, 24, b"\xff\xff\xff\x7f"), "is compressed by the zip"),
    "method 99": (lambda: patched(CENTRAL, 10, b"\x63\x00"), "is compressed by the zip"),
    "nonsense for a manifest": (
        lambda: zipped(drop=["manifest.json"], extra=[("manifest.json", b"[]")]), "of another format"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_strange_container_is_refused(name):
    make, says = CONTAINERS[name]
    assert says in refused(make())


def test_a_manifest_that_is_not_of_its_members_is_refused():
    """Of each member alone: another member under the old manifest."""
    honest = members()
    for name in archive.MEMBERS:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for each in ("manifest.json", *archive.MEMBERS):
                data = archive.manifest(honest) if each == "manifest.json" else honest[each]
                file.writestr(zipfile.ZipInfo(each, archive.STAMP), data + b" " * (each == name))
        assert f"the hash of '{name}' is not the member's" in refused(buffer.getvalue())


def test_lines_of_nothing_take_no_memory():
    """As many as the limit allows: a list of them would be eight times as long, and their values more."""
    made = plan.make_plan(catalog.suite("tiny"))
    task = catalog.task(made.suite.task)
    room = len(made.episodes) * limits.RECORD_BYTES
    for data in (b"\n" * room, (b"[" + b"{}," * 5000 + b"0]\n") * len(made.episodes)):
        tracemalloc.start()
        with pytest.raises(Refused, match=r"65536 lines|line 1 is of"):
            records.read(data, made, task)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(data) <= room and most < 8 * room, most


def test_random_damage_ends_in_sentences():
    """For a longer time: PYTHONPATH=tests python -m helpers.fuzz_leaderboard --seconds 600 --seed 1"""
    found = fuzz(seconds=4, seed=0)
    assert found["refused"] > 100 and set(found) <= {"refused", "accepted"}, found
