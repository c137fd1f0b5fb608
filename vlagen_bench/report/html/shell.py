"""The frame of every written page: escaping templates, inline style and script, and nothing fetched."""

from base64 import b64encode
from functools import partial
from hashlib import sha256
from importlib.resources import files

import jinja2


def read(package: str, name: str) -> str:
    """A file of the templates of `vlagen_bench.<package>`."""
    return files(f"vlagen_bench.{package}").joinpath("templates", name).read_text(encoding="utf-8")


def environment(package: str) -> jinja2.Environment:
    """The templates of `vlagen_bench.<package>`: text is escaped, and what is not given is an error."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(partial(read, package)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def content_policy(style: str, script: str) -> str:
    """What a page allows itself: this style, this script, pictures inside it, and nothing from anywhere else."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    """How a content policy names what stands inside the page."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
