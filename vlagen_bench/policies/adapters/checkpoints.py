"""The small files of a checkpoint that say what its model sees and answers: from its folder, or from the Hugging Face Hub.

No weights are fetched here. What comes from the Hub is kept in the Hub's own cache, and the commit that it came from is known, so
that the weights can be loaded from the same.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line, shown

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
LARGEST_BYTES = 50_000_000
"""of such a file; the statistics of OpenVLA's 30 data sets are 0.2 MB"""


@dataclass(frozen=True, kw_only=True)
class SmallFiles:
    """What was found of a checkpoint."""

    contents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """by the name of the file, in the order in which they were asked for; those that there are"""
    source: str = ""
    """for sentences: the folder, or the checkpoint and its commit"""
    commit: str | None = None
    """of the Hub; None: a folder on this machine"""


def small_files(checkpoint: str, names: Sequence[str], *, revision: str | None = None, else_: str = "") -> SmallFiles:
    """The JSON files of a checkpoint that have these names.

    Args:
        checkpoint: a folder, or OWNER/NAME on the Hub.
        names: of files, each of which may be missing.
        revision: a commit, branch or tag on the Hub.
        else_: what a user can do who has no access to the Hub, as a sentence.

    Raises:
        PolicyError: there is no such checkpoint here, and the Hub cannot be asked or does not have it; or a file cannot be read.
    """
    folder = Path(checkpoint)
    if folder.is_dir():
        if revision is not None:
            raise PolicyError(f"revision={revision}: {checkpoint} is a folder on this machine, which has no revisions.")
        there = [name for name in names if (folder / name).is_file()]
        return SmallFiles(contents={name: read_json(folder / name) for name in there}, source=checkpoint)
    if not HUB_NAME.fullmatch(checkpoint):
        raise PolicyError(
            f"There is no folder {shown(checkpoint, 120)}, and it is no name OWNER/NAME of a checkpoint on the Hub. {else_}".strip()
        )
    return _of_hub(checkpoint, names, revision, else_)


def _of_hub(checkpoint: str, names: Sequence[str], revision: str | None, else_: str) -> SmallFiles:
    try:
        import huggingface_hub as hub
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
    except ModuleNotFoundError:
        raise PolicyError(
            f"There is no folder {checkpoint} here. {installing.lacking(f'To ask the Hub for its {names[0]}', 'huggingface_hub', 'hub')}. "
            f"{else_}".strip()
        ) from None
    contents: dict[str, Mapping[str, Any]] = {}
    commit = None
    for name in names:
        try:
            path = Path(hub.hf_hub_download(checkpoint, name, revision=commit or revision))
        except LocalEntryNotFoundError:  # which is an EntryNotFoundError too
            raise _no_answer(
                checkpoint, name, "it does not answer, and no copy is kept on this machine", else_
            ) from None
        except EntryNotFoundError:
            continue
        except Exception as error:  # the Hub, the network and their libraries have many classes for what may fail
            raise _no_answer(checkpoint, name, shown(one_line(error), 200).rstrip("."), else_) from None
        commit = commit or next((part for part in reversed(path.parts) if COMMIT.fullmatch(part)), None)
        contents[name] = read_json(path)
    return SmallFiles(contents=contents, source=f"{checkpoint}@{commit[:12]}" if commit else checkpoint, commit=commit)


def _no_answer(checkpoint: str, name: str, why: str, else_: str) -> PolicyError:
    return PolicyError(
        f"There is no folder {checkpoint} here, and the Hub does not give its {name}: {why}. {else_}".strip()
    )


def read_json(path: Path) -> Mapping[str, Any]:
    """The mapping in a JSON file; raises `PolicyError` for any other content."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ValueError(f"it is larger than {LARGEST_BYTES / 1e6:.0f} MB")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"it holds a {type(found).__name__}, not a mapping")
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(f"{path} cannot be read: {one_line(error).rstrip('.')}.") from None
    return found
