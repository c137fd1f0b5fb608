"""The names under which a policy hears of episodes: keyed hashes of their ids, different in each run.

The id of an episode is a hash of its content. Suites are public, so a policy that is given ids could look up where things
are, or what was done in another run. A handle says which observations belong together, and nothing else.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from vlagen_bench.errors import RunError

FILE = "handles.key"
"""in the run folder; it is not part of a submission"""
KEY_BYTES = 32
HANDLE_CHARS = 32
"""hex digits: so many that no two episodes of any run get the same"""


@dataclass(frozen=True, kw_only=True)
class EpisodeHandles:
    """The handles of one run."""

    key: bytes = field(repr=False)

    def of(self, episode_id: str) -> str:
        """The handle of an episode: the same all through the run, also after it was resumed."""
        return hmac.new(self.key, episode_id.encode(), hashlib.sha256).hexdigest()[:HANDLE_CHARS]


def of_run(run: Path) -> EpisodeHandles:
    """The handles of a run folder, which keeps their key, so that they stay the same when it is resumed.

    Raises:
        RunError: the key cannot be read or written, or is damaged.
    """
    path = run / FILE
    try:
        if not path.exists():
            partial = path.with_suffix(".partial")  # whoever is killed in between leaves no half key
            partial.touch(mode=0o600)
            partial.write_text(secrets.token_hex(KEY_BYTES) + "\n", encoding="ascii")
            partial.replace(path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be used: {error}. Remove it; then policies hear other handles.") from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise RunError(
            f"{path} is damaged: it does not hold {2 * KEY_BYTES} hex digits. Remove it; the episodes that are missing are "
            f"then played under other handles, which changes a policy that seeds itself by them, and no other."
        )
    return EpisodeHandles(key=key)
