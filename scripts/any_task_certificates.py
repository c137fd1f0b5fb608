"""Puts the table of certificates of ManiSkill's tasks, docs/certificates/any-task-*.jsonl, into docs/any_task.md.

python scripts/any_task_certificates.py
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "any_task.md"
BEGIN, END = (
    "<!-- certificates: made by `python scripts/any_task_certificates.py` -->",
    "<!-- end of the certificates -->",
)
HEAD = "| suite | conditions | episodes | solved | what was not solved | marks |\n|---|---|---|---|---|---|\n"


def main() -> None:
    """Writes the table."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}{''.join(rows())}{END}{after}", encoding="utf-8")


def rows() -> Iterator[str]:
    """A row a suite, of all files that have certificates of it: the whole suites first. An episode counts once."""
    suites: dict[str, dict[str, Any]] = {}
    for file in sorted((DOCS / "certificates").glob("any-task-*.jsonl")):
        head, *found = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        suites.setdefault(head["suite"]["name"], {}).update({one["id"]: one for one in found})
    for name, episodes in sorted(suites.items(), key=lambda one: ("full" in one[0], one[0])):
        found = list(episodes.values())
        kinds = len({one["condition"] for one in found})
        lost = Counter(one["condition"] for one in found if not one["solved"])
        marks = Counter(re.sub(r" \(\d+ pixels\)", "", mark) for one in found for mark in one["problems"])
        solved = sum(one["solved"] for one in found)
        cells = (name, kinds, len(found), solved, told(lost), told(marks))
        yield f"| {' | '.join(map(str, cells))} |\n"


def told(counts: Counter[str]) -> str:
    """`a (2), b`; a dash for nothing."""
    return ", ".join(f"{name} ({number})" if number > 1 else name for name, number in sorted(counts.items())) or "-"


if __name__ == "__main__":
    main()
