"""The HTTP side of a download: an opener for http and https alone, and failures in words."""

import http.client
import socket
import threading
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import urlsplit

_LONGEST_PAUSE_S = 30.0


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to http and https; urllib's own would follow to ftp, too. Notes that a server has answered."""

    def __init__(self, answered: threading.Event) -> None:
        self._answered = answered

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        self._answered.set()
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise urllib.error.HTTPError(newurl, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener(answered: threading.Event) -> urllib.request.OpenerDirector:
    """Speaks http and https, through the proxies of the environment; unlike urllib's default, no files and no ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(answered),
    ):
        opener.add_handler(handler)
    return opener


def status(code: int) -> str:
    """A status code and its name."""
    return f"{code} {http.client.responses.get(code, '')}".strip()


def retry_after_s(text: str) -> float:
    """What a busy server asks for, within reason; it may also name a date, which nobody here waits for."""
    return min(float(text), _LONGEST_PAUSE_S) if text.isascii() and text.isdigit() else 0.0


def why(error: Exception, timeout_s: float) -> str:
    """Why a request failed, in words."""
    if isinstance(error, TimeoutError):
        return f"no answer for {timeout_s:g} s"
    if isinstance(error, socket.gaierror):
        return "its name is not known here"
    if isinstance(error, http.client.HTTPException | ConnectionResetError):
        return "connection dropped"
    return (getattr(error, "strerror", None) or str(error)).lower()
