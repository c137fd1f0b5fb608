"""The policy server: sockets in one thread, the policy in the main one, so `/healthz` answers meanwhile.

The policy lives where it would live without a server: frameworks that keep modes and devices by thread do not notice,
and Ctrl-C reaches it.
"""

import asyncio
import errno
import http
import logging
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from vlagen_bench.errors import ConfigError, PolicyError, VlagenError
from vlagen_bench.policies import guard
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.session import ClientSession, ServedPolicy

PING_S, PONG_S = 60.0, 300.0
"""A client that answers no ping for so long is gone; one that is held in a debugger is not."""
OPEN_S, FAREWELL_S = 10.0, 1.0
"""for the handshakes of a client"""
_SILENT = logging.getLogger(f"{__name__}.sockets")
_SILENT.setLevel(logging.CRITICAL)  # websockets logs a traceback for everyone who speaks something else


class Server:
    """Sockets that put the clients' questions in a queue."""

    def __init__(self, served: ServedPolicy, *, host: str, port: int, note: Callable[[str], None]) -> None:
        """A server that does not listen yet.

        Args:
            served: the policy.
            host: of which address it listens.
            port: 0 takes a free port.
            note: receives a line when clients come and go, and when something goes wrong.
        """
        self._served, self._host, self._port, self._note = served, host, port, note
        self._greeting = wire.pack(served.greeting)
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Listens in a thread of its own; gives the port."""
        ready: Future[tuple[int, Callable[[], Any]]] = Future()
        thread = threading.Thread(target=asyncio.run, args=[self._listen(ready)], daemon=True)
        thread.start()
        port, stop = ready.result()
        try:
            yield port
        finally:
            stop()
            thread.join()

    def work(self) -> None:
        """Lets the policy answer without end; called in the thread that made it, and ended by an exception there."""
        while True:
            call, future = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:  # Ctrl-C passes
                    future.set_result(_guarded(call))
                except (PolicyError, _Failed) as error:
                    future.set_exception(error)

    async def _listen(self, ready: "Future[tuple[int, Callable[[], Any]]]") -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await serve(
                self._serve,
                self._host,
                self._port,
                process_request=_health,
                origins=[None],  # no web page that a browser on this machine shows
                compression=None,
                max_size=wire.MAX_FRAME_BYTES,
                max_queue=1,
                open_timeout=OPEN_S,
                close_timeout=FAREWELL_S,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                logger=_SILENT,
            )
        except (OSError, OverflowError) as error:
            ready.set_exception(_not_listening(error, self._host, self._port))
            return
        ready.set_result((server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(stop.set)))
        await stop.wait()
        server.close()
        # A client may wait for an answer that will not come; it is dropped then.
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2 * FAREWELL_S)

    async def _serve(self, connection: ServerConnection) -> None:
        client, name = ClientSession(self._served), ":".join(map(str, (connection.remote_address or ("?",))[:2]))
        self._note(f"{name} connected.")
        try:
            await connection.send(self._greeting)
            async for frame in connection:
                await connection.send(await self._reply(client, frame, name))
        except ConnectionClosed:
            pass
        finally:
            self._jobs.put((client.leave, Future()))
            self._note(f"{name} left.")

    async def _reply(self, client: ClientSession, frame: str | bytes, name: str) -> str | bytes:
        """The answer, or as a text why there is none: a sentence, or the traceback of the policy."""
        try:
            if isinstance(frame, str):
                raise wire.WireError("it is a text; questions are binary frames")
            message = wire.unpack(frame)
            future: Future[Mapping[str, Any]] = Future()
            self._jobs.put((lambda: client.answer(message), future))
            return wire.pack(await asyncio.wrap_future(future))
        except wire.WireError as error:
            text = f"The frame is not a question: {error}."
        except (VlagenError, _Failed) as error:
            text = str(error)
        self._note(f"{name}: {text}")
        return text


class _Failed(Exception):
    """The policy raised something; its text is the traceback."""


def _guarded(call: Callable[[], Any]) -> Any:
    """What it returns; raises `PolicyError` with a sentence, or `_Failed`."""
    traces: list[str] = []

    def keep(error: BaseException) -> None:
        if isinstance(error, Exception) and not isinstance(error, VlagenError):
            traces.append("".join(traceback.format_exception(error)))

    try:
        return guard.call("act", call, log=keep)
    except PolicyError:
        if not traces:
            raise
    raise _Failed(traces[0])


def _health(connection: ServerConnection, request: Request) -> Response | None:
    return connection.respond(http.HTTPStatus.OK, "OK\n") if request.path == "/healthz" else None


def _not_listening(error: Exception, host: str, port: int) -> ConfigError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return ConfigError(f"--port {port}: something listens there already. Choose another, or 0 for a free one.")
    return ConfigError(f"--host {host} --port {port}: cannot listen there ({error}).")
