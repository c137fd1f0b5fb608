"""Downloads over HTTP: parallel, resumed where they broke off, and accepted only with the right hash."""

import http
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from vlagen_bench.packs import http_client, manifest

_AGENT = "vlagen-bench"
_CHUNK_BYTES = 1 << 16
_TICK_S = 0.1
_FAREWELL_S = 1.0
"""How long threads that were told to stop are waited for; one that hangs in a read writes nothing any more."""
_PASSING = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_EARLY, http.HTTPStatus.TOO_MANY_REQUESTS)
_NOT_TRIED = "not finished, because so many others failed"


class DownloadProgress(Protocol):
    """Receives what has been done since its last call; a call without arguments says that time has passed."""

    def __call__(self, *, files: int = 0, num_bytes: int = 0) -> None:
        """Takes note."""


@dataclass(frozen=True, kw_only=True)
class DownloadItem:
    """A file to fetch."""

    name: str
    """what reports call it"""
    url: str
    to: Path
    """where it goes once it is whole and right; until then, `<to>.part` grows"""
    expected: str
    """its hash, as `packs.digest` writes it"""


@dataclass(frozen=True, kw_only=True)
class DownloadLimits:
    """The limits of a download: times and tries."""

    connections: int = 8
    tries: int = 4
    """for each file, where connection or server fail"""
    pause_s: float = 0.5
    """before the second try; doubles from try to try"""
    timeout_s: float = 20.0
    """for each sign of life of a server"""
    speed_bytes_s: float = 1000.0
    """a file that comes slower, after `timeout_s`, is asked for again"""
    size_bytes: int = 64 * 2**20
    """for each file"""


LIMITS = DownloadLimits()


