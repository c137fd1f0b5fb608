"""What forged submissions are made with, and what the verifier says of them."""

import io
import warnings
import zipfile

import pytest

from helpers.submissions import (
    members,
)
from vlagen_bench.harness.replay import UnrenderedSimulator, replay
from vlagen_bench.leaderboard import archive, submission, verify
from vlagen_bench.leaderboard.limits import Refused


def here(task, takes):
    """Re-simulates in this process, which is faster than a sandbox."""
    sim = UnrenderedSimulator(task)
    return (replay(take, sim, task) for take in takes)


def refused(data: bytes) -> str:
    """Why."""
    with pytest.raises(Refused) as caught:
        verify.verify(submission.read(data), published=[], resimulate=here)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
    return str(caught.value)


def zipped(change=None, *, extra=(), method=zipfile.ZIP_STORED, drop=(), only=None) -> bytes:
    """A zip that is made by hand."""
    honest = zipfile.ZipFile(io.BytesIO(archive.pack(members())))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicate names
        for info in honest.infolist():
            if info.filename in drop:
                continue
            new = zipfile.ZipInfo(info.filename, archive.STAMP)
            new.create_system, new.external_attr, new.compress_type = 3, info.external_attr, method
            if change and (only is None or info.filename == only):
                change(new)
            file.writestr(new, honest.read(info))
        for name, data in extra:
            file.writestr(name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, archive.STAMP), data)
    return buffer.getvalue()
