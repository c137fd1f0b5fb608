"""The pages of the docs: their blocks of code and commands, and the commands in their sentences."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.places import DOCS, TOP

PAGES = {
    path.relative_to(TOP).as_posix(): path.read_text(encoding="utf-8")
    for path in (TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
}
FENCE = re.compile(r"^```(?P<kind>.*)\n(?P<body>(?:.*\n)*?)```$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"# ([\w./-]+\.\w+)\n")
COMMANDS = ("vlagen", "vlagen-eval", "vlagen-train")


@dataclass(frozen=True, kw_only=True)
class Block:
    """What stands between two fences."""

    kind: str
    body: str

    @property
    def file(self) -> str | None:
        """The file that its first comment names, if it does."""
        found = NAMED.match(self.body)
        return found.group(1) if found else None

    @property
    def lines(self) -> list[list[str]]:
        """The words of each command of a shell block; comments and empty lines are none."""
        lines = self.body.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def blocks(text: str) -> list[Block]:
    return [Block(kind=found["kind"].strip(), body=found["body"]) for found in FENCE.finditer(text)]


def indented(text: str) -> list[str]:
    """Blocks of code that have no fence, and so no kind: lines after an empty one, indented by four."""
    return re.findall(r"(?:\A|\n)\n {4}(?! *[-*\d])(.*)", FENCE.sub("", text))


def in_sentences(text: str) -> Iterator[list[str]]:
    """The words of each command, or list of options, between backticks; bare option names among them."""
    for code in INLINE.findall(FENCE.sub("", text)):
        code = code.replace("\\|", "|")
        if code.startswith(tuple(f"{name} " for name in COMMANDS)) or code.startswith("--"):
            yield shlex.split(code)