class Unreachable(Exception):
    """Nothing answered at all, so that it is of no use to try the other files."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(host, why)
        self.host, self.why = host, why


class _Final(Exception):
    """A file that will not come, and why."""


class _Passing(Exception):
    """A try that failed, and why; the next may not."""

    def __init__(self, why: str, pause_s: float = 0.0) -> None:
        super().__init__(why)
        self.pause_s = pause_s


class _Exhausted(_Final):
    """All tries failed."""


class _Stopped(Exception):
    """The download ended before this file did."""


def download(files: list[DownloadItem], advance: DownloadProgress, limits: DownloadLimits = LIMITS) -> dict[str, str]:
    """Fetches files; those that are there and right are not fetched again, and what half arrived is continued.

    Returns:
        By name, why a file did not come. What is not named here is in place, and right.

    Raises:
        Unreachable: there is no connection.
        OSError: a file cannot be written.
    """
    session = _Session(files, limits)
    threads = [threading.Thread(target=session.work, daemon=True) for _ in range(min(limits.connections, len(files)))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(_TICK_S)
                session.report(advance)
        session.report(advance)
    finally:  # also after Ctrl-C
        session.stop.set()
        deadline = time.monotonic() + _FAREWELL_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
    if session.fatal:
        raise session.fatal
    names = [file.name for file in files if file.name not in session.done]
    failed = {name: session.failed[name] for name in names if name in session.failed}
    return failed | {name: _NOT_TRIED for name in names if name not in failed}


class _Session:
    """What the threads of one download share."""

    def __init__(self, files: list[DownloadItem], limits: DownloadLimits) -> None:
        self.limits = limits
        self.stop = threading.Event()
        self.fatal: Exception | None = None
        self.failed: dict[str, str] = {}
        self.done: set[str] = set()
        self._todo: queue.SimpleQueue[DownloadItem] = queue.SimpleQueue()
        for file in files:
            self._todo.put(file)
        self._answered = threading.Event()
        self._opener = http_client.opener(self._answered)
        self._exhausted = 0
        self._lock = threading.Lock()
        self._num_bytes = self._num_files = 0

    def report(self, advance: DownloadProgress) -> None:
        """Passes on, in the caller's thread, what has happened since the last report."""
        with self._lock:
            num_bytes, num_files = self._num_bytes, self._num_files
            self._num_bytes = self._num_files = 0
        advance(files=num_files, num_bytes=num_bytes)

    def work(self) -> None:
        """Brings one file after the other."""
        while not self.stop.is_set():
            try:
                file = self._todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._bring(file)
            except _Final as fault:
                self._note(file, fault)
            except _Stopped:
                return
            except (Unreachable, OSError) as error:  # of the disk: those of the network have become faults
                self.fatal = self.fatal or error
                self.stop.set()
            else:
                with self._lock:
                    self.done.add(file.name)
                    self._num_files += 1

    def _note(self, file: DownloadItem, fault: _Final) -> None:
        """Writes down a failure; after as many as there are connections for want of a server, all give up."""
        with self._lock:
            self.failed[file.name] = str(fault)
            self._exhausted += isinstance(fault, _Exhausted)
            if self._exhausted >= self.limits.connections:
                self.stop.set()

    def _bring(self, file: DownloadItem) -> None:
        part = file.to.with_name(f"{file.to.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        for path in (file.to, part):
            if manifest.is_right(path, file.expected):
                path.replace(file.to)
                return
        broken = wrong = 0
        while True:
            try:
                self._load(file, part)
            except _Passing as fault:
                broken += 1
                if broken == self.limits.tries:
                    raise _Exhausted(f"{fault}, tried {broken} times") from None
                if self.stop.wait(max(fault.pause_s, self.limits.pause_s * 2 ** (broken - 1))):
                    raise _Stopped from None
                continue
            except _Final:
                part.unlink(missing_ok=True)
                raise
            if manifest.is_right(part, file.expected):
                part.replace(file.to)
                return
            part.unlink()
            wrong += 1
            if wrong == 2:  # the first may have been continued from a stale part, or damaged on its way
                raise _Final("wrong hash")

    def _load(self, file: DownloadItem, part: Path) -> None:
        """Asks for what `part` lacks, and adds it."""
        have = part.stat().st_size if part.exists() else 0
        request = urllib.request.Request(file.url, headers={"User-Agent": _AGENT})
        if have:
            request.add_header("Range", f"bytes={have}-")
        with self._ask(request, part) as answer:
            if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0  # the server sends the whole file, asked or not
            elif not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                part.unlink(missing_ok=True)
                raise _Passing("the server sent another part than it was asked for")
            self._pour(answer, part, have)

    def _ask(self, request: urllib.request.Request, part: Path) -> http.client.HTTPResponse:
        """The answer to a request, once its body is what was asked for."""
        try:
            answer: http.client.HTTPResponse = self._opener.open(request, timeout=self.limits.timeout_s)
        except urllib.error.HTTPError as error:
            self._answered.set()
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)  # it is longer than the file
                raise _Passing(http_client.status(error.code)) from None
            if error.code in _PASSING or error.code >= 500:
                raise _Passing(
                    http_client.status(error.code), http_client.retry_after_s(error.headers.get("Retry-After", ""))
                ) from None
            refused = ", a redirect that is not followed" if 300 <= error.code < 400 else ""
            raise _Final(http_client.status(error.code) + refused) from None
        except urllib.error.URLError as error:  # there is no connection
            why = (
                http_client.why(error.reason, self.limits.timeout_s)
                if isinstance(error.reason, OSError)
                else str(error.reason)
            )
            if not self._answered.is_set():
                raise Unreachable(urlsplit(request.full_url).hostname or request.full_url, why) from None
            raise _Passing(why) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _Passing(http_client.why(error, self.limits.timeout_s)) from None
        self._answered.set()
        return answer

    def _pour(self, answer: http.client.HTTPResponse, part: Path, have: int) -> None:
        """Adds the body of an answer to the first `have` bytes of `part`."""
        length, got, begin = answer.length, 0, time.monotonic()
        with open(part, "ab" if have else "wb") as file:
            while length is None or got < length:
                if have + max(got, length or 0) > self.limits.size_bytes:
                    raise _Final(f"larger than {self.limits.size_bytes / 2**20:.3g} MiB")
                if not (chunk := self._read(answer)):
                    break
                file.write(chunk)
                got += len(chunk)
                with self._lock:
                    self._num_bytes += len(chunk)
                passed_s = time.monotonic() - begin
                if passed_s > self.limits.timeout_s and got < passed_s * self.limits.speed_bytes_s:
                    raise _Passing(f"slower than {self.limits.speed_bytes_s:.0f} bytes/s")
        if length is not None and got < length:
            raise _Passing(f"connection closed after {have + got} of {have + length} bytes")

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        try:
            chunk = answer.read1(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _Passing(http_client.why(error, self.limits.timeout_s)) from None
        if self.stop.is_set():
            raise _Stopped
        return chunk
