"""A stand-in for the Hugging Face Hub, whose repositories are folders."""

import sys
from types import ModuleType

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class NotThere(Exception):
    """The Hub has no such file."""


class NobodyAnswers(NotThere, OSError):
    """There is no network, and the file is in no cache."""


class Hub:
    """Stands in for `huggingface_hub`: repositories are folders."""

    def __init__(self, top):
        self.top, self.asked, self.offline = top, [], False

    def folder(self, name):
        place = self.top / name / "snapshots" / COMMIT
        place.mkdir(parents=True, exist_ok=True)
        return place

    def hf_hub_download(self, name, file, *, revision=None):
        self.asked.append((name, file, revision))
        if self.offline:
            raise NobodyAnswers("check your connection")
        if not (self.top / name).is_dir():
            raise OSError(f"404 Client Error: {name}")
        if not (self.folder(name) / file).is_file():
            raise NotThere(file)
        return str(self.folder(name) / file)

    def snapshot_download(self, name, *, revision=None):
        self.asked.append((name, "*", revision))
        return str(self.folder(name))


def installed(top, monkeypatch):
    """The stand-in, in place of `huggingface_hub`."""
    made = Hub(top)
    module, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    module.hf_hub_download, module.snapshot_download = made.hf_hub_download, made.snapshot_download
    errors.EntryNotFoundError, errors.LocalEntryNotFoundError = NotThere, NobodyAnswers
    module.errors = errors
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    return made
