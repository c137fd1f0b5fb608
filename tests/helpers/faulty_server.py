"""A web server that misbehaves on demand."""

import os
import random
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from helpers.fake_pack import MESH, OTHER, PHOTO, git_blob, sha256
from vlagen_bench.packs import install
from vlagen_bench.packs.download import DownloadLimits

BIG = random.Random(0).randbytes(300_000)
HALF = len(BIG) // 2
FILES = f"files: {{{MESH}: {git_blob(BIG)}, {PHOTO}: {sha256(OTHER)}}}"
QUICK = DownloadLimits(pause_s=0.01, timeout_s=1.0)


class Server(ThreadingHTTPServer):
    """Serves `content`; the next answers for a path are given by the functions in `faults`, then by `whole`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = {MESH: BIG, PHOTO: OTHER}
        self.faults = defaultdict(deque)
        self.asked = defaultdict(list)  # path -> the Range of each request
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Says nothing of clients that went away."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, path = self.server, unquote(self.path).removeprefix("/")
        server.asked[path].append(self.headers["Range"])
        answer = server.faults[path].popleft() if server.faults[path] else whole
        if path in server.content:
            answer(self, server.content[path])
        else:
            self.send_error(404)

    def head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_):
        """Keeps quiet."""


def whole(handler, body):
    begin = int((handler.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    rest = {"Content_Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"} if handler.headers["Range"] else {}
    if begin >= len(body):
        return handler.head(416, Content_Length=0)
    handler.head(206 if rest else 200, Content_Length=len(body) - begin, **rest)
    handler.wfile.write(body[begin:])


def without_ranges(handler, body):
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body)


def without_length(handler, body):
    handler.head(200)
    handler.wfile.write(body)


def truncated(handler, body):
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body[: len(body) // 2])


def reset(handler, body):
    truncated(handler, body)
    time.sleep(0.05)  # what has not been read when the reset comes is lost
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hanging(handler, body):
    truncated(handler, body)
    handler.wfile.flush()
    handler.server.released.wait(60)


def silent(handler, body):
    handler.server.released.wait(60)


def trickling(handler, body):
    handler.head(200, Content_Length=len(body))
    for byte in body:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def broken_chunks(handler, body):
    handler.head(200, Transfer_Encoding="chunked")
    handler.wfile.write(b"5\r\nhello\r\nnonsense\r\n")


def wrong(handler, body):
    handler.head(200, Content_Length=5)
    handler.wfile.write(b"wrong")


def another_part(handler, body):
    handler.head(206, Content_Length=10, Content_Range=f"bytes 0-9/{len(body)}")
    handler.wfile.write(body[:10])


def huge(handler, body):
    handler.head(200, Content_Length=10**12)
    handler.wfile.write(body)


def endless(handler, body):
    handler.head(200)
    while True:
        handler.wfile.write(body)


def status(code, **headers):
    return lambda handler, body: handler.head(code, Content_Length=0, **headers)


def get(server, limits=QUICK):
    return install.install("tiny", None, mirror=server.url, limits=limits)


def part_of(kept, content=BIG[:HALF]):
    part = kept / f"{MESH}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


def assert_installed(home):
    assert {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()} == {MESH, PHOTO}
    assert (home / MESH).read_bytes() == BIG and (home / PHOTO).read_bytes() == OTHER
    assert os.listdir(home.parent) == ["tiny"]
