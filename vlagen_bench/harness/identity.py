"""The listener that keeps the policy's fingerprint in the header complete: a policy may import files when it is first asked."""

from vlagen_bench.errors import PolicyError
from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.policies.content import Look
from vlagen_bench.runs.folder import RunFolder


class ImportedFiles:
    """Looks after each episode for files that were imported during it."""

    def __init__(self, look: Look | None, folder: RunFolder) -> None:
        self._look, self._folder = look, folder

    def ended(self, played: PlayedEpisode) -> None:
        """Lets the header name them."""
        if self._look is None:
            return
        try:
            files = self._look().files
        except PolicyError:  # its process is gone, and the next question starts another
            return
        self._folder.note_files(files)
