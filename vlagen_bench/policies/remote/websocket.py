"""The WebSocket connection to a policy server, with time-outs and reconnection.

Every wait has a limit: for a server that is not there, and for one that reads or answers nothing.
"""

import socket
import ssl
import struct
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import greetings, wire
from vlagen_bench.policies.remote.address import checked, is_loopback
from vlagen_bench.utils.text import shown

TRIES = 3
"""how often the same question is sent"""
ATTEMPT_S = 10.0
"""for one connection, and the greeting on it"""
PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
"""between attempts; doubles from one to the next"""
FAREWELL_S = 1.0
LONGEST_S = 1e6
"""that can be asked for; 11 days. The operating system takes no timeout of a thousand years"""
_BUSY = (500, 502, 503, 504)
"""HTTP statuses of a server, or of a proxy before it, that may soon be there again"""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a server is waited for."""

    connect_s: float = 10.0
    """for the first connection"""
    reconnect_s: float = 60.0
    """for a server that was there"""
    answer_s: float = 300.0
    """for an answer; generous, since a first one may load and compile a model"""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value <= LONGEST_S:
                raise PolicyError(f"{name}={value:g}: give a number of seconds above 0, up to {LONGEST_S:,.0f}.")


class Connection:
    """A connection to a policy server. One question at a time."""

    def __init__(self, url: str, *, api_key: str = "", patience: Timeouts | None = None) -> None:
        """Connects.

        Raises:
            PolicyError: no policy server answers there.
        """
        self.url, self._patience = checked(url), patience or Timeouts()
        self._headers = {"Authorization": f"Api-Key {api_key}"} if api_key else None
        self._stack = ExitStack()
        self._connection: ClientConnection | None = None
        self.opened = 0
        """how many connections there were; the number of the present one"""
        self.greeting = self._open(self._patience.connect_s)
        """what the server says of itself, before any question"""

    def ask(self, message: Mapping[str, Any], *, only_on: int | None = None) -> dict[str, Any]:
        """The server's answer.

        Args:
            message: the question.
            only_on: the number of the one connection that will do; None: it may be sent again over another.

        Raises:
            PolicyError: the server failed, answered nothing in time or nothing that can be understood, or is gone.
        """
        try:
            frame = wire.pack(message)
        except wire.WireError as error:
            raise PolicyError(f"The observation cannot be sent to {self.url}: {error}.") from None
        why = "before this question"
        for _ in range(TRIES):
            if only_on is not None and (self._connection is None or self.opened != only_on):
                raise PolicyError(
                    f"The connection to {self.url} was lost during an episode ({why}), whose beginning the policy may have "
                    f"forgotten. Run the episode again: --retry-errors."
                )
            if self._connection is None:
                self._expect_the_same(self._open(self._patience.reconnect_s))
            try:
                return self._read(self._exchange(frame))
            except ConnectionClosed as closed:
                why = _why(closed)
                if closed.rcvd and closed.rcvd.code == CloseCode.MESSAGE_TOO_BIG:
                    raise PolicyError(f"{self.url} refuses a question of {len(frame)} bytes ({why}).") from None
                if closed.sent and closed.sent.code == CloseCode.MESSAGE_TOO_BIG:
                    raise PolicyError(
                        f"{self.url} answered with more than the {wire.MAX_FRAME_BYTES} bytes that are allowed."
                    ) from None
        raise PolicyError(f"{self.url} closed the connection {TRIES} times over the same question ({why}).")

    def close(self) -> None:
        """Ends the connection."""
        self._connection = None
        self._stack.close()

    def _open(self, seconds: float) -> dict[str, Any]:
        """Connects, if need be at several attempts; the greeting."""
        deadline, pause = time.monotonic() + seconds, PAUSE_S
        while True:
            try:
                return self._try_to_open(min(ATTEMPT_S, max(PAUSE_S, deadline - time.monotonic())))
            except _Absent as absent:
                if time.monotonic() + pause >= deadline:
                    raise PolicyError(
                        f"No policy server answers at {self.url} ({absent}), tried for {seconds:g} s. Start it, for "
                        f"example with `vlagen serve`, or wait longer: --policy-args connect_s=600 reconnect_s=600"
                    ) from None
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _try_to_open(self, seconds: float) -> dict[str, Any]:
        started = time.monotonic()
        try:
            connection = self._stack.enter_context(
                connect(
                    self.url,
                    additional_headers=self._headers,
                    proxy=None if is_loopback(urlsplit(self.url).hostname) else True,
                    compression=None,  # pictures of a camera hardly get smaller, and openpi sends none compressed
                    max_size=wire.MAX_FRAME_BYTES,
                    open_timeout=seconds,
                    close_timeout=FAREWELL_S,
                    ping_interval=None,  # openpi's server answers no ping while its policy thinks
                )
            )
            # A server that reads nothing is noticed by `send`, which has no timeout of its own.
            until = struct.pack("ll", *divmod(int(self._patience.answer_s * 1e6), 10**6))
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, until)
            greeting = connection.recv(timeout=max(PAUSE_S, seconds - (time.monotonic() - started)))
        # websockets' own assertion: what is no websocket server may hang up between its bytes and the handshake's end.
        except (OSError, WebSocketException, AssertionError) as error:
            self.close()
            raise _no_entry(self.url, error) from None
        except BaseException:
            self.close()
            raise
        try:
            reply = greetings.checked(self._read(greeting))
        except wire.WireError as error:
            self.close()
            raise PolicyError(f"{self.url} sent a greeting that is not one of a policy server: {error}.") from None
        except PolicyError:
            self.close()
            raise
        self._connection = connection
        self.opened += 1
        return reply

    def _expect_the_same(self, greeting: Mapping[str, Any]) -> None:
        for key in sorted({*self.greeting, *greeting}, key=str):
            was, now = self.greeting.get(key), greeting.get(key)
            if repr(was) != repr(now):
                self.close()
                raise PolicyError(
                    f"{self.url} serves another policy since the connection was lost: its {key} was {shown(repr(was))}, "
                    f"and is {shown(repr(now))}. Serve the same one again, then --retry-errors."
                )

    def _exchange(self, frame: bytes) -> str | bytes:
        started, limit_s = time.monotonic(), self._patience.answer_s
        try:
            assert self._connection is not None, "a question goes to an open connection"
            self._connection.send(frame)
            return self._connection.recv(timeout=limit_s)
        except (TimeoutError, ConnectionClosed) as error:
            self.close()
            if isinstance(error, TimeoutError) or time.monotonic() - started >= limit_s:
                raise PolicyError(
                    f"{self.url} did not answer within {limit_s:g} s. If it needs longer: --policy-args answer_s=1200"
                ) from None
            raise
        except BaseException:  # an alarm, or Ctrl-C: an answer that is still to come must not be taken for the next one
            self.close()
            raise

    def _read(self, frame: str | bytes) -> dict[str, Any]:
        if isinstance(frame, str):
            raise PolicyError(f"The policy server {self.url} failed: {_last_line(frame)}")
        try:
            return wire.unpack(frame)
        except wire.WireError as error:
            self.close()
            raise PolicyError(f"{self.url} sent a frame that is not an answer of a policy server: {error}.") from None


class _Absent(Exception):
    """Nobody answered now; says how."""


def _no_entry(url: str, error: OSError | WebSocketException | AssertionError) -> _Absent | PolicyError:
    """What a failed connection means: try again, or fix it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return PolicyError(
            f"{url} has a certificate that is not trusted here ({error.verify_message}). Name a file that it can be "
            f"checked with: SSL_CERT_FILE=ca.pem"
        )
    if not isinstance(error, InvalidStatus):
        return _Absent("no greeting in time" if isinstance(error, TimeoutError) else _why(error))
    status = error.response.status_code
    if status in _BUSY:
        return _Absent(f"HTTP status {status}")
    hint = "Give the right key: --policy-args api_key=KEY" if status in (401, 403) else "Is this its address?"
    return PolicyError(f"{url} refuses the connection with HTTP status {status}. {hint}")


def _why(error: Exception) -> str:
    """On one line, without the advice that some exceptions give to programmers."""
    if isinstance(error, ConnectionClosed):
        frame = error.rcvd or error.sent
        return "without a closing frame" if frame is None else str(frame)
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shown(text, 200) or type(error).__name__


def _last_line(text: str) -> str:
    """The error of a traceback, with a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it does not say why"]
    return shown(lines[-1], 500) + ("" if lines[-1][-1] in ".!?" else ".")
