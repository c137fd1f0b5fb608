"""The addresses of policy servers: their syntax, and which are this machine's own."""

import ipaddress
from urllib.parse import urlsplit

from vlagen_bench.errors import PolicyError


def checked(url: str) -> str:
    """The address itself, ws://host:port or wss://host:port; raises `PolicyError` for anything else."""
    example = "Give an address such as ws://127.0.0.1:8000."
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise PolicyError(f"'{url}' is not an address ({error}). {example}") from None
    if parts.username is not None or parts.password is not None:
        raise PolicyError("The address of a policy server holds no password, since it is recorded. Use api_key=KEY.")
    if parts.scheme not in ("ws", "wss"):
        raise PolicyError(f"'{url}': policy servers speak ws:// or wss://, not {parts.scheme}://. {example}")
    if not parts.hostname or port == 0 or parts.fragment:
        raise PolicyError(f"'{url}' does not name a host. {example}")
    return url


def is_loopback(host: str | None) -> bool:
    """Whether only this machine reaches the host."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
