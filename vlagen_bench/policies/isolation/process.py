"""The parent's side of an isolated policy: starts its process, exchanges frames, and ends it on failure.

Nothing that comes from there is unpickled or trusted: it is bytes until they are arrays and text.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, TypeVar

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.content import Content
from vlagen_bench.policies.isolation import child, replies
from vlagen_bench.policies.isolation.output import Output
from vlagen_bench.policies.isolation.proxy import IsolationLimits
from vlagen_bench.policies.remote import wire
from vlagen_bench.utils.processes import ending
from vlagen_bench.utils.text import shown

PROGRAM = (
    "import json, sys; path, fd = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from vlagen_bench.policies.isolation.child import main; main(fd)"
)
CONTENT_S = 60.0
"""to look at source files"""
LAST_WORDS_S = 2.0
"""for a process to end that has cut its connection"""
PIECE_BYTES = 2**16
T = TypeVar("T")


class PolicyProcess:
    """A process with a policy in it."""

    def __init__(self, name: str, arguments: Mapping[str, str], how: IsolationLimits, output: Output) -> None:
        """Starts it, and waits until the policy is loaded.

        Args:
            name: of the policy, as `base.load` knows it.
            arguments: of its constructor.
            how: its limits.
            output: takes what it prints.

        Raises:
            PolicyError: the policy cannot be loaded there.
        """
        self._output, self._number = output, 0
        try:
            self._start()
        except OSError as error:
            raise PolicyError(f"No process can be started for the policy {name}: {error.strerror}.") from None
        self._printing = True
        self.gone = False
        """whether it was ended"""
        message = {"name": name, "arguments": dict(arguments), "limits": asdict(how)}
        try:
            self.greeting = self.ask("load", message, how.start_s, replies.loaded)
        except PolicyError as error:
            if not self.gone:
                self.end()
                raise
            printed = f" It printed: {shown(output.tail)}" if output.tail else ""
            raise PolicyError(f"The policy {name} cannot be loaded: {error}{printed}") from None

    def content(self) -> Content:
        """What is known of the policy's content by now."""
        return self.greeting.content if self.gone else self.ask("content", {}, CONTENT_S, replies.content)

    def ask(self, what: str, message: Mapping[str, Any], limit_s: float, read: Callable[[Mapping[str, Any]], T]) -> T:
        """Its reply, as `read` takes it from the message, which raises `WireError` for what is none.

        Raises:
            PolicyError: the policy raised something; or the process is gone.
        """
        self._number += 1
        deadline = time.monotonic() + limit_s
        whole = False
        try:
            frame = self._exchange(wire.pack({**message, "do": what, "number": self._number}), deadline)
            message = replies.message_of(frame, self._number)
            reply = replies.error_in(message) or read(message)
            whole = True
        except TimeoutError:
            raise PolicyError(f"{what}() took longer than {limit_s:g} s (--step-timeout).") from None
        except (EOFError, OSError):
            raise PolicyError(f"{self._death()} in {what}().") from None
        except wire.WireError as error:
            raise PolicyError(f"{what}(): its process and the harness do not understand each other: {error}.") from None
        finally:
            if not whole:
                self.end()
        if isinstance(reply, PolicyError):
            raise reply
        return reply

    def broken_off(self) -> str | None:
        """How it ended since its last reply, or broke the connection; None: it waits for a question. It is ended then."""
        poll = select.poll()
        for end in (self._socket, self._alive):
            poll.register(end, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(0)}
        if not ready:
            return None
        try:
            said = self._alive not in ready and self._socket.recv(1, socket.MSG_PEEK)
        except OSError:
            said = b""
        why = "its process said something that nobody asked for" if said else self._death()
        self.end()
        return f"{why} between two calls."

    def end(self) -> None:
        """Ends it, and whatever it started that is still of its session."""
        if self.gone:
            return
        self.gone = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._drain()
        self._prints.close()
        os.close(self._alive)
        self._socket.close()

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        words = [sys.executable, "-c", PROGRAM, json.dumps([sys.path, theirs.fileno()])]
        with theirs:
            # Its own session: Ctrl-C does not reach it, and what it starts can be ended with it.
            self._process = subprocess.Popen(
                words, pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
            )  # fmt: skip
        assert self._process.stdout is not None, "a pipe, as asked for"
        self._prints = self._process.stdout
        os.set_blocking(self._prints.fileno(), False)
        self._alive = os.pidfd_open(self._process.pid)

    def _exchange(self, frame: bytes, deadline: float) -> bytes:
        for part in (len(frame).to_bytes(child.LENGTH_BYTES, "big"), frame):
            left = memoryview(part)
            while left:
                self._wait(select.POLLOUT, deadline)
                left = left[self._socket.send(left) :]
        size = int.from_bytes(self._received(child.LENGTH_BYTES, deadline), "big")
        if size > wire.MAX_FRAME_BYTES:
            raise wire.WireError(f"a frame of {size} bytes is too large; {wire.MAX_FRAME_BYTES} are allowed")
        return self._received(size, deadline)

    def _received(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait(select.POLLIN, deadline)
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _wait(self, event: int, deadline: float) -> None:
        """Until the socket is ready; takes meanwhile what is printed, so that nothing waits for that to be read."""
        poll = select.poll()
        poll.register(self._socket, event)
        poll.register(self._alive, select.POLLIN)  # a copy of it may hold the socket open
        if self._printing:
            poll.register(self._prints, select.POLLIN)
        while (left_s := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in poll.poll(1000 * left_s)}
            if self._prints.fileno() in ready and not self._take_print():
                poll.unregister(self._prints)
            if self._socket.fileno() in ready:
                return
            if self._alive in ready:
                raise EOFError
        raise TimeoutError

    def _take_print(self) -> bool:
        """Takes a piece of what was printed; False where there is nothing, or never will be."""
        try:
            piece = os.read(self._prints.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return False
        self._printing = bool(piece)
        self._output.add(piece)
        return self._printing

    def _drain(self) -> None:
        """What a pipe holds now, and no more: a process that escaped may print without end."""
        for _ in range(2**20 // PIECE_BYTES):
            if not self._take_print():
                return

    def _death(self) -> str:
        try:
            code = self._process.wait(timeout=LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return "its process cut its connection"
        return f"its process {ending(code)}"
